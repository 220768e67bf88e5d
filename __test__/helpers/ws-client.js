// @ts-check
'use strict';

const WebSocket = require('ws');
const { within } = require('./timing');

/** Longest wait for large compressed messages on a busy machine, in ms. */
const LONG = 20000;

/**
 * A client of the line protocol over the `ws` package, which speaks permessage-deflate.
 */
class WsClient {
  /**
   * Connects and completes the handshake.
   * @param {number} port
   * @param {ConstructorParameters<typeof WebSocket>[2] & object} [options]
   * @returns {Promise<WsClient>}
   */
  static async connect(port, options) {
    const client = new WsClient(new WebSocket(`ws://127.0.0.1:${port}`, options));
    await client.opened;
    await client.request('_h');
    return client;
  }

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    /** @private @type {string[]} */
    this.texts = [];
    /** @private */
    this.requests = 0;
    /** @private */
    this.onText = () => {};
    this.opened = within(
      new Promise((resolve, reject) => {
        socket.once('open', () => resolve(undefined));
        socket.once('error', reject);
      }),
      'open WebSocket',
    );
    /** Code and reason of the end. @type {Promise<[number, string]>} */
    this.ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve([code, String(reason)]));
    });
    socket.on('message', (data) => {
      this.texts.push(String(data));
      this.onText();
    });
    socket.on('error', () => {});
  }

  /** The parameters agreed on; undefined when nothing is compressed. */
  get parameters() {
    const extensions = /** @type {any} */ (this.socket)._extensions;
    return extensions['permessage-deflate']?.params;
  }

  /** Bytes received since the connection opened, HTTP included. */
  get bytesRead() {
    return /** @type {any} */ (this.socket)._socket.bytesRead;
  }

  /** @returns {Promise<any>} The next message nobody has taken. */
  async next() {
    while (this.texts.length === 0) {
      await within(new Promise((resolve) => (this.onText = () => resolve(undefined))), 'message', LONG);
    }
    return JSON.parse(/** @type {string} */ (this.texts.shift()));
  }

  /**
   * @param {unknown} message
   * @param {object} [options] Of `ws`'s `send`.
   */
  send(message, options = {}) {
    this.socket.send(JSON.stringify(message), options);
  }

  /**
   * Sends a request; its response must be the next message.
   * @param {string} name
   * @param {unknown} [payload]
   * @returns {Promise<any>} What it was resolved with.
   */
  async request(name, payload) {
    const id = `r${++this.requests}`;
    this.send({ n: name, p: payload, i: id });
    const { n, p, i, e } = await this.next();
    if (n !== '_r' || i !== id || e) throw new Error(`not the response to ${name}`);
    return p;
  }

  destroy() {
    this.socket.terminate();
  }
}

module.exports = { WsClient, LONG };
