// @ts-check
'use strict';

/** Longest time, in ms, that a timer of Node's can wait. It takes longer ones for 1 ms. */
const LONGEST = 0x7fffffff;

/** Calls a function after any time, once. */
class LongTimer {
  #run;
  #left;
  /** @type {NodeJS.Timeout | undefined} */
  #timer = undefined;

  /**
   * @param {() => void} run
   * @param {number} delay Milliseconds; `Infinity` is never.
   */
  constructor(run, delay) {
    this.#run = run;
    this.#left = delay;
    if (delay !== Infinity) this.#wait();
  }

  #wait() {
    const part = Math.min(this.#left, LONGEST);
    this.#left -= part;
    this.#timer = setTimeout(() => (this.#left > 0 ? this.#wait() : this.#run()), part);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}

module.exports = { LongTimer };
