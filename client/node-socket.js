// @ts-check
'use strict';

const { after, soon } = require('./timers.js');
// Not by `require`, which bundles of this as an ES module do not have.
const { channel } = /** @type {any} */ (process).getBuiltinModule?.('node:diagnostics_channel') ?? require('node:diagnostics_channel');

/**
 * The sockets under Node's own WebSockets, which give no way to end a connection whose other end does
 * not answer: it would keep the process alive for ever. The library behind them, undici, tells which
 * socket a request goes through.
 */

const created = channel('undici:request:create');
const sending = channel('undici:client:sendHeaders');

/** @type {WeakMap<object, import('node:net').Socket>} By WebSocket. */
const sockets = new WeakMap();
/** @type {Map<unknown, object>} WebSockets whose request has not been sent, by request. */
const requests = new Map();

/** Bytes that may be on their way through undici besides the message that it reads. */
const SLACK = 1024 * 1024;

const onSending = (/** @type {any} */ { request, socket }) => {
  const ws = requests.get(request);
  if (!ws) return;
  sockets.set(ws, socket);
  forget(request);
};

/**
 * Bounds what undici collects of a message. It has no bound of its own.
 * @param {any} ws That has opened.
 * @param {{maxPayload: number}} options
 */
function bound(ws, options) {
  const socket = sockets.get(ws);
  // Since the last whole message.
  let bytes = 0;
  ws.addEventListener('message', () => (bytes = 0));
  socket?.on('data', ({ length }) => {
    bytes += length;
    const { maxPayload } = options;
    if (!maxPayload || bytes <= maxPayload + SLACK) return;
    // Node 22 does not tell of the end of a socket as an error.
    ws.onerror?.(new Error(`A message of more than ${maxPayload} bytes`));
    socket.destroy();
  });
}

/** The `readyState` of a WebSocket that one end has begun to close. */
const CLOSING = 2;

/**
 * Ends the connection of a server that has begun to close it and goes no further: `ws` waits half a minute for it, undici for
 * ever, and neither has an event for that.
 * @param {any} ws That has opened.
 * @param {import('node:net').Socket | undefined} socket
 * @param {{disconnectTimeout: number}} options
 */
function limitClosing(ws, socket, options) {
  let isLimited = false;
  const look = () => {
    if (isLimited || ws.readyState !== CLOSING) return;
    isLimited = true;
    socket?.once('close', after(() => socket.destroy(), options.disconnectTimeout));
  };
  // By now the WebSocket has read them, unless there is a compressed message before.
  socket?.on('data', look);
  ws.addEventListener('message', () => soon(look));
}

/** @param {unknown} request */
function forget(request) {
  if (requests.delete(request) && requests.size === 0) sending.unsubscribe(onSending);
}

/**
 * Makes a WebSocket and finds out its socket, so that {@link destroySocket} can end it.
 * @param {() => any} make
 * @param {{maxPayload: number, disconnectTimeout: number}} options
 * @returns {any}
 */
function withSocket(make, options) {
  /** @type {unknown} */
  let request;
  const onCreated = (/** @type {any} */ message) => (request = message.request);
  created.subscribe(onCreated);
  let ws;
  try {
    ws = make();
  } finally {
    created.unsubscribe(onCreated);
  }
  // Those of `ws` can be ended.
  ws.once?.('upgrade', (/** @type {any} */ { socket }) => ws.once('open', () => limitClosing(ws, socket, options)));
  // Other classes make no request.
  if (request === undefined || typeof ws.terminate === 'function') return ws;
  if (requests.size === 0) sending.subscribe(onSending);
  requests.set(request, ws);
  // Node 24 keeps the socket of an answer that it refuses, such as one to another key.
  const giveUp = () => destroySocket(ws);
  ws.addEventListener('error', giveUp, { once: true });
  ws.addEventListener('open', () => {
    ws.removeEventListener('error', giveUp);
    bound(ws, options);
    limitClosing(ws, sockets.get(ws), options);
  }, { once: true });
  for (const event of ['open', 'error', 'close']) ws.addEventListener(event, () => forget(request), { once: true });
  return ws;
}

/** @param {object} ws */
function destroySocket(ws) {
  sockets.get(ws)?.destroy();
}

module.exports = { withSocket, destroySocket };
