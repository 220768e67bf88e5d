// @ts-check
'use strict';

const { terminate } = require('./leaving.js');
const { UpgradeRequest, extraFact, transportOf } = require('../upgrade/request.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

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
  #closed = false;
  /**
   * What the native side knows of the upgrade, one fact a line: most are never looked at.
   * @type {string | undefined}
   */
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

  /** The upgrade request. */
  get upgradeReq() {
    return (this.#request ??= new UpgradeRequest(this.facts_));
  }

  /** The subprotocol agreed on; empty without one. */
  get protocol() {
    return extraFact(this.facts_, 0);
  }

  /** The extensions agreed on; see `types/socket.d.ts`. */
  get extensions() {
    return parseExtensions(extraFact(this.facts_, 1));
  }

  /** How the bytes travel; see `types/socket.d.ts`. */
  get transport() {
    return transportOf(this.facts_);
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

  /**
   * Ends the connection without a closing handshake. At once it is in no room and its id is free;
   * `_disconnected` follows.
   */
  terminate() {
    if (!this.#closed) terminate(this.#connection);
  }

  #loadFacts() {
    return (this.#facts ??= /** @type {string} */ (this.#native.facts(this.#slot)));
  }

  /**
   * Lets a client be read that was upgraded by hand.
   * @internal
   */
  serve_() {
    if (!this.#closed) this.#native.serve(this.#slot);
  }

  /**
   * For a connection that was handed over.
   * @param {UpgradeRequest} request
   * @internal
   */
  setRequest_(request) {
    this.#request = request;
  }

  /**
   * What the native side knows of the upgrade, one by one.
   * @internal
   */
  get facts_() {
    return this.#loadFacts().split('\n');
  }

  /**
   * The native side is about to forget the connection.
   * @internal
   */
  onClosed_() {
    this.#loadFacts();
    this.#closed = true;
  }
}

/**
 * @param {string} header What the answer to the upgrade says.
 * @returns {{[name: string]: {params: {[name: string]: true | number}}}}
 */
function parseExtensions(header) {
  if (header === '') return {};
  const [name, ...parameters] = header.split('; ');
  const params = parameters.map((parameter) => {
    const [key, value] = parameter.split('=');
    return [key, value === undefined ? true : Number(value)];
  });
  return { [name]: { params: Object.fromEntries(params) } };
}

module.exports = { Socket };
