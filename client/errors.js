// @ts-check
'use strict';

const { failure, text } = require('../common/failure.js');
const { isString } = require('../common/kind-of.js');
const { ErrorCode } = require('./enums.js');
const { throwLater } = require('./timers.js');

/**
 * Calls a function whose failure is to be reported with a code.
 * @template T
 * @param {string} code
 * @param {() => T} call
 * @param {string} [what] Could not be done.
 * @returns {T}
 * @throws {LineError} With that code; what was thrown is its `payload`.
 */
function attempt(code, call, what) {
  try {
    return call();
  } catch (cause) {
    throw failure(code, cause, text`${what}: ${/** @type {any} */ (cause)?.message}`);
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

/** @param {string} [why] There is none, or what to do. */
const disconnected = (why) => failure(ErrorCode.DISCONNECTED, undefined, text`No connection${why ? `: ${why}` : ''}`);

/** A message cannot be sent, and none may wait. */
const notConnected = () => disconnected(text`call connect() first, or let messages wait with the option "queue"`);

/**
 * What an error of the server, or of the WebSocket, says: to be put behind a text for people.
 * @param {any} error Any value of JSON but null, or an event.
 */
const saying = ({ message }) => (isString(message) && message ? `: ${message}` : '');

module.exports = { attempt, guard, disconnected, notConnected, saying };
