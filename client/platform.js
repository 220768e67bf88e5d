// @ts-check
'use strict';

/** The key of a class's {@link Platform}, in its static properties. */
const kPlatform = Symbol('platform');

/**
 * What is done otherwise on Node.
 * @typedef {object} Platform
 * @property {() => any} webSocket The class of WebSockets.
 * @property {(WebSocket: any, url: string, options: {maxPayload: number}) => any} open Makes a WebSocket,
 *   which connects.
 * @property {(ws: any) => void} giveUp Ends a WebSocket whose other end does not answer, where that is
 *   possible.
 * @property {(promise: Promise<any>) => boolean} isPending Whether a promise may be neither fulfilled nor
 *   rejected.
 */

/** @type {Platform} Browsers, and whatever else has `WebSocket`. */
const web = {
  webSocket: () => /** @type {any} */ (globalThis).WebSocket,
  open: (WebSocket, url) => new WebSocket(url),
  giveUp: (ws) => ws.terminate?.(),
  isPending: () => true,
};

module.exports = { kPlatform, web };
