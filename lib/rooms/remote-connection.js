// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { ConnectionErrorCode: ErrorCode } = require('../enums.js');
const { closeProblem, NORMAL } = require('../close-codes.js');
const { markHandled } = require('../connection/errors.js');
const { outgoing } = require('../connection/message.js');
const { envelopeOf } = require('./room.js');
const { kGathering, kLink, kSettings } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

/** A connection by its id, in whichever process it is. Each call looks for it again. */
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
    if (connection !== undefined) return connection.send(name, payload, timeout);
    return this.#server[kLink] === undefined ? Promise.reject(this.#missing()) : this.#ask(name, payload, timeout);
  }

  /**
   * Sends a message that expects no answer.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @returns {Promise<void>} Rejects with `scDisconnected`, too, when no connection has the id.
   */
  sendWithoutResponse(name, payload) {
    const connection = this.#server.getConnectionById(this.id);
    if (connection !== undefined) return connection.sendWithoutResponse(name, payload);
    let text = '';
    try {
      text = envelopeOf(name, payload);
    } catch (error) {
      return Promise.reject(error);
    }
    const told = this.#tell(text);
    // As that of a connection: a client that has gone is no unhandled rejection.
    markHandled(told);
    return told;
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
    if (connection !== undefined) return { closed: 1, missingNodes: [] };
    const outcome = await this.#elsewhere('close', code, reason);
    return { closed: outcome?.count ?? 0, missingNodes: outcome?.missing ?? [] };
  }

  /**
   * Looks for the connection.
   * @returns {Promise<{member: RemoteConnection | undefined, missingNodes: string[]}>} What is known of it now;
   *   undefined when no connection has the id.
   */
  async fetch() {
    const connection = this.#server.getConnectionById(this.id);
    if (connection !== undefined) return { member: new RemoteConnection(this.#server, this.id, connection.info), missingNodes: [] };
    const outcome = await this.#elsewhere('fetch', 1);
    const found = outcome?.values[0];
    return { member: found && new RemoteConnection(this.#server, this.id, found[1]), missingNodes: outcome?.missing ?? [] };
  }

  /**
   * Asks other servers about the connection.
   * @param {readonly [what: string, ...args: unknown[]]} question As `askNodes` of the core takes it.
   * @returns {Promise<import('../nodes/link.js').NodesOutcome | undefined>} Undefined without other servers.
   */
  async #elsewhere(...question) {
    return this.#server[kLink]?.ask(this.#words, question);
  }

  /**
   * Sends a message to the connection on another server, and waits for the answer.
   * @param {string} name
   * @param {unknown} payload
   * @param {number | undefined} timeout
   */
  async #ask(name, payload, timeout) {
    const { responseTimeout } = this.#server[kSettings];
    const time = Number.isInteger(timeout) && Number(timeout) >= 0 ? Number(timeout) : responseTimeout;
    const { responses, errors, silent } = await this.#server[kGathering].ask(this.#words, outgoing(name, payload), time, 1);
    if (responses.has(this.id)) return responses.get(this.id);
    throw errors.get(this.id) ?? (silent.includes(this.id) ? timedOut(name, time) : this.#missing());
  }

  /** @param {string} text Of the message. */
  async #tell(text) {
    const outcome = await this.#elsewhere('tell', text);
    if (!outcome?.count) throw this.#missing();
  }

  /** @returns {import('../binding/native.js').TargetWords} */
  get #words() {
    return [undefined, undefined, undefined, undefined, false, [this.id]];
  }

  #missing() {
    return new LineError(ErrorCode.DISCONNECTED, `The message was not sent: no connection has the id "${this.id}"`);
  }
}

/**
 * @param {string} name
 * @param {number} time In ms.
 */
function timedOut(name, time) {
  return new LineError(ErrorCode.MESSAGE_TIMEOUT, `The client has not answered "${name}" within ${time} ms, or has left`);
}

module.exports = { RemoteConnection };
