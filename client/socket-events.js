// @ts-check
'use strict';

const { after, soon } = require('./timers.js');

/**
 * Listens to a WebSocket. The events of WebSockets differ between browsers, `ws`, Node 22 and later ones; here they come in one
 * order.
 * @param {any} ws Is listened to for ever: an `error` event without a listener would end a program in Node.
 * @param {() => boolean} isCurrent Whether it is the WebSocket of the client. Events of another are left out.
 * @param {() => void} opened
 * @param {(event: any) => void} received Told of the event of a message.
 * @param {(event: any) => void} failed Told of the error event.
 * @param {(event: any) => void} closed Told of the close event.
 */
function listenToSocket(ws, isCurrent, opened, received, failed, closed) {
  // Not inside calls of ours: some emit while `close` runs.
  const tell = (/** @type {() => void} */ call) => soon(() => isCurrent() && call());
  let hasOpened = false;
  let hasFailed = false;
  ws.binaryType = 'arraybuffer';
  ws.onopen = () => {
    FULL: hasOpened = true;
    if (isCurrent()) opened();
  };
  ws.onmessage = (/** @type {any} */ event) => isCurrent() && received(event);
  ws.onclose = (/** @type {any} */ event) => tell(() => closed(event));
  ws.onerror = (/** @type {any} */ event) => {
    FULL: {
      // Node 22 tells twice of one that is closed before it has opened.
      if (hasFailed) return undefined;
      hasFailed = true;
      // The close event follows at once, but in Node 22 not when the connection could not be made.
      if (!hasOpened) after(() => ws.onclose({ code: 1006, reason: '' }), 1);
    }
    return tell(() => failed(event));
  };
}

module.exports = { listenToSocket };
