// @ts-check
'use strict';

const net = require('node:net');
const { within, PATIENCE } = require('./timing');

/** The key of the example in RFC 6455 section 1.3; its answer is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`. */
const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/**
 * The bytes of an upgrade request.
 *
 * @param {object} [options]
 * @param {string} [options.method] default GET
 * @param {string} [options.path] default /
 * @param {string} [options.version] of HTTP, default 1.1
 * @param {Record<string, string | null>} [options.headers] added to, or (null) removed from, the usual ones;
 *   matched without regard to case
 * @returns {string}
 */
function upgradeRequest({ method = 'GET', path = '/', version = '1.1', headers = {} } = {}) {
  /** @type {Map<string, [string, string]>} */
  const all = new Map();
  /** @type {Record<string, string | null>} */
  const usual = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': SAMPLE_KEY,
    'Sec-WebSocket-Version': '13'
  };
  for (const [name, value] of [...Object.entries(usual), ...Object.entries(headers)]) {
    if (value === null) all.delete(name.toLowerCase());
    else all.set(name.toLowerCase(), [name, value]);
  }
  const lines = [...all.values()].map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/${version}`, ...lines, '', ''].join('\r\n');
}

/**
 * Sends bytes to a TCP port and collects the answer until the server ends the connection, or
 * until `done` is satisfied with what has come so far.
 *
 * @param {number} port
 * @param {string | Buffer} bytes
 * @param {object} [options]
 * @param {(answer: string) => boolean} [options.done] default: wait for the end
 * @param {boolean} [options.end] send FIN after the bytes
 * @param {number} [options.patience] ms
 * @returns {Promise<string>} the answer as latin1
 */
function exchange(port, bytes, { done, end = false, patience = PATIENCE } = {}) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let answer = '';
  /** @type {Promise<string>} */
  const finished = new Promise((resolve) => {
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (done && done(answer)) resolve(answer);
    });
    // A reset is an answer too: what came before it is what the peer saw.
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });
  socket.on('connect', () => (end ? socket.end(bytes) : socket.write(bytes)));
  return within(finished, 'end of the HTTP exchange', patience).finally(() => socket.destroy());
}

/**
 * Whether an HTTP head with `Content-Length` (or without a body) has come whole.
 *
 * @param {string} answer
 */
function complete(answer) {
  const split = answer.indexOf('\r\n\r\n');
  if (split < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, split));
  return answer.length - split - 4 >= (length ? Number(length[1]) : 0);
}

/**
 * @param {string} answer
 * @returns {number} the status code, 0 when there was no answer
 */
function statusOf(answer) {
  const match = /^HTTP\/1\.1 (\d{3}) /.exec(answer);
  return match ? Number(match[1]) : 0;
}

module.exports = { SAMPLE_KEY, upgradeRequest, exchange, complete, statusOf };
