// @ts-check
'use strict';

const { after } = require('./timers.js');

/** @typedef {Required<NonNullable<import('../types/client').ClientOptions['reconnectOptions']>>} ReconnectOptions */

/**
 * When to connect again.
 * @param {ReconnectOptions} options
 * @param {() => void} connect
 */
function reconnection(options, connect) {
  /** @type {any} Runs while the next attempt is awaited. */
  let timer;
  /** Attempts since the last success. */
  let attempt = 0;

  /** Awaits no attempt any more. */
  const pause = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  /** Makes the attempt that is awaited, if there is one. */
  const now = () => {
    if (!timer) return;
    pause();
    attempt += 1;
    connect();
  };
  return {
    pause,
    now,
    /** Awaits the next attempt. */
    schedule() {
      pause();
      timer = after(now, backoff(options, attempt));
    },
    /** Begins anew: connected, or to remain disconnected. */
    reset() {
      pause();
      attempt = 0;
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
