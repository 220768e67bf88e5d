// @ts-check
'use strict';

const { afterDue, afterTurn, now, setTimer } = require('../runtime/environment.js');

/**
 * An entry that waits. The fields are the queue's.
 * @typedef {object} Expiring
 * @property {number} due When it expires, in `performance.now()` milliseconds.
 * @property {Queue<any> | undefined} queue Where it waits; undefined when it does not.
 * @property {any} previous The entry that expires before it.
 * @property {any} next The entry that expires after it.
 */

/**
 * Milliseconds after which the event loop is due: thousands of entries may expire at once, and each runs
 * code. A peer may have an application ask as fast as it can. So they may take twice the time that the
 * events of a turn get (`lib/binding/inbox.js`): then they expire faster than others are added.
 */
const TURN = 16;

/** Entries that expire before the code that awaits them goes on, and the time is looked at. */
const STEP = 16;

/**
 * Entries with the same time to wait, which so expire in the order they were added: a linked list,
 * because most are taken out long before they expire and must not be kept until then.
 * @template {Expiring} T
 */
class Queue {
  /** @param {number} time Milliseconds an entry waits. */
  constructor(time) {
    this.time = time;
    /** @type {T | undefined} */
    this.first = undefined;
    /** @type {T | undefined} */
    this.last = undefined;
  }

  /** @param {T} entry */
  push(entry) {
    entry.queue = this;
    entry.previous = this.last;
    if (this.last === undefined) this.first = entry;
    else this.last.next = entry;
    this.last = entry;
  }

  /** @param {T} entry */
  remove(entry) {
    const { previous, next } = entry;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    entry.queue = entry.previous = entry.next = undefined;
  }
}

/**
 * Entries that expire after a time, without a timer for each: one for each time to wait, set for its
 * first entry, is enough.
 * @template {Expiring} T
 */
class Deadlines {
  /** @type {Map<number, Queue<T>>} */
  #queues = new Map();

  /**
   * @param {(run: () => void) => void} whenCaughtUp Calls `run` once all has been handled that has come
   *   by now: an answer that has arrived while the thread was busy still counts.
   * @param {(entry: T) => void} expire Called for each entry that expires.
   */
  constructor(whenCaughtUp, expire) {
    this.whenCaughtUp = whenCaughtUp;
    this.expire = expire;
  }

  /**
   * @param {T} entry
   * @param {number} time Milliseconds from now.
   */
  add(entry, time) {
    entry.due = now() + time;
    let queue = this.#queues.get(time);
    if (queue === undefined) {
      queue = new Queue(time);
      this.#queues.set(time, queue);
      this.#arm(queue, time);
    }
    queue.push(entry);
  }

  /**
   * @param {Queue<T>} queue
   * @param {number} delay
   */
  #arm(queue, delay) {
    // The process lives by its connections, not by what they wait for.
    const check = () => this.#check(queue);
    setTimer(() => this.whenCaughtUp(check), Math.ceil(delay)).unref();
  }

  /** @param {Queue<T>} queue */
  #check(queue) {
    this.#expireSome(queue, now() + TURN);
  }

  /**
   * @param {Queue<T>} queue
   * @param {number} end When the event loop is due.
   */
  #expireSome(queue, end) {
    const time = now();
    for (let count = 0; queue.first !== undefined && queue.first.due <= time; count += 1) {
      if (count === STEP) {
        if (time < end) afterDue(() => this.#expireSome(queue, end));
        else afterTurn(() => this.#check(queue));
        return;
      }
      const entry = queue.first;
      queue.remove(entry);
      this.expire(entry);
    }
    // The timer outlives the entries it was set for: it is set once for many that come and go.
    if (queue.first === undefined) this.#queues.delete(queue.time);
    else this.#arm(queue, queue.first.due - time);
  }
}

/**
 * Takes an entry out, if it waits.
 * @param {Expiring} entry
 */
function cancel(entry) {
  entry.queue?.remove(entry);
}

module.exports = { Deadlines, cancel };
