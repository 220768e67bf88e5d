// @ts-check
'use strict';

/**
 * What becomes of an answer that fails inside a handler, on the server and in the client: it throws, so
 * that the handler can catch the error, and what no handler catches is reported. For that the promises of
 * async handlers are watched, but only those of messages whose answer has failed: watching a promise
 * handles its rejection, and that is for the application to do.
 */

const LineError = require('./line-error.js');

/** The code on both ends, in their `ErrorCode.MESSAGE_NOT_RESPONDED`. */
const NOT_RESPONDED = 'cMessageNotResponded';

/**
 * Tells the application of an answer that failed where no handler catches the error.
 * @typedef {(error: any) => void} Report
 */

/**
 * Errors that were thrown into handlers, with what to do when no handler catches them; undefined once that was done.
 * @type {WeakMap<any, Report | undefined>}
 */
const thrown = new WeakMap();

/** @type {WeakSet<Promise<any>>} */
const watched = new WeakSet();

/**
 * Notes an error that is thrown into a handler.
 * @param {Error} error
 * @param {Report} report
 */
function noteThrown(error, report) {
  thrown.set(error, report);
}

/**
 * Reports an error that no handler has caught, if it was noted.
 * @param {any} error
 * @returns {boolean} Whether it was.
 */
function reportUncaught(error) {
  if (!thrown.has(error)) return false;
  const report = thrown.get(error);
  // Several handlers may have rejected with it.
  thrown.set(error, undefined);
  report?.(error);
  return true;
}

/**
 * The promises among what handlers have returned, of any realm. Not any thenable: to call `then` of a
 * query, say, is to run it.
 * @param {any[] | false | undefined} results
 * @returns {Promise<any>[]}
 */
function promisesAmong(results) {
  return (results || []).filter((value) => Object.prototype.toString.call(value) === '[object Promise]');
}

/**
 * Reports the noted errors that async handlers reject with.
 * @param {any[] | false | undefined} results What the handlers returned.
 * @param {Report} report
 */
function watchHandlers(results, report) {
  for (const promise of promisesAmong(results)) {
    if (watched.has(promise)) continue;
    watched.add(promise);
    promise.then(undefined, (reason) => {
      if (reportUncaught(reason)) return;
      // Whether the application handles its own error elsewhere cannot be told. Thrown again, it might
      // end the process because of what a peer has sent.
      report(new LineError(NOT_RESPONDED, 'A handler failed after its answer had failed', reason));
    });
  }
}

module.exports = { noteThrown, reportUncaught, promisesAmong, watchHandlers };
