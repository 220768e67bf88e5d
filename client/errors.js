// @ts-check
'use strict';

const LineError = require('../common/line-error.js');
const { ErrorCode } = require('./enums.js');
const { throwLater } = require('./timers.js');

/**
 * Calls a function whose failure is to be reported with a code.
 * @template T
 * @param {string} code
 * @param {string} text
 * @param {() => T} call
 * @returns {T}
 * @throws {LineError} With that code; what was thrown is its `payload`.
 */
function attempt(code, text, call) {
  try {
    return call();
  } catch (cause) {
    throw new LineError(code, `${text}: ${/** @type {any} */ (cause)?.message}`, cause);
  }
}

/**
 * Calls a function that runs the application's listeners. What they throw reaches the top of the
 * program, as from any event, but does not stop what the client itself does next.
 * @param {() => void} call
 */
function guard(call) {
  try {
    call();
  } catch (error) {
    throwLater(error);
  }
}

/** @param {any} [payload] */
const disconnected = (payload) => new LineError(ErrorCode.DISCONNECTED, 'No connection', payload);

module.exports = { attempt, guard, disconnected };
