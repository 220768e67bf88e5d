// @ts-check
'use strict';

/** Turns observations of a case into plain values that can be compared, without their random parts. */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * An error as a plain object: a library error by its code and payload (its message is for people,
 * and worded anew by each implementation), any other by name, message and own enumerable properties.
 *
 * @param {any} error
 * @returns {any}
 */
function describeError(error) {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  if (name !== 'LineError') return { name, message, ...error };
  const { code, payload } = /** @type {any} */ (error);
  return payload === undefined ? { code } : { code, payload: describeError(payload) };
}

/**
 * What a promise settled to.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<{resolved: any} | {rejected: any}>}
 */
function outcome(promise) {
  return promise.then(
    (value) => ({ resolved: value }),
    (error) => ({ rejected: describeError(error) })
  );
}

/**
 * What a function returned or threw.
 *
 * @param {() => unknown} body
 * @returns {{returned: any} | {thrown: any}}
 */
function attempt(body) {
  try {
    return { returned: body() };
  } catch (error) {
    return { thrown: describeError(error) };
  }
}

/**
 * A wire text with connection ids and the ids of the server's own requests replaced by `<id>`.
 *
 * @param {string} text
 */
function normalise(text) {
  return text.replace(UUID, '<id>');
}

/**
 * The text of a message the server sent with an id of its own making.
 *
 * @param {{text: string, message: any}} received
 */
function anonymous({ text, message }) {
  return text.replace(`"i":${JSON.stringify(message.i)}`, '"i":"<id>"');
}

module.exports = { describeError, outcome, attempt, normalise, anonymous };
