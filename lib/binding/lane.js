// @ts-check
'use strict';

const { Batch } = require('./batch.js');
const { RoundRobin } = require('./round-robin.js');

/**
 * Milliseconds that the events of a batch may take in the order they came. After that connections are served in turn,
 * with those whose events come meanwhile.
 */
const SLOW = 5;

/** Milliseconds between looks for more events. */
const LOOK = 1;

/** One of the two queues of events (`crates/core/src/hub/lane.rs`): what was taken of it and is being handled. */
class Lane {
  #batch = new Batch();
  /** Events that are handled in turn, because a batch took long. @type {RoundRobin | undefined} */
  #turns = undefined;
  /** How many batches the native side believes to be in hand. */
  #told = 0;
  /** Milliseconds that this thread was busy with its events and that the native side does not know of. */
  #time = 0;
  /** When events were last looked for. */
  #looked = 0;

  /** @param {number} number */
  constructor(number) {
    this.number = number;
  }

  /** Whether there are events to handle. */
  get isOpen() {
    return this.#batch.isOpen || this.#turns !== undefined;
  }

  /** How many batches were taken and are not handled. */
  get inHand() {
    return this.#turns === undefined ? Number(this.#batch.isOpen) : this.#turns.batches;
  }

  /** Whether batches were handled and the native side does not know it. */
  get hasHandled() {
    return this.inHand < this.#told;
  }

  /** Microseconds that this thread was busy with its events, since {@link Lane.tell} was called last. */
  get microseconds() {
    return Math.round(this.#time * 1000);
  }

  /** The native side knows now what was handled. */
  tell() {
    this.#told = this.inHand;
    this.#time = 0;
  }

  /**
   * Notes when its events are looked for; 0: they are to be looked for next.
   * @param {number} time
   */
  look(time) {
    this.#looked = time;
  }

  /**
   * Whether it is time to look for events, while others are handled.
   * @param {number} time
   */
  isLookDue(time) {
    return time - this.#looked >= LOOK;
  }

  /**
   * Whether more events are to be taken although some are left.
   * @param {number} time
   */
  wantsMore(time) {
    return this.#turns !== undefined && this.#turns.hasRoom && this.isLookDue(time);
  }

  /**
   * Takes the next batch, if there is one. To be called when no events are left, or when it wants more.
   * @param {import('./native.js').NativeServer} native
   * @returns {boolean} Whether the native side has more events, in one queue or the other.
   */
  take(native) {
    const batch = this.#batch;
    const text = native.take(batch.words, this.number);
    const { saysMore } = batch;
    if (text !== undefined) {
      batch.begin(text, native);
      this.#told += 1;
      this.#turns?.add(batch);
    }
    return saysMore;
  }

  /**
   * Has events handled.
   * @param {number} most How many.
   * @param {import('./contexts.js').Contexts} contexts
   * @returns {number} How many there were.
   */
  handle(most, contexts) {
    const batch = this.#batch;
    let count = 0;
    for (; count < most && batch.isOpen; count += 1) contexts.handle(batch);
    for (; count < most && this.#turns !== undefined; count += 1) {
      const turns = this.#turns;
      if (turns.size === 1) this.#turns = undefined;
      contexts.handle(turns.take());
    }
    return count;
  }

  /**
   * Events have been handled.
   * @param {number} time Milliseconds that it took.
   */
  note(time) {
    this.#time += time;
    if (!this.#batch.isOpen) this.#batch.end();
    else if (this.#time >= SLOW) {
      this.#turns = new RoundRobin();
      this.#turns.add(this.#batch);
    }
  }
}

module.exports = { Lane };
