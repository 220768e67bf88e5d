// @ts-check
'use strict';

const { ignore, terminate } = require('./leaving.js');
const { throwLater } = require('../runtime/debug.js');
const { LongTimer } = require('../runtime/long-timer.js');
const { kNative, kSlot } = require('../symbols.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */

/**
 * The delay before a connection is closed, in ms, read as Node's timers do: no value and negative values mean
 * at once, and strings of digits are numbers. Unlike with Node's timers, long delays are not shortened.
 * @param {unknown} delay
 * @returns {number} `NaN` when it is not a time.
 */
function delayOf(delay) {
  if (delay === undefined || delay === null) return 0;
  const isScalar = ['number', 'string', 'bigint', 'boolean'].includes(typeof delay);
  return isScalar ? Math.max(0, Number(delay)) : NaN;
}

/** Calls of `close` on one connection: each waits for the same end. */
class Closing {
  #connection;
  /** @type {{resolve: () => void, timer: LongTimer}[]} */
  #calls = [];

  /** @param {ServerConnection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {number} delay Milliseconds to wait before the close frame is sent; `Infinity` waits until the
   *   connection ends by other means. Even without a delay, messages sent right after the call still go out,
   *   as with the original. The client is served during a delay; without one it is not served after the call.
   * @returns {Promise<void>} Resolves with {@link settle}.
   */
  add(code, reason, delay) {
    if (delay === 0) ignore(this.#connection);
    return new Promise((resolve) => {
      this.#calls.push({ resolve, timer: new LongTimer(() => this.#start(code, reason), delay) });
    });
  }

  /**
   * Begins the closing handshake.
   * @param {number} code
   * @param {string} reason
   */
  #start(code, reason) {
    const { server, [kSlot]: slot } = this.#connection;
    try {
      server[kNative].close(slot, code, reason);
    } catch (error) {
      throwLater(error);
      // Its end is what all calls wait for.
      terminate(this.#connection);
      return;
    }
    ignore(this.#connection);
  }

  /** Called when the connection is closed. */
  settle() {
    for (const { resolve, timer } of this.#calls.splice(0)) {
      timer.cancel();
      resolve();
    }
  }
}

module.exports = { Closing, delayOf };
