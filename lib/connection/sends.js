// @ts-check
'use strict';

const { AT_ONCE, Sequence } = require('../binding/sequence.js');
const { MAX_TIME, cancel } = require('./deadlines.js');
const { textOf } = require('../binding/batch.js');
const { MessageName } = require('../enums.js');
const { markHandled, notAnswered, rejected, rejectedByClient, tooManySends } = require('./errors.js');
const { kLog, kNative, kQueue, kSettings, kSlot } = require('../symbols.js');

/** @typedef {import('../../common/line-error.js')} LineError */
/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Message} Message */
/** @typedef {import('../binding/batch.js').RawText} RawText */

/**
 * What the sends of all connections of a server share: one object for each server.
 * @typedef {object} SendServices
 * @property {Pick<import('../binding/native.js').NativeServer, 'queued' | 'watch'>} native
 * @property {Pick<import('../binding/inbox.js').Inbox, 'addChore' | 'awaitWritten'>} inbox
 * @property {import('./deadlines.js').Deadlines<Awaiting>} deadlines Calls {@link Sends.onTimeout}, or that of whatever
 *   else waits for answers.
 * @property {() => number} maxPending How many sends of a connection may wait for answers.
 * @property {(connection: ServerConnection) => void} onSettled Called when a send of the connection no
 *   longer waits for its answer.
 */

/**
 * What waits for an answer, or for several.
 * @typedef {import('./deadlines.js').Expiring & {sends: {onTimeout: (entry: any) => void}}} Awaiting
 */

/**
 * A `send` that waits for its answer.
 */
class Pending {
  /**
   * @param {Sends} sends Those of the same connection.
   * @param {string} id
   * @param {number} timeout Milliseconds it may wait; 0 is no limit.
   * @param {(value: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  constructor(sends, id, timeout, resolve, reject) {
    this.sends = sends;
    this.id = id;
    this.timeout = timeout;
    this.resolve = resolve;
    this.reject = reject;
    // For the queue of deadlines.
    this.due = 0;
    /** @type {any} */
    this.queue = undefined;
    /** @type {Pending | undefined} */
    this.previous = undefined;
    /** @type {Pending | undefined} */
    this.next = undefined;
  }
}

/** A message of `sendWithoutResponse` that waits to be written. */
class Unwritten {
  /** @param {number} total Of bytes (low 32 bits of the running count) at which it is written. */
  constructor(total) {
    this.total = total;
    /** @type {Promise<void>} */
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * The sends of one connection that are not settled: they wait for an answer, or to be written.
 */
class Sends {
  #connection;
  #services;
  #lastId = 0;
  /** Sends that wait for an answer, by id. @type {Map<string, Pending>} */
  #pending = new Map();
  /** Oldest first. @type {Unwritten[]} */
  #unwritten = [];
  /** Made when many are settled at once. @type {Sequence | undefined} */
  #settling = undefined;

  /**
   * @param {ServerConnection} connection
   * @param {SendServices} services
   */
  constructor(connection, services) {
    this.#connection = connection;
    this.#services = services;
  }

  /**
   * @param {Message} message
   * @param {number} timeout Milliseconds to wait for the answer; 0 is no limit.
   * @returns {Promise<any>}
   */
  send(message, timeout) {
    const most = this.#services.maxPending();
    // A ping is always sent, because it finds out whether the client is still there.
    if (this.#pending.size >= most && message.name !== MessageName.PING) {
      return Promise.reject(tooManySends(most));
    }
    this.#lastId += 1;
    const id = this.#lastId.toString(36);
    message.setId(id);
    const problem = this.#connection[kQueue](message);
    if (problem !== undefined) return Promise.reject(problem);
    return new Promise((resolve, reject) => {
      const pending = new Pending(this, id, timeout, resolve, reject);
      this.#pending.set(id, pending);
      if (timeout > 0) this.#services.deadlines.add(pending, timeout);
    });
  }

  /**
   * @param {Message} message
   * @returns {Promise<void>}
   */
  sendWithoutResponse(message) {
    const problem = this.#connection[kQueue](message);
    if (problem !== undefined) return rejected(problem);
    const { native, inbox } = this.#services;
    let total;
    try {
      total = native.queued(this.#connection[kSlot]);
    } catch (cause) {
      return Promise.reject(cause);
    }
    const unwritten = new Unwritten(total);
    this.#unwritten.push(unwritten);
    if (this.#unwritten.length === 1) inbox.awaitWritten(this);
    return unwritten.promise;
  }

  /**
   * @param {RawText | undefined} rawId
   * @param {RawText | undefined} rawPayload
   * @param {RawText | undefined} rawError Raw JSON of a truthy error.
   */
  onResponse(rawId, rawPayload, rawError) {
    // Ids of our messages are short: a large text is none of them.
    const pending = typeof rawId === 'string' ? this.#pending.get(JSON.parse(rawId)) : undefined;
    if (pending === undefined) return;
    this.#take(pending);
    try {
      if (rawError !== undefined) pending.reject(rejectedByClient(JSON.parse(textOf(rawError))));
      else pending.resolve(rawPayload === undefined ? undefined : JSON.parse(textOf(rawPayload)));
    } catch (cause) {
      // It is JSON, but more of it than JavaScript can hold.
      pending.reject(cause);
    }
    this.#services.onSettled(this.#connection);
  }

  /**
   * @param {Pending} pending
   */
  onTimeout(pending) {
    this.#take(pending);
    pending.reject(notAnswered(pending.timeout));
    this.#services.onSettled(this.#connection);
  }

  /** Fulfils the promises of `sendWithoutResponse` whose messages are written. */
  settleWritten() {
    if (this.#unwritten.length === 0) return;
    const written = this.#services.native.watch(this.#connection[kSlot]);
    // Totals are the low 32 bits of running counts: compare by their difference.
    const left = this.#unwritten.findIndex(({ total }) => ((total - written) | 0) > 0);
    const done = this.#unwritten.splice(0, left < 0 ? this.#unwritten.length : left);
    this.#settle(done, ({ resolve }) => resolve());
  }

  /**
   * Rejects all promises that wait.
   * @param {LineError} error
   */
  fail(error) {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    pending.forEach(cancel);
    this.#settle(pending, ({ reject }) => reject(error));
    this.#settle(this.#unwritten.splice(0), ({ promise, reject }) => {
      markHandled(promise);
      reject(error);
    });
  }

  /**
   * @template T
   * @param {readonly T[]} entries
   * @param {(entry: T) => void} act Settles one of them.
   */
  #settle(entries, act) {
    if (this.#settling === undefined) {
      if (entries.length <= AT_ONCE) {
        entries.forEach(act);
        return;
      }
      const { inbox } = this.#services;
      this.#settling = new Sequence((chore) => inbox.addChore(chore));
    }
    this.#settling.handle(entries, act);
  }

  /** Whether a send waits for its answer. */
  get isWaiting() {
    return this.#pending.size > 0;
  }

  /** @param {Pending} pending */
  #take(pending) {
    cancel(pending);
    this.#pending.delete(pending.id);
  }
}

/**
 * Sends a ping that the core waits for. An event follows if it is not answered within `responseTimeout`.
 * @param {ServerConnection} connection
 * @returns {boolean} False when the connection is not open.
 */
function sendPing(connection) {
  const { server, [kSlot]: slot } = connection;
  const timeout = Math.min(server[kSettings].responseTimeout, MAX_TIME);
  connection[kLog]?.('sending a ping, to be answered in %d ms', timeout);
  return server[kNative].ping(slot, timeout);
}

module.exports = { Sends, sendPing };
