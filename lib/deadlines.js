// @ts-check
'use strict';

/**
 * An entry that waits.
 * @typedef {object} Expiring
 * @property {number} due When it expires, in `performance.now()` milliseconds.
 * @property {boolean} settled Whether it need not expire any more.
 */

/**
 * Entries that expire after a time, without a timer for each: those with the same time to wait
 * expire in the order they were added, so one timer a queue, for its first entry, is enough.
 * @template {Expiring} T
 */
class Deadlines {
  /** @type {Map<number, T[]>} */
  #queues = new Map();

  /**
   * @param {() => void} beforeExpiry Called before entries expire: an answer that has arrived while
   *   the thread was busy still counts.
   * @param {(entry: T) => void} expire Called for each entry that expires.
   */
  constructor(beforeExpiry, expire) {
    this.beforeExpiry = beforeExpiry;
    this.expire = expire;
  }

  /**
   * @param {T} entry
   * @param {number} time Milliseconds from now.
   */
  add(entry, time) {
    entry.due = performance.now() + time;
    const queue = this.#queues.get(time);
    if (queue !== undefined) {
      queue.push(entry);
      return;
    }
    this.#queues.set(time, [entry]);
    this.#arm(time, time);
  }

  /**
   * @param {number} time
   * @param {number} delay
   */
  #arm(time, delay) {
    // The process lives by its connections, not by what they wait for.
    setTimeout(() => this.#check(time), Math.min(Math.ceil(delay), 0x7fffffff)).unref();
  }

  /** @param {number} time */
  #check(time) {
    this.beforeExpiry();
    const queue = this.#queues.get(time);
    if (queue === undefined) return;
    const now = performance.now();
    let passed = 0;
    while (passed < queue.length && (queue[passed].settled || queue[passed].due <= now)) passed += 1;
    const expired = queue.splice(0, passed).filter((entry) => !entry.settled);
    if (queue.length === 0) this.#queues.delete(time);
    else this.#arm(time, queue[0].due - now);
    expired.forEach((entry) => this.expire(entry));
  }
}

module.exports = { Deadlines };
