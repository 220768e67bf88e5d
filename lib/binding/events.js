// @ts-check
'use strict';

const { Batch, isOfConnection, textOf } = require('./batch.js');
const { KIND } = require('./layout.js');
const { ServerConnection } = require('../connection/connection.js');
const { ignore } = require('../connection/leaving.js');
const { throwLater } = require('../runtime/debug.js');
const { onAcceptFailed } = require('../server/listening.js');
const {
  kDeferred,
  kHandovers,
  kKeepFacts,
  kLifecycle,
  kNative,
  kOnClosed,
  kOnDrained,
  kOnHandshake,
  kOnInvalid,
  kOnMessage,
  kOnPing,
  kOnPingDue,
  kOnPingFailed,
  kOnResponse,
  kOnWritten,
  kGathering,
  kLink,
  kPresences,
  kSerial,
  kSlot,
} = require('../symbols.js');
const { atStart } = require('../runtime/later.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('./batch.js').NativeEvent} NativeEvent */
/** @typedef {import('./batch.js').RawText} RawText */

const upgrade = atStart(() => require('../upgrade/upgrade.js'));

/** Nobody else closes connections of a server that is joined with no others. */
const NONE_CLOSED = new Int32Array(1);

/** Dispatches the events of the native side. */
class Events {
  #server;
  #inbox;
  #native;
  /** Names by the number they were interned with. @type {string[]} */
  #names = [''];
  /** @type {Set<string>} */
  #interned = new Set();
  /**
   * Its element is not 0 while there are connections that were closed without a call for each from here. Other threads of
   * the core change it.
   * @type {{readonly [index: number]: number}}
   */
  #closedWord = NONE_CLOSED;
  /** For one message that the core scans again. */
  #again = new Batch(1);

  /**
   * @param {Server} server
   * @param {import('./inbox.js').Inbox} inbox
   */
  constructor(server, inbox) {
    this.#server = server;
    this.#inbox = inbox;
    this.#native = server[kNative];
  }

  /**
   * Interns a name: its messages then arrive with a number in place of it.
   * @param {string} name
   */
  intern(name) {
    if (this.#interned.has(name)) return;
    const number = this.#native.intern(name);
    if (number === 0) return;
    this.#interned.add(name);
    this.#names[number] = name;
  }

  /** From now on looks before each event whether other servers have closed connections. */
  watchClosed() {
    if (this.#closedWord !== NONE_CLOSED) return;
    const ask = () => this.ignoreClosed();
    // Some runtimes cannot show memory of the core to JavaScript. There each look is a call.
    this.#closedWord = this.#native.closedWord() ?? { get 0() { ask(); return 0; } };
  }

  /** Lets nothing more reach a handler of connections that were closed without a call for each from here. */
  ignoreClosed() {
    for (const slot of this.#native.takeClosed()) {
      const connection = this.#inbox.connections[slot];
      if (connection !== undefined) ignore(connection);
    }
  }

  /**
   * Handles the next event of a batch. An exception of a listener becomes an uncaught exception, and later events are
   * still handled.
   * @param {Batch} batch
   */
  handle(batch) {
    if (this.#closedWord[0] !== 0) this.ignoreClosed();
    const { words } = batch;
    const w = batch.next();
    if (words[w] !== KIND.MESSAGE) {
      this.#handleOther(batch.read(w));
      return;
    }
    // Most events are messages. They are read without an object for the event.
    const raw = batch.text(words[w + 3]);
    const id = batch.text(words[w + 4]);
    const payload = batch.text(words[w + 5]);
    const error = batch.text(words[w + 6]);
    // Reading its texts has failed, which was reported.
    if (!batch.isWhole) return;
    const slot = words[w + 1];
    const interned = words[w + 2];
    try {
      const name = interned === 0 ? this.#nameOf(/** @type {RawText} */ (raw), slot) : this.#names[interned];
      const connection = this.#inbox.connections[slot];
      if (connection === undefined || connection[kDeferred] !== undefined) {
        this.#dispatch(KIND.MESSAGE, slot, name, id, payload, error, 0);
      } else {
        connection[kOnMessage](name, id, payload, error);
      }
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  /**
   * @param {RawText} raw A name that was not interned.
   * @param {number} slot
   * @returns {string} Empty for a large name that no listener of the connection can have.
   */
  #nameOf(raw, slot) {
    if (typeof raw !== 'string') {
      const connection = this.#inbox.connections[slot];
      const names = connection?.eventNames() ?? [];
      // A character takes at most six bytes, as an escape.
      const isHeard = connection?.regexes().length || names.some((name) => name.length * 6 >= raw.length);
      if (!isHeard) return '';
    }
    return decodeName(textOf(raw));
  }

  /** @param {NativeEvent} event */
  #handleOther(event) {
    const { kind, slot, interned, id, payload, error, number } = event;
    let name = /** @type {string | undefined} */ (event.name);
    // Reading its texts has failed, which was reported. A close is handled without its reason.
    if (!event.isWhole && kind !== KIND.CLOSED) return;
    try {
      if (interned !== 0) name = this.#names[interned];
      else if (kind === KIND.MESSAGE) name = this.#nameOf(/** @type {RawText} */ (event.name), slot);
      this.#dispatch(kind, slot, name, id, payload, error, number);
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  /**
   * @param {number} kind
   * @param {number} slot
   * @param {string | undefined} name
   * @param {RawText | undefined} id
   * @param {RawText | undefined} payload
   * @param {RawText | undefined} error
   * @param {number} number
   */
  #dispatch(kind, slot, name, id, payload, error, number) {
    if (!isOfConnection(kind)) {
      this.#handleServerEvent(kind, slot, number, name);
      return;
    }
    if (kind === KIND.HANDSHAKE && name !== undefined) {
      this.#inbox.connections[slot] = new ServerConnection(this.#server, slot, name);
    }
    const connection = this.#inbox.connections[slot];
    // The connection has ended. This event came before its end, but in the other queue.
    if (connection === undefined) return;
    if (connection[kDeferred] !== undefined) {
      connection[kDeferred].push(() => this.#dispatch(kind, slot, name, id, payload, error, number));
      return;
    }
    switch (kind) {
      case KIND.MESSAGE:
        connection[kOnMessage](/** @type {string} */ (name), id, payload, error);
        break;
      case KIND.OUTLINED:
        this.#onOutlined(connection, /** @type {string} */ (name), id, /** @type {string} */ (payload), number);
        break;
      case KIND.HANDSHAKE:
        connection[kSerial] = number;
        connection[kOnHandshake](id, payload, error);
        break;
      case KIND.PING:
        connection[kOnPing](id);
        break;
      case KIND.RESPONSE:
        connection[kOnResponse](id, payload, error);
        break;
      case KIND.CLOSED:
        this.#end(connection, slot, number, textOf(/** @type {RawText} */ (payload)));
        break;
      case KIND.INVALID:
        connection[kOnInvalid](/** @type {RawText} */ (payload), number);
        break;
      case KIND.PING_DUE:
        // It may be one of an earlier connection in the slot, which came before its end, but in the other queue.
        if (number === connection[kSerial]) connection[kOnPingDue]();
        break;
      case KIND.PING_FAILED:
        connection[kOnPingFailed]();
        break;
      case KIND.WRITTEN:
        connection[kOnWritten]();
        break;
      case KIND.DRAINED:
        // The same.
        if (number === connection[kSerial]) connection[kOnDrained]();
        break;
      default:
        throw new Error(`Unknown native event ${kind}: the addon and lib/ are of different versions`);
    }
  }

  /**
   * @param {ServerConnection} connection
   * @param {number} slot
   * @param {number} code
   * @param {string} reason
   */
  #end(connection, slot, code, reason) {
    try {
      // Writes are reported in another queue, which may be behind.
      connection[kOnWritten]();
      // Keeps the upgrade request for handlers of the end and later.
      connection[kKeepFacts]();
      this.#native.release(slot);
    } finally {
      this.#inbox.connections[slot] = undefined;
      connection[kOnClosed](code, reason);
    }
  }

  /**
   * A message of which the core has scanned only the outline. If the payload parses, the message is valid.
   * @param {ServerConnection} connection
   * @param {string} name
   * @param {RawText | undefined} id
   * @param {string} text The whole message.
   * @param {number} places Bytes before the payload, and after it in the lowest eight bits.
   */
  #onOutlined(connection, name, id, text, places) {
    let payload;
    try {
      payload = JSON.parse(text.substring(places >> 8, text.length - (places & 0xff)));
    } catch {
      // It is not JSON, or its keys are in another order than assumed: the core scans all of it.
      const again = this.#again;
      again.begin(this.#native.receiveAgain(connection[kSlot], text, again.words), this.#native);
      while (again.isOpen) this.handle(again);
      again.end();
      return;
    }
    connection[kOnMessage](name, id, undefined, undefined, payload);
  }

  /**
   * Events of two queues have no order. So an end is handled once all earlier events are handled.
   * @param {number} kind
   * @param {number} key
   * @param {number} number
   * @param {string | undefined} name
   */
  #handleServerEvent(kind, key, number, name) {
    const { [kHandovers]: handovers } = this.#server;
    switch (kind) {
      case KIND.OPENED:
        this.#inbox.connections[key] = new ServerConnection(this.#server, key, /** @type {string} */ (name));
        handovers.onOpened(number, /** @type {ServerConnection} */ (this.#inbox.connections[key]));
        break;
      case KIND.RELEASED:
        this.#inbox.whenCaughtUp(() => handovers.onReleased(key));
        break;
      case KIND.PIPE_OUTPUT:
        handovers.onOutput(key);
        break;
      case KIND.PIPE_ROOM:
        handovers.onRoom(key);
        break;
      case KIND.UPGRADE:
        upgrade().decideUpgrade(this.#server, key);
        break;
      case KIND.ANSWERED:
        this.#server[kGathering].onAnswered(key);
        break;
      case KIND.PRESENCE:
        this.#server[kPresences].onChanged();
        break;
      case KIND.NODES:
        this.#server[kLink]?.onNews();
        break;
      case KIND.ENGINE:
        this.#server[kLink]?.onEngineCalls();
        break;
      case KIND.ACCEPT_FAILED:
        onAcceptFailed(this.#server, number);
        break;
      case KIND.DETACHED:
        this.#inbox.whenCaughtUp(() => this.#server[kLifecycle].onDetached(key, false));
        break;
      case KIND.STOPPED:
        this.#inbox.attempt(() => this.#native.core.join(key));
        this.#inbox.whenCaughtUp(() => this.#server[kLifecycle].onDetached(key, true));
        break;
      default:
        throw new Error(`Unknown native event ${kind}: the addon and lib/ are of different versions`);
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

module.exports = { Events };
