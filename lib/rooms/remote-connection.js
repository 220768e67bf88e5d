// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { ConnectionErrorCode: ErrorCode } = require('../enums.js');
const { closeProblem, NORMAL } = require('../close-codes.js');

/** @typedef {import('../server/server.js').Server} Server */

/** A connection by its id, wherever it is. It is looked for whenever something is asked of it. */
class RemoteConnection {
  /** @type {Server} */
  #server;

  /**
   * @param {Server} server
   * @param {string} id
   * @param {unknown} [info] What was known of it when it was fetched.
   */
  constructor(server, id, info) {
    this.#server = server;
    this.id = id;
    this.info = info;
  }

  /**
   * Sends a message and waits for the client's answer, as `send` of a connection does.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {number} [timeout] Milliseconds to wait; 0 is no limit. `responseTimeout` by default.
   * @returns {Promise<any>} Rejects with `scDisconnected`, too, when no connection has the id.
   */
  send(name, payload, timeout) {
    const connection = this.#server.getConnectionById(this.id);
    return connection === undefined ? Promise.reject(this.#missing()) : connection.send(name, payload, timeout);
  }

  /**
   * Sends a message that expects no answer.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @returns {Promise<void>} Rejects with `scDisconnected`, too, when no connection has the id.
   */
  sendWithoutResponse(name, payload) {
    const connection = this.#server.getConnectionById(this.id);
    return connection === undefined ? Promise.reject(this.#missing()) : connection.sendWithoutResponse(name, payload);
  }

  /**
   * Begins to close the connection.
   * @param {number} [code] Close code, 1000 by default.
   * @param {string} [reason] At most 123 bytes.
   * @returns {Promise<{closed: number, missingNodes: string[]}>} `closed` is 1 if there was such a connection.
   */
  async close(code = NORMAL, reason = '') {
    const problem = closeProblem(code, reason);
    if (problem !== undefined) throw new LineError(ErrorCode.WEBSOCKET_ERROR, problem);
    const connection = this.#server.getConnectionById(this.id);
    connection?.close(code, reason);
    return { closed: connection === undefined ? 0 : 1, missingNodes: [] };
  }

  /**
   * Looks for the connection.
   * @returns {Promise<{member: RemoteConnection | undefined, missingNodes: string[]}>} What is known of it now;
   *   undefined when no connection has the id.
   */
  async fetch() {
    const connection = this.#server.getConnectionById(this.id);
    const member = connection && new RemoteConnection(this.#server, this.id, connection.info);
    return { member, missingNodes: [] };
  }

  #missing() {
    return new LineError(ErrorCode.DISCONNECTED, `The message was not sent: no connection has the id "${this.id}"`);
  }
}

module.exports = { RemoteConnection };
