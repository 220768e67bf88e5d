// @ts-check
'use strict';

const { MAX_DELAY, clearTimeout, setTimer } = require('./environment.js');

/** Calls a function once, after a delay of any length. */
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
    const part = Math.min(this.#left, MAX_DELAY);
    this.#left -= part;
    this.#timer = setTimer(() => (this.#left > 0 ? this.#wait() : this.#run()), part);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}

module.exports = { LongTimer };
