// @ts-check
'use strict';

/**
 * Answers that fail inside a handler, on the server and in the client. A failed answer throws, so that the
 * handler can catch the error; an error that no handler catches is reported. To find those, the promises of
 * async handlers are watched. Watching a promise handles its rejection, which is up to the application. So
 * handlers are watched only when the answer to their message has failed.
 */

const { failure, text } = require('./failure.js');
const { kindOf } = require('./kind-of.js');
const { succeeds } = require('./succeeds.js');

/** The code on both ends, in their `ErrorCode.MESSAGE_NOT_RESPONDED`. */
const NOT_RESPONDED = 'cMessageNotResponded';

/**
 * Tells the application of an answer that failed where no handler catches the error.
 * @typedef {(error: any) => void} Report
 */

/**
 * Errors that were thrown into handlers, each with the report for when no handler catches it; undefined once reported.
 * @type {WeakMap<any, Report | undefined>}
 */
const thrown = new WeakMap();

/** @type {WeakSet<Promise<any>>} */
const watched = new WeakSet();

/**
 * Reports an error that no handler has caught, if it was noted.
 * @param {any} error
 * @returns {boolean} Whether it was noted.
 */
function reportUncaught(error) {
  const isNoted = thrown.has(error);
  const report = thrown.get(error);
  // Several handlers may have rejected with it.
  if (isNoted) thrown.set(error, undefined);
  report?.(error);
  return isNoted;
}

/**
 * The promises among the results of handlers, of any realm. Other thenables are left out: calling `then` can
 * have an effect, such as running a database query.
 * @param {any[] | false | undefined} results
 * @returns {Promise<any>[]}
 */
function promisesAmong(results) {
  /** @type {Promise<any>[]} */
  const promises = [];
  for (const value of results || []) {
    // Some values throw when they are asked what they are, such as a revoked proxy.
    succeeds(() => kindOf(value) === 'Promise' && promises.push(value));
  }
  return promises;
}

/**
 * Reports the noted errors that async handlers reject with.
 * @param {any[] | false | undefined} results What the handlers returned.
 * @param {Report} report
 */
function watchHandlers(results, report) {
  promisesAmong(results).forEach((promise) => {
    if (watched.has(promise)) return;
    watched.add(promise);
    const onRejected = (/** @type {unknown} */ reason) => {
      if (reportUncaught(reason)) return;
      // The application may handle its own error elsewhere. Throwing it again could let a peer end the process.
      report(failure(NOT_RESPONDED, reason, text`A handler failed after its answer had failed`));
    };
    // What says that it is a promise may be none, or have another `then`.
    succeeds(() => promise.then(undefined, onRejected));
  });
}

module.exports = { thrown, reportUncaught, promisesAmong, watchHandlers };
