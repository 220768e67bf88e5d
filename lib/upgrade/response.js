// @ts-check
'use strict';

/** The head of the answer to an accepted upgrade, and the check of the changes that `headers` listeners make to it. */

const { show } = require('./refusal.js');

const STATUS_LINE = 'HTTP/1.1 101 Switching Protocols';
const PROTOCOL = 'sec-websocket-protocol';

/** Names of headers and subprotocols (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Control characters except the tab, which a header cannot contain (RFC 9110 section 5.5). */
const CONTROL = /[^\P{Cc}\t]/u;

/** Headers about a body, which an answer with status 101 does not have (RFC 9112 section 6). */
const FORBIDDEN = new Set(['content-length', 'transfer-encoding', 'trailer']);

/** Headers of the agreement on WebSocket: listeners cannot add, repeat, change or remove them. */
const FIXED = new Set(['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-extensions']);

/** @param {string} text */
function isToken(text) {
  return TOKEN.test(text);
}

/**
 * @param {string} accept Value for `Sec-WebSocket-Accept`.
 * @param {string | undefined} protocol Undefined or empty without one.
 * @param {string} extensions Empty without any.
 * @returns {string[]} The status line, and a line for each header.
 */
function responseLines(accept, protocol, extensions) {
  const lines = [STATUS_LINE, 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  return lines;
}

/**
 * Why lines cannot be sent; undefined when they can.
 * @param {unknown[]} lines After the listeners.
 * @param {string[]} given Before the listeners.
 * @returns {string | undefined}
 */
function linesProblem(lines, given) {
  const [status, ...headers] = lines;
  if (typeof status !== 'string' || !/^HTTP\/1\.1 101(?: |$)/.test(status) || CONTROL.test(status)) {
    return `it must begin with "${STATUS_LINE}", not ${show(status)}`;
  }
  /** @type {Set<string>} */
  const seen = new Set();
  for (const line of headers) {
    const problem = lineProblem(line, given, seen);
    if (problem !== undefined) return `${problem}; the line is ${show(line)}`;
  }
  const missing = given.slice(1).find((line) => FIXED.has(nameOf(line)) && !seen.has(nameOf(line)));
  return missing === undefined ? undefined : `the line ${show(missing)} is missing`;
}

/**
 * @param {unknown} line
 * @param {string[]} given
 * @param {Set<string>} seen Names of earlier headers that can be there only once.
 * @returns {string | undefined}
 */
function lineProblem(line, given, seen) {
  if (typeof line !== 'string') return 'a line must be a string';
  const name = nameOf(line);
  const isOnce = FIXED.has(name) || name === PROTOCOL;
  if (isOnce && seen.has(name)) return `there can be only one header "${name}"`;
  if (isOnce) seen.add(name);
  // Listeners are not responsible for the client's choice of a subprotocol.
  if (given.includes(line)) return undefined;
  if (CONTROL.test(line)) return 'a line must not contain a line break or another control character';
  if (!isToken(name)) return 'a line must be "Name: value", with a name of letters, digits and hyphens';
  if (FORBIDDEN.has(name)) return `an answer to an upgrade cannot have the header "${name}"`;
  if (FIXED.has(name)) return `the header "${name}" must stay as it is`;
  if (name === PROTOCOL && !isToken(valueOf(line))) return 'the subprotocol must be one name, of letters, digits and hyphens';
  return undefined;
}

/** @param {string} line @returns {string} In lower case; empty when the line has none. */
function nameOf(line) {
  return line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase();
}

/** @param {string} line */
function valueOf(line) {
  return line.slice(line.indexOf(':') + 1).trim();
}

/**
 * The subprotocol that an answer names.
 * @param {string[]} lines
 * @returns {string | undefined}
 */
function protocolOf(lines) {
  const line = lines.slice(1).find((header) => nameOf(header) === PROTOCOL);
  return line === undefined ? undefined : valueOf(line);
}

module.exports = { isToken, linesProblem, protocolOf, responseLines };
