// @ts-check
'use strict';

/**
 * Timers by the timeouts of sockets, which nothing replaces. They are for programs in which `node:test` had replaced all
 * others before the package was loaded.
 */

// Bundles of the client as an ES module have no `require`.
const { Socket } = /** @type {any} */ (process).getBuiltinModule?.('node:net') ?? require('node:net');

/** A timeout of 0 would be none. */
const SHORTEST = 1;

/** Does nothing: for a Node whose sockets keep their timer elsewhere. Then no wait keeps the process alive. */
const NO_TIMER = { ref() {}, unref() {} };

/**
 * The timer of Node behind the timeout of a socket, which by itself does not keep the process alive.
 * @param {any} socket
 * @returns {{ref(): void, unref(): void}}
 */
function timerOf(socket) {
  const values = Object.getOwnPropertySymbols(socket).map((symbol) => socket[symbol]);
  return values.find((value) => typeof value?.refresh === 'function' && typeof value.unref === 'function') ?? NO_TIMER;
}

/** A timer, as far as this package uses those of Node. */
class SocketTimer {
  /** @type {any} */
  #socket = new Socket();
  #isIdle = false;

  /**
   * @param {() => void} run
   * @param {number} delay Milliseconds.
   * @param {boolean} repeats
   */
  constructor(run, delay, repeats) {
    this.#socket.on('timeout', () => {
      // Before the call, which may end it.
      if (repeats) this.#wait(delay);
      else this.clear();
      run();
    });
    this.#wait(delay);
  }

  /** @param {number} delay */
  #wait(delay) {
    this.#socket.setTimeout(Math.max(delay, SHORTEST));
    if (!this.#isIdle) timerOf(this.#socket).ref();
  }

  /** Has it not keep the process alive. */
  unref() {
    this.#isIdle = true;
    timerOf(this.#socket).unref();
    return this;
  }

  clear() {
    this.#socket.setTimeout(0);
    this.#socket.removeAllListeners('timeout');
  }
}

/**
 * @param {() => void} run
 * @param {number} delay Milliseconds.
 * @returns {any} For {@link clearSocketTimer}; it has the `unref` of a timer.
 */
const setSocketTimeout = (run, delay) => new SocketTimer(run, delay, false);

/**
 * @param {() => void} run
 * @param {number} delay Milliseconds.
 * @returns {any} As of {@link setSocketTimeout}.
 */
const setSocketInterval = (run, delay) => new SocketTimer(run, delay, true);

/** @param {any} timer */
const clearSocketTimer = (timer) => timer?.clear();

module.exports = { setSocketTimeout, setSocketInterval, clearSocketTimer };
