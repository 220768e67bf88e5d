// @ts-check
'use strict';

const { readFacts } = require('../binding/native.js');
const { terminate } = require('./leaving.js');
const { atStart } = require('../runtime/later.js');
const { kOnClosed, kRequestFacts, kServe, kSetRequest } = require('../symbols.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('../upgrade/request.js').UpgradeRequest} UpgradeRequest */
/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('../binding/addon.d.ts').ConnectionFacts} ConnectionFacts */

const requests = atStart(() => require('../upgrade/request.js'));

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
  /**
   * What the native side knows of the upgrade, also after the end of the connection.
   * @type {string | undefined}
   */
  #kept;
  /**
   * The same as an object, made on first use.
   * @type {ConnectionFacts | undefined}
   */
  #facts = undefined;
  /** @type {UpgradeRequest | undefined} */
  #request = undefined;

  /**
   * @param {ServerConnection} connection
   * @param {NativeServer} native
   * @param {number} slot
   * @param {string} [kept] What was kept of a connection that has ended.
   */
  constructor(connection, native, slot, kept) {
    this.#connection = connection;
    this.#native = native;
    this.#slot = slot;
    this.#kept = kept;
    this.#closed = kept !== undefined;
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
    const { UpgradeRequest } = requests();
    return (this.#request ??= new UpgradeRequest(this.#loadFacts().request));
  }

  /** The subprotocol agreed on; empty without one. */
  get protocol() {
    return this.#loadFacts().protocol;
  }

  /** The extensions agreed on; see `types/socket.d.ts`. */
  get extensions() {
    return parseExtensions(this.#loadFacts().extensions);
  }

  /** The transport; see `types/socket.d.ts`. */
  get transport() {
    return this.#loadFacts().request.transport;
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

  #keepFacts() {
    return (this.#kept ??= /** @type {string} */ (this.#native.keepFacts(this.#slot)));
  }

  #loadFacts() {
    return (this.#facts ??= readFacts(this.#keepFacts()));
  }

  /**
   * Starts reading from a client that was upgraded by hand.
   * @internal
   */
  [kServe]() {
    if (!this.#closed) this.#native.serve(this.#slot);
  }

  /**
   * For a connection that was handed over.
   * @param {UpgradeRequest} request
   * @internal
   */
  [kSetRequest](request) {
    this.#request = request;
  }

  /**
   * What the native side knows of the upgrade request.
   * @internal
   */
  get [kRequestFacts]() {
    return this.#loadFacts().request;
  }

  /**
   * Called before the native side releases the connection.
   * @internal
   */
  [kOnClosed]() {
    this.#keepFacts();
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
