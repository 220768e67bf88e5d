// @ts-check
'use strict';

const { LongTimer } = require('./long-timer.js');

/**
 * The time to wait before a connection is closed, in ms, as timers of Node take it: nothing and what
 * is below zero is at once, strings of digits are numbers. Unlike there long times are what they say.
 * @param {unknown} delay
 * @returns {number} `NaN` when it is no time.
 */
function delayOf(delay) {
  if (delay === undefined || delay === null) return 0;
  const isScalar = ['number', 'string', 'bigint', 'boolean'].includes(typeof delay);
  return isScalar ? Math.max(0, Number(delay)) : NaN;
}

/** Calls of `close` on one connection: each waits for the same end. */
class Closing {
  /** @type {{resolve: () => void, timer: LongTimer}[]} */
  #calls = [];

  /**
   * @param {() => void} start Begins the closing handshake.
   * @param {number} delay Milliseconds to wait before; `Infinity` waits until the connection ends by other means.
   *   Never at once: what is sent right after the call still goes out, as with the original.
   * @returns {Promise<void>} Resolves with {@link settle}.
   */
  add(start, delay) {
    return new Promise((resolve) => {
      this.#calls.push({ resolve, timer: new LongTimer(start, delay) });
    });
  }

  /** The connection is closed. */
  settle() {
    for (const { resolve, timer } of this.#calls.splice(0)) {
      timer.cancel();
      resolve();
    }
  }
}

module.exports = { Closing, delayOf };
