// @ts-check
'use strict';

const { UpgradeRequest, lastFact } = require('./request.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./native.js').NativeServer} NativeServer */

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** The WebSocket under a connection, as far as applications use it. */
class Socket {
  static OPEN = OPEN;
  static CLOSING = CLOSING;
  static CLOSED = CLOSED;

  #connection;
  #native;
  #slot;
  #closed;
  /** @type {string[] | undefined} */
  #facts = undefined;
  /** @type {UpgradeRequest | undefined} */
  #request = undefined;

  /**
   * @param {ServerConnection} connection
   * @param {NativeServer} native
   * @param {number} slot
   */
  constructor(connection, native, slot) {
    this.#connection = connection;
    this.#native = native;
    this.#slot = slot;
    this.#closed = connection.state === 'disconnected';
  }

  get OPEN() {
    return OPEN;
  }

  get CLOSING() {
    return CLOSING;
  }

  get CLOSED() {
    return CLOSED;
  }

  /** 1 open, 2 closing, 3 closed. */
  get readyState() {
    if (this.#closed) return CLOSED;
    return this.#native.isOpen(this.#slot) ? OPEN : CLOSING;
  }

  /** The upgrade request. Undefined if it is first asked for after the connection was closed. */
  get upgradeReq() {
    const facts = this.#loadFacts();
    if (facts !== undefined) this.#request ??= new UpgradeRequest(facts);
    return this.#request;
  }

  /** The subprotocol agreed on; empty without one. */
  get protocol() {
    const facts = this.#loadFacts();
    return facts === undefined ? '' : lastFact(facts);
  }

  /** Bytes that wait to be handed to the system. */
  get bufferedAmount() {
    return this.#closed ? 0 : this.#native.buffered(this.#slot);
  }

  /**
   * Same as the connection's `close`, without a delay.
   * @param {number} [code]
   * @param {string} [reason]
   * @returns {Promise<void>}
   */
  close(code, reason) {
    return this.#connection.close(code, reason);
  }

  /** Ends the connection without a closing handshake. */
  terminate() {
    if (!this.#closed) this.#native.cut(this.#slot);
  }

  #loadFacts() {
    if (!this.#closed) this.#facts ??= this.#native.facts(this.#slot);
    return this.#facts;
  }

  /** @internal */
  onClosed_() {
    this.#closed = true;
  }
}

module.exports = { Socket };
