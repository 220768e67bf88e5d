// @ts-check
'use strict';

/** Time that a test waits for an expected event, in ms: long, for busy machines. `LINE_PATIENCE` makes it longer. */
const PATIENCE = Number(process.env.LINE_PATIENCE ?? 10000);

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Rejects when `promise` has not settled in time.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what named in the error
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
function within(promise, what, ms = PATIENCE) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Polls until `condition` holds.
 *
 * @param {() => unknown} condition may return a promise
 * @param {string} what named in the error
 * @param {number} [ms]
 */
async function until(condition, what, ms = PATIENCE) {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not ${what} within ${ms} ms`);
    await delay(2);
  }
}

module.exports = { PATIENCE, delay, within, until };
