// @ts-check
'use strict';

const { after, soon } = require('./timers.js');

/**
 * What is called for the events of a WebSocket.
 * @typedef {object} SocketHandlers
 * @property {() => void} onOpen
 * @property {(data: unknown) => void} onMessage
 * @property {(event: any) => void} onError A close follows.
 * @property {(event: any) => void} onClose With `code` and `reason`.
 */

/**
 * Listens to a WebSocket. The listeners stay after the client has given it up, because an `error` event without
 * a listener would end a Node process.
 * @param {any} ws
 * @param {() => boolean} isCurrent Whether it is still the client's WebSocket: events of another are ignored.
 * @param {SocketHandlers} handlers
 */
function listenTo(ws, isCurrent, handlers) {
  // Not inside calls of ours: some emit while `close` runs.
  const tell = (/** @type {() => void} */ call) => soon(() => isCurrent() && call());
  const close = (/** @type {any} */ event) => tell(() => handlers.onClose(event));
  let hasOpened = false;
  let hasFailed = false;
  ws.binaryType = 'arraybuffer';
  ws.onopen = () => {
    hasOpened = true;
    if (isCurrent()) handlers.onOpen();
  };
  ws.onmessage = (/** @type {any} */ { data }) => isCurrent() && handlers.onMessage(data);
  ws.onclose = close;
  ws.onerror = (/** @type {any} */ error) => {
    FULL: {
      // Node 22 tells twice of one that is closed before it has opened.
      if (hasFailed) return;
      hasFailed = true;
      // The close event follows at once, but in Node 22 not when the connection could not be made.
      if (!hasOpened) after(() => close({ code: 1006, reason: '' }), 0);
    }
    tell(() => handlers.onError(error));
  };
}

/**
 * What is done otherwise on Node.
 * @typedef {object} Platform
 * @property {() => any} socketClass The class of WebSockets.
 * @property {(WebSocket: any, url: string, options: {maxPayload: number}) => any} openSocket Makes a WebSocket,
 *   which connects.
 * @property {(ws: any) => void} giveUp Ends a WebSocket whose other end does not answer, where that is
 *   possible.
 * @property {(promise: Promise<any>) => boolean} isPending Whether a promise may be neither fulfilled nor
 *   rejected.
 */

/** @type {Platform} For browsers and whatever else has `WebSocket`; `node.js` puts functions of its own here. */
const platform = {
  socketClass: () => /** @type {any} */ (globalThis).WebSocket,
  openSocket: (WebSocket, url) => new WebSocket(url),
  giveUp: (ws) => ws.terminate?.(),
  isPending: () => true,
};

module.exports = { listenTo, platform };
