// @ts-check
'use strict';

const { after, now: time } = require('./timers.js');

/** @typedef {Required<NonNullable<import('../types/client').ClientOptions['reconnectOptions']>>} ReconnectOptions */

/**
 * When to connect again.
 * @param {ReconnectOptions} options
 * @param {() => void} connect
 */
function reconnection(options, connect) {
  /** @type {(() => void) | undefined} Ends the wait for the next attempt. */
  let stop;
  /** Attempts since the last success. */
  let attempt = 0;
  /** When the present connection began, in ms. */
  let connectedAt = Infinity;

  /** Awaits no attempt any more. */
  const pause = () => {
    stop?.();
    stop = undefined;
  };
  /** Makes the attempt that is awaited, if there is one. */
  const attemptNow = () => {
    if (!stop) return;
    pause();
    attempt += 1;
    connect();
  };
  /** Begins anew: to remain disconnected, or disconnected by the application. */
  const reset = () => {
    pause();
    attempt = 0;
  };
  return {
    pause,
    attemptNow,
    reset,
    /** Awaits the next attempt. */
    schedule() {
      pause();
      const delay = backoff(options, attempt);
      // 0 would be never.
      stop = after(attemptNow, delay === 0 ? 1 : delay);
    },
    connected() {
      connectedAt = time();
    },
    /** A server that ends each connection at once must not set the pace. */
    disconnected() {
      if (time() - connectedAt >= options.minUptime) reset();
      connectedAt = Infinity;
    },
  };
}

/**
 * How long to wait before the next attempt.
 *
 * As in the original the delay grows by `multiply` times `initialDelay` an attempt, and a random part
 * of it is added. With `fullJitter` it is drawn evenly between 0 and a delay that grows exponentially:
 * clients that a restart has disconnected together come back apart.
 * @param {ReconnectOptions} options
 * @param {number} attempt Attempts since the last success.
 * @returns {number} ms
 */
function backoff({ initialDelay, multiply, maxDelay, randomness, fullJitter }, attempt) {
  const factor = fullJitter ? multiply ** attempt : Math.max(multiply * attempt, 1);
  const delay = Math.min(initialDelay * factor, maxDelay);
  const random = Math.random() * delay;
  return Math.round(fullJitter ? random : delay + random * randomness);
}

module.exports = { reconnection, backoff };
