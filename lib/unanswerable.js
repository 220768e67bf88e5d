// @ts-check
'use strict';

const LineError = require('./line-error.js');
const { MessageErrorCode } = require('./enums.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Message} Message */

/**
 * Emits a message without an id. A handler that answers it throws `mMissingId`. Whether there is an id
 * is the peer's choice, so that exception goes to `_error` and not to the top of the process.
 * @param {ServerConnection} connection
 * @param {Message} message
 */
function emitUnanswerable(connection, message) {
  connection.handling_ = message;
  try {
    const results = connection.emit(message.name, message);
    if (results) results.forEach((result) => watchAsync(connection, result));
  } catch (error) {
    if (!isMissingId(error)) throw error;
    connection.onMissingId_(error);
  } finally {
    connection.handling_ = undefined;
  }
}

/**
 * The same for what an async handler throws before its first `await`.
 * @param {ServerConnection} connection
 * @param {any} result
 */
function watchAsync(connection, result) {
  if (typeof result?.then !== 'function') return;
  result.then(undefined, (/** @type {unknown} */ error) => {
    if (isMissingId(error)) connection.onMissingId_(error);
    // Not ours: as if nobody had looked.
    else Promise.reject(error);
  });
}

/**
 * @param {unknown} error
 * @returns {error is LineError}
 */
function isMissingId(error) {
  return error instanceof LineError && error.code === MessageErrorCode.MISSING_ID;
}

module.exports = { emitUnanswerable };
