// @ts-check
'use strict';

/** Bad HTTP requests, with the statuses each may be answered with; 0 is an end without an answer. */

const { upgradeRequest, SAMPLE_KEY } = require('../helpers/raw-http');

/**
 * @typedef {object} BadRequest
 * @property {string} name
 * @property {string | Buffer} bytes
 * @property {number[]} statuses
 * @property {boolean} [end] the client ends after the bytes, for requests that are not whole
 */

/** What a request gets that is no HTTP at all: Node's parser answers 400, and so may we. */
const MALFORMED = [400];
const UNFINISHED = [0, 400];

const GET = 'GET / HTTP/1.1\r\n';
const UPGRADE = `Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${SAMPLE_KEY}\r\nSec-WebSocket-Version: 13\r\n`;
const TLS_HELLO = Buffer.from('16030100a5010000a10303' + '00'.repeat(160), 'hex');

/** @param {string} name @param {string | Buffer} bytes @param {number[]} statuses @returns {BadRequest} */
const request = (name, bytes, statuses) => ({ name, bytes, statuses });
/** @param {string} name @param {string | Buffer} bytes @returns {BadRequest} */
const unfinished = (name, bytes) => ({ name, bytes, statuses: UNFINISHED, end: true });

/** @type {BadRequest[]} */
const REQUESTS = [
  request('a word', 'hello\r\n\r\n', MALFORMED),
  request('a TLS hello', TLS_HELLO, MALFORMED),
  request('NULs', Buffer.alloc(200), MALFORMED),
  request('random high bytes', Buffer.alloc(200, 0xe9), MALFORMED),
  request('an SSH banner', 'SSH-2.0-OpenSSH_9.0\r\n\r\n', MALFORMED),
  request('a JSON object', '{"n":"_h","i":"1"}\r\n\r\n', MALFORMED),
  request('a frame', Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 10, 13, 10]), MALFORMED),
  request('no version', `GET /\r\n${UPGRADE}\r\n`, MALFORMED),
  request('no target', `GET HTTP/1.1\r\n${UPGRADE}\r\n`, MALFORMED),
  request('HTTP/9.9', `GET / HTTP/9.9\r\n${UPGRADE}\r\n`, [400, 505]),
  request('HTTP/2.0', `GET / HTTP/2.0\r\n${UPGRADE}\r\n`, [400, 505]),
  request('an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]),
  request('no such protocol', `GET / HTPT/1.1\r\n${UPGRADE}\r\n`, [400, 505]),
  request('a NUL in the target', `GET /\0 HTTP/1.1\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a NUL in a header', `${GET}X-A: a\0b\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a bare CR in a header', `${GET}X-A: a\rb\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a header without colon', `${GET}nonsense\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a header without name', `${GET}: value\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a space before the colon', `${GET}Upgrade : websocket\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a space in a header name', `${GET}X A: b\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a folded header before any', `${GET} folded\r\n${UPGRADE}\r\n`, MALFORMED),
  request('a target of 100 kilobytes', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${UPGRADE}\r\n`, [400, 414, 431]),
  request('a header of 100 kilobytes', `${GET}X-Long: ${'a'.repeat(100_000)}\r\n${UPGRADE}\r\n`, [431]),
  request('a header name of 100 kilobytes', `${GET}${'a'.repeat(100_000)}: b\r\n${UPGRADE}\r\n`, [400, 431]),
  request('ten thousand headers', `${GET}${'X-A: b\r\n'.repeat(10_000)}${UPGRADE}\r\n`, [431]),
  request('a head that never ends', `${GET}${'X-A: b\r\n'.repeat(100_000)}`, [431]),
  request('a line that never ends', `GET /${'a'.repeat(1_000_000)}`, [400, 414, 431]),
  request('another method', upgradeRequest({ method: 'POST' }), [400]),
  request('PUT', upgradeRequest({ method: 'PUT' }), [400]),
  request('a method in small letters', upgradeRequest({ method: 'get' }), [400]),
  request('no such method', upgradeRequest({ method: 'FROBNICATE' }), [400]),
  request('no key', upgradeRequest({ headers: { 'Sec-WebSocket-Key': null } }), [400]),
  request('an empty key', upgradeRequest({ headers: { 'Sec-WebSocket-Key': '' } }), [400]),
  request('no version header', upgradeRequest({ headers: { 'Sec-WebSocket-Version': null } }), [400]),
  ...['0', '7', '9', '12', '14', '-13', 'x', '13, 8', '1e999'].map((version) =>
    request(`WebSocket version ${version}`, upgradeRequest({ headers: { 'Sec-WebSocket-Version': version } }), [400, 426])
  ),
  ...['h2c', 'websockets', 'TLS/1.0', 'web socket'].map((protocol) =>
    request(`an upgrade to ${protocol}`, upgradeRequest({ headers: { Upgrade: protocol } }), [400, 426])
  ),
  request('no Upgrade header', upgradeRequest({ headers: { Upgrade: null, Connection: 'close' } }), [400, 426]),
  request('no Connection header', upgradeRequest({ headers: { Connection: null } }).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), [400, 426]),
  unfinished('nothing', ''),
  unfinished('one letter', 'G'),
  unfinished('half a request line', 'GET / HT'),
  unfinished('a request line', GET),
  unfinished('half a header', `${GET}Upg`),
  unfinished('a head without its empty line', `${GET}${UPGRADE}`),
  unfinished('half the empty line', `${GET}${UPGRADE}\r`),
  unfinished('half a TLS hello', TLS_HELLO.subarray(0, 3))
];

module.exports = { REQUESTS };
