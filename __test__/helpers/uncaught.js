// @ts-check
'use strict';

/** The process events that end a Node process when nobody listens. */
const FATAL = /** @type {const} */ (['uncaughtException', 'unhandledRejection']);

/**
 * Runs `body` while collecting what would have ended the process; the first such error ends the
 * wait for `body`, whose promises it may have left hanging. The test runner's own listeners are
 * set aside meanwhile: they would fail whichever test happens to run.
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
  // Nobody may be waiting any more when it comes.
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
    // Rejections nobody handles are announced after the microtasks of this turn.
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
