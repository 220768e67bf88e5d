// @ts-check
'use strict';

/**
 * What is done otherwise on Node.
 * @typedef {object} Platform
 * @property {() => any} socketClass The class of WebSockets.
 * @property {(WebSocket: any, url: string, options: {maxPayload: number, disconnectTimeout: number}) => any} openSocket Makes a WebSocket,
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

module.exports = { platform };
