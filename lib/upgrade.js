// @ts-check
'use strict';

const { extraFact } = require('./request.js');

/** @typedef {import('./server.js').Server} Server */
/** @typedef {import('./request.js').UpgradeRequest} UpgradeRequest */

const HEADERS = 'headers';
const UNAUTHORIZED = 401;
const INTERNAL_ERROR = 500;

/**
 * Whether the application has a say in upgrades: then the core asks before it answers one.
 * @param {Server} server
 */
function wantsToBeAsked(server) {
  const { verifyClient, handleProtocols } = server.options;
  return Boolean(verifyClient || handleProtocols || server.listenerCount(HEADERS) > 0 || server.regexes().length > 0);
}

/**
 * Decides on one upgrade request, as the original's socket layer does: `handleProtocols` first, then
 * `verifyClient`, then the `headers` event.
 * @param {Server} server
 * @param {number} key The native side's number of the request.
 */
function decideUpgrade(server, key) {
  const lines = server.native_.upgradeFacts(key);
  // The peer has gone, or the server was stopped.
  if (lines === undefined) return;
  const facts = lines.split('\n');
  const request = server.handovers_.requestOf(key, facts);
  /** @type {(status: number, message?: string) => void} */
  const refuse = (status, message) => {
    server.native_.refuse(key, status, message === undefined ? undefined : String(message));
  };
  try {
    const protocol = chooseProtocol(server, request, extraFact(facts, 0));
    if (protocol === false) {
      refuse(UNAUTHORIZED);
      return;
    }
    verify(server, request, (verified, code, message) => {
      if (!verified) refuse(code || UNAUTHORIZED, message);
      else accept(server, key, facts, protocol);
    });
  } catch (error) {
    // The application's exception is its own; its peer must not wait for ever.
    refuse(INTERNAL_ERROR);
    throw error;
  }
}

/**
 * @param {Server} server
 * @param {UpgradeRequest} request
 * @param {string} chosen The core's choice.
 * @returns {string | undefined | false} False refuses the request.
 */
function chooseProtocol(server, request, chosen) {
  const { handleProtocols } = server.options;
  return handleProtocols ? handleProtocols((request.headers['sec-websocket-protocol'] || '').split(/, */)) : chosen;
}

/**
 * @param {Server} server
 * @param {UpgradeRequest} request
 * @param {(verified: unknown, code?: number, message?: string) => void} done
 */
function verify(server, request, done) {
  const { verifyClient } = server.options;
  if (!verifyClient) {
    done(true);
    return;
  }
  const version = Number(request.headers['sec-websocket-version']);
  const info = {
    origin: request.headers[version === 8 ? 'sec-websocket-origin' : 'origin'],
    secure: request.connection.encrypted,
    req: request,
  };
  if (verifyClient.length === 2) verifyClient(info, done);
  else done(verifyClient(info));
}

/**
 * @param {Server} server
 * @param {number} key
 * @param {string[]} facts
 * @param {string | undefined} protocol
 */
function accept(server, key, facts, protocol) {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${extraFact(facts, 1)}`,
  ];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  const extensions = extraFact(facts, 2);
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  server.emit(HEADERS, lines);
  if (lines.some((line) => /[\r\n\0]/.test(line))) {
    server.native_.refuse(key, INTERNAL_ERROR, undefined);
    throw new TypeError('A line of the upgrade response must not contain a line break or NUL');
  }
  server.native_.accept(key, `${lines.join('\r\n')}\r\n\r\n`, protocol || undefined);
}

module.exports = { wantsToBeAsked, decideUpgrade };
