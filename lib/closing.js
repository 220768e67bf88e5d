// @ts-check
'use strict';

/** Calls of `close` on one connection: each waits for the same end. */
class Closing {
  /** @type {{resolve: () => void, timer: NodeJS.Timeout}[]} */
  #calls = [];

  /**
   * @param {() => void} start Begins the closing handshake.
   * @param {number} delay Milliseconds to wait before. Never at once: what is sent right after the call
   *   still goes out, as with the original.
   * @returns {Promise<void>} Resolves with {@link settle}.
   */
  add(start, delay) {
    return new Promise((resolve) => {
      this.#calls.push({ resolve, timer: setTimeout(start, delay) });
    });
  }

  /** The connection is closed. */
  settle() {
    for (const { resolve, timer } of this.#calls.splice(0)) {
      clearTimeout(timer);
      resolve();
    }
  }
}

module.exports = { Closing };
