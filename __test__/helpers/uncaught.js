// @ts-check
'use strict';

/** The process events that end a Node process when they have no listener. */
const FATAL = /** @type {const} */ (['uncaughtException', 'unhandledRejection']);

/**
 * Runs `body` and collects the errors that would have ended the process. The first such error ends the wait for
 * `body`, whose promises may never settle after it. The listeners of the test runner are removed meanwhile: they
 * would fail the test that happens to run.
 *
 * @template T
 * @param {() => Promise<T>} body
 * @returns {Promise<{value?: T, error?: unknown, fatal: any[]}>} `fatal`: the errors, in order
 */
async function collectFatal(body) {
  /** @type {any[]} */
  const fatal = [];
  /** @type {(error: unknown) => void} */
  let stop = () => {};
  const stopped = new Promise((_, reject) => (stop = reject));
  // It may come when nothing waits for it any more.
  stopped.catch(() => {});
  const keep = (/** @type {unknown} */ error) => {
    fatal.push(error);
    stop(error);
  };
  const aside = FATAL.map((event) => process.rawListeners(event));
  for (const event of FATAL) {
    process.removeAllListeners(event);
    process.on(/** @type {any} */ (event), keep);
  }
  try {
    const value = await Promise.race([body(), stopped]);
    // Unhandled rejections are reported after the microtasks of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { value, fatal };
  } catch (error) {
    return { error, fatal };
  } finally {
    FATAL.forEach((event, index) => {
      process.removeAllListeners(event);
      for (const listener of aside[index]) process.on(/** @type {any} */ (event), /** @type {any} */ (listener));
    });
  }
}

module.exports = { collectFatal };
