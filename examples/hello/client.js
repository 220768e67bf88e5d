// @ts-check
'use strict';

/**
 * A client for `server.js`, on a plain WebSocket: what goes over the wire is JSON with the keys
 * `n` (name), `p` (payload), `i` (id, when an answer is awaited) and `e` (error of an answer).
 */

const WebSocket = require('ws');

/** Ticks to wait for before leaving. */
const TICKS = 3;

/** Characters of a message that are shown. */
const LONGEST = 400;

const port = process.env.PORT || 3000;
const socket = new WebSocket(`ws://localhost:${port}`);
let ticks = 0;

/**
 * Makes one line of a text, whatever is in it.
 * @param {string} text
 */
function line(text) {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return shown.replace(/\p{Cc}/gu, '?');
}

/**
 * What is in a text from the server: anything can be.
 * @param {string} text
 * @returns {{n?: unknown, i?: unknown}}
 */
function parse(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** @param {{n: string, p?: unknown, i?: unknown}} message */
function send(message) {
  const text = JSON.stringify(message);
  console.log(`sent  ${line(text)}`);
  socket.send(text);
}

socket.on('open', () => {
  socket.on('close', onClose);
  // First the handshake; its payload is for the server's `handshake` event.
  send({ n: '_h', p: { name: 'hello client' }, i: 'handshake' });
});

socket.on('message', (/** @type {Buffer} */ data) => {
  console.log(`got   ${line(String(data))}`);
  const { n, i } = parse(String(data));
  if (n === '_r' && i === 'handshake') {
    // Both at once: answers carry the id of what they answer.
    send({ n: 'hello', p: { from: 'client' }, i: '1' });
    send({ n: 'echo', p: ['any', { json: true }], i: '2' });
  } else if (n === '_p') {
    // The server asks silent clients whether they are still there.
    send({ n: '_r', p: 'pong', i });
  } else if (n === 'tick') {
    if ((ticks += 1) === TICKS) socket.close(1000, 'seen enough');
  }
});

/**
 * @param {number} code
 * @param {Buffer} reason
 */
function onClose(code, reason) {
  console.log(`closed with ${code} ${line(String(reason))}`.trimEnd());
  if (ticks < TICKS) process.exitCode = 1;
}

socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  const hint = error.code === 'ECONNREFUSED' ? ': start one with "npm start"' : ` (${error.message})`;
  console.error(`No server answered on port ${port}${hint}`);
  process.exitCode = 1;
});
