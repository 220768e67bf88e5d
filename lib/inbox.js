// @ts-check
'use strict';

const { ServerConnection } = require('./connection.js');
const { serverLog } = require('./debug.js');

/** @typedef {import('./server.js').Server} Server */

/** Kinds of events; see `src/hub/record.rs`. */
const MESSAGE = 1;
const HANDSHAKE = 2;
const RESPONSE = 3;
const CLOSED = 4;
const INVALID = 5;
const PING_DUE = 6;
const WRITTEN = 7;
const PING = 8;
const DRAINED = 9;
const UPGRADE = 10;
const ACCEPT_FAILED = 11;
const DETACHED = 12;
const STOPPED = 13;
const OUTLINED = 14;
const OPENED = 15;
const RELEASED = 16;
const PIPE_OUTPUT = 17;
const PIPE_ROOM = 18;

/** Integers of one record, and where the first begins. */
const RECORD = 8;
const FIRST = 2;

/** Most records of a batch (`BATCH_EVENTS` in `src/hub/batch.rs`). */
const BATCH = 512;

/** The absent field. */
const NONE = -1;

/** @type {string[]} */
const NO_STRINGS = [];

/**
 * Takes batches of events from the native side and hands each to whom it concerns; and sees that
 * what handlers send is flushed once, not message by message.
 */
class Inbox {
  #words = new Int32Array(FIRST + BATCH * RECORD);
  /** For one event that is looked at again while a batch is handled. */
  #wordsAgain = new Int32Array(FIRST + RECORD);
  /** Names by the number they were interned with. @type {string[]} */
  #names = [''];
  /** @type {Set<string>} */
  #interned = new Set();
  #flushDue = false;
  /** Those with promises of `sendWithoutResponse`. @type {import('./sends.js').Sends[]} */
  #unwritten = [];

  /** @param {Server} server */
  constructor(server) {
    this.server = server;
    this.native = server.native_;
    /** Connections by slot. @type {(ServerConnection | undefined)[]} */
    this.connections = [];
  }

  /**
   * Lets messages of this name arrive as a number.
   * @param {string} name
   */
  intern(name) {
    if (this.#interned.has(name)) return;
    const number = this.native.intern(name);
    if (number === 0) return;
    this.#interned.add(name);
    this.#names[number] = name;
  }

  /** Handles one batch; called when the native side wakes this thread. */
  drain() {
    const text = this.native.take(this.#words);
    if (text === undefined) return;
    // What handlers send while the batch is handled leaves with one flush at its end.
    const outer = this.#flushDue;
    this.#flushDue = true;
    this.#handleBatch(text, this.#words);
    if (outer) return;
    this.#flush();
  }

  /** Handles all that waits. */
  drainAll() {
    // The next batch is taken into the same words, so the count is read before.
    for (let text = this.native.take(this.#words); text !== undefined; text = this.native.take(this.#words)) {
      this.#handleBatch(text, this.#words);
    }
    this.#flush();
  }

  /**
   * @param {string} text
   * @param {Int32Array} words
   */
  #handleBatch(text, words) {
    const count = words[0];
    const strings = words[1] > 0 ? this.native.strings() : NO_STRINGS;
    let at = 0;
    for (let index = 0, w = FIRST; index < count; index += 1, w += RECORD) {
      const kind = words[w];
      const slot = words[w + 1];
      const interned = words[w + 2];
      const nameField = words[w + 3];
      const idField = words[w + 4];
      const payloadField = words[w + 5];
      const errorField = words[w + 6];

      /** @type {string | undefined} */
      let name;
      if (interned !== 0) name = this.#names[interned];
      else if (nameField >= 0) name = text.substring(at, (at += nameField));
      else if (nameField !== NONE) name = strings[-2 - nameField];
      /** @type {string | undefined} */
      let id;
      if (idField >= 0) id = text.substring(at, (at += idField));
      else if (idField !== NONE) id = strings[-2 - idField];
      /** @type {string | undefined} */
      let payload;
      if (payloadField >= 0) payload = text.substring(at, (at += payloadField));
      else if (payloadField !== NONE) payload = strings[-2 - payloadField];
      /** @type {string | undefined} */
      let error;
      if (errorField >= 0) error = text.substring(at, (at += errorField));
      else if (errorField !== NONE) error = strings[-2 - errorField];

      try {
        if (kind === MESSAGE) {
          const connection = /** @type {ServerConnection} */ (this.connections[slot]);
          if (interned === 0) name = decodeName(/** @type {string} */ (name));
          if (connection.deferred_ === undefined) {
            connection.onMessage_(/** @type {string} */ (name), id, payload, error);
            continue;
          }
        }
        this.#handle(kind, slot, name, id, payload, error, words[w + 7]);
      } catch (thrown) {
        throwLater(thrown);
      }
    }
  }

  /**
   * @param {number} kind
   * @param {number} slot
   * @param {string | undefined} name
   * @param {string | undefined} id
   * @param {string | undefined} payload
   * @param {string | undefined} error
   * @param {number} number
   */
  #handle(kind, slot, name, id, payload, error, number) {
    if (kind >= UPGRADE && kind !== OUTLINED) {
      this.#handleServerEvent(kind, slot, number, name);
      return;
    }
    if (kind === HANDSHAKE && name !== undefined) {
      this.connections[slot] = new ServerConnection(this.server, slot, name);
    }
    const connection = /** @type {ServerConnection} */ (this.connections[slot]);
    if (connection.deferred_ !== undefined) {
      connection.deferred_.push(() => this.#handle(kind, slot, name, id, payload, error, number));
      return;
    }
    switch (kind) {
      case MESSAGE:
        connection.onMessage_(/** @type {string} */ (name), id, payload, error);
        break;
      case OUTLINED:
        this.#onOutlined(connection, /** @type {string} */ (name), id, /** @type {string} */ (payload), number);
        break;
      case HANDSHAKE:
        connection.onHandshake_(id, payload, error);
        break;
      case PING:
        connection.onPing_(id);
        break;
      case RESPONSE:
        connection.onResponse_(id, payload, error);
        break;
      case CLOSED:
        // The upgrade request stays to be had, by handlers of the end too.
        connection.socket.onClosed_();
        this.connections[slot] = undefined;
        this.native.release(slot);
        connection.onClosed_(number, /** @type {string} */ (payload));
        break;
      case INVALID:
        connection.onInvalid_(/** @type {string} */ (payload), number);
        break;
      case PING_DUE:
        connection.onPingDue_();
        break;
      case WRITTEN:
        connection.onWritten_();
        break;
      case DRAINED:
        connection.onDrained_();
        break;
      default:
        throw new Error(`Unknown native event ${kind}: the addon and lib/ are of different versions`);
    }
  }

  /**
   * A message of which the core has seen the outline only. If the payload parses, the whole is valid.
   * @param {ServerConnection} connection
   * @param {string} name
   * @param {string | undefined} id
   * @param {string} text The whole message.
   * @param {number} places Bytes before the payload, and after it in the lowest eight bits.
   */
  #onOutlined(connection, name, id, text, places) {
    let payload;
    try {
      payload = JSON.parse(text.substring(places >> 8, text.length - (places & 0xff)));
    } catch {
      // No JSON, or its keys are in another order than it looked: the core scans it.
      const parts = this.native.receiveAgain(connection.slot_, text, this.#wordsAgain);
      this.#handleBatch(parts, this.#wordsAgain);
      return;
    }
    connection.onMessage_(name, id, undefined, undefined, payload);
  }

  /**
   * @param {number} kind
   * @param {number} key
   * @param {number} number
   * @param {string | undefined} name
   */
  #handleServerEvent(kind, key, number, name) {
    const { handovers_: handovers } = this.server;
    switch (kind) {
      case OPENED:
        this.connections[key] = new ServerConnection(this.server, key, /** @type {string} */ (name));
        handovers.onOpened(number, /** @type {ServerConnection} */ (this.connections[key]));
        break;
      case RELEASED:
        handovers.onReleased(key);
        break;
      case PIPE_OUTPUT:
        handovers.onOutput(key);
        break;
      case PIPE_ROOM:
        handovers.onRoom(key);
        break;
      case UPGRADE:
        this.server.onUpgrade_(key);
        break;
      case ACCEPT_FAILED:
        this.server.onAcceptFailed_(number);
        break;
      case DETACHED:
        this.server.onDetached_(key, false);
        break;
      case STOPPED:
        this.native.join(key);
        this.server.onDetached_(key, true);
        break;
      default:
        throw new Error(`Unknown native event ${kind}: the addon and lib/ are of different versions`);
    }
  }

  /** Sees that what was queued leaves when the running code has returned. */
  scheduleFlush() {
    if (this.#flushDue) return;
    this.#flushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush() {
    this.#flushDue = false;
    this.native.flush();
    if (this.#unwritten.length === 0) return;
    const waiting = this.#unwritten;
    this.#unwritten = [];
    waiting.forEach((sends) => sends.settleWritten());
  }

  /**
   * Lets it look, after the next flush, what has been written.
   * @param {import('./sends.js').Sends} sends
   */
  awaitWritten(sends) {
    this.#unwritten.push(sends);
  }

  /**
   * Runs a listener; what it throws becomes an uncaught exception that stops nothing else.
   * @param {() => void} run
   */
  guard(run) {
    try {
      run();
    } catch (error) {
      throwLater(error);
    }
  }
}

/**
 * A name that was not interned comes as it stood in the JSON, without its quotes.
 * @param {string} raw
 */
function decodeName(raw) {
  return raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw;
}

/**
 * A handler's exception is the application's: it reaches `uncaughtException` as if thrown at the top,
 * but the rest of the batch is handled first.
 * @param {unknown} error
 */
function throwLater(error) {
  serverLog('a handler threw: %s', error);
  process.nextTick(() => {
    throw error;
  });
}

module.exports = { Inbox };
