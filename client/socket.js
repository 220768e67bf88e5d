// @ts-check
'use strict';

const { after, soon } = require('./timers.js');

/**
 * Who is told what becomes of a WebSocket.
 * @typedef {object} SocketOwner
 * @property {any} ws_ The WebSocket; nothing is told of another.
 * @property {() => void} onOpen_
 * @property {(data: unknown) => void} onMessage_
 * @property {(event: any) => void} onError_ A close follows.
 * @property {(event: any) => void} onClose_ With `code` and `reason`.
 */

/**
 * Listens to a WebSocket, whoever made it. The listeners stay when it has been given up: an error without
 * one, however late, would end a Node process.
 * @param {any} ws
 * @param {SocketOwner} owner
 */
function listenTo(ws, owner) {
  const isCurrent = () => owner.ws_ === ws;
  // Not inside calls of ours: some emit while `close` runs.
  const tell = (/** @type {() => void} */ call) => soon(() => isCurrent() && call());
  const close = (/** @type {any} */ event) => tell(() => owner.onClose_(event));
  let hasOpened = false;
  let hasFailed = false;
  ws.binaryType = 'arraybuffer';
  ws.onopen = () => {
    hasOpened = true;
    if (isCurrent()) owner.onOpen_();
  };
  ws.onmessage = (/** @type {any} */ { data }) => isCurrent() && owner.onMessage_(data);
  ws.onclose = close;
  ws.onerror = (/** @type {any} */ error) => {
    // Node 22 tells twice of one that is closed before it has opened.
    if (hasFailed) return;
    hasFailed = true;
    tell(() => owner.onError_(error));
    // The close event follows at once, but in Node 22 not when the connection could not be made.
    if (!hasOpened) after(() => close({ code: 1006, reason: '' }), 0);
  };
}

module.exports = { listenTo };
