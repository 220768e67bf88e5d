// @ts-check
'use strict';

const { throwLater } = require('../runtime/debug.js');
const { now, setTimer } = require('../runtime/environment.js');

/** Longest time that the core takes, in ms: 49 days. */
const MAX_TIME = 0xffffffff;

/**
 * An entry that waits. The fields are the queue's.
 * @typedef {object} Expiring
 * @property {number} due When it expires, in `performance.now()` milliseconds.
 * @property {Queue<any> | undefined} queue Where it waits; undefined when it does not.
 * @property {any} previous The entry that expires before it.
 * @property {any} next The entry that expires after it.
 */

/**
 * Entries with the same time to wait, which expire in the order they were added. It is a linked list because
 * most are removed long before they expire, and must not be kept until then.
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
 * Entries that expire after a time. There is one timer for each time to wait, set for its first entry.
 * @template {Expiring} T
 */
class Deadlines {
  /** @type {Map<number, Queue<T>>} */
  #queues = new Map();

  /**
   * @param {(chore: (count: number) => boolean) => void} schedule Has a chore done in steps (`lib/binding/chores.js`), once
   *   all events received so far are handled: an answer that arrived while the thread was busy still counts.
   * @param {(entry: T) => void} expire Called for each entry that expires.
   */
  constructor(schedule, expire) {
    this.schedule = schedule;
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
    // Connections keep the process alive; their deadlines do not.
    setTimer(() => {
      // Answers to those that are due later may arrive behind the events that are waited for.
      const time = now();
      this.schedule((count) => this.#expireSome(queue, time, count));
    }, Math.ceil(delay)).unref();
  }

  /**
   * @param {Queue<T>} queue
   * @param {number} time What was due then expires.
   * @param {number} most
   * @returns {boolean} Whether more is due.
   */
  #expireSome(queue, time, most) {
    for (let count = 0; queue.first !== undefined && queue.first.due <= time; count += 1) {
      if (count === most) return true;
      const entry = queue.first;
      queue.remove(entry);
      try {
        this.expire(entry);
      } catch (error) {
        // The others still expire.
        throwLater(error);
      }
    }
    // A timer stays when its entry is removed: setting it once for many entries costs less.
    if (queue.first === undefined) this.#queues.delete(queue.time);
    else this.#arm(queue, Math.max(0, queue.first.due - now()));
    return false;
  }
}

/**
 * Removes an entry, if it waits.
 * @param {Expiring} entry
 */
function cancel(entry) {
  entry.queue?.remove(entry);
}

module.exports = { Deadlines, MAX_TIME, cancel };
