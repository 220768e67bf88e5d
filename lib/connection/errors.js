// @ts-check
'use strict';

/** The errors of a connection. */

const LineError = require('../../common/line-error.js');
const { textOf } = require('../binding/batch.js');
const { ConnectionErrorCode: ErrorCode } = require('../enums.js');
const { brief } = require('../../common/failure.js');
const { reasonOf, receivedError } = require('../../common/json.js');
const { unwritable } = require('../shown.js');

/** @typedef {import('./message.js').Message} Message */

/** Most characters of an info: those of others, which are listed with it, must have room in a string. */
const LONGEST_INFO = 2 ** 28;

/** @param {unknown} id */
function handshakeEnded(id) {
  const text = `The handshake has ended: the id "${String(id)}" cannot be changed any more`;
  return new LineError(ErrorCode.HANDSHAKE_ENDED, text);
}

/** @param {unknown} id */
function idConflict(id) {
  return new LineError(ErrorCode.ID_CONFLICT, `The id "${String(id)}" belongs to another connection`);
}

function notConnected() {
  return new LineError(ErrorCode.DISCONNECTED, 'The message was not sent: the client is not connected');
}

function notOpen() {
  return new LineError(ErrorCode.DISCONNECTED, 'The message was not sent: the connection is not open');
}

function closed() {
  return new LineError(ErrorCode.DISCONNECTED, 'The connection was closed');
}

/**
 * The promise of a `sendWithoutResponse` that has failed. Who does not await it need not handle that the client has gone: no
 * client must end the process by going. A payload that is not JSON is the application's mistake, and an unhandled rejection.
 * @param {LineError} error
 * @returns {Promise<void>}
 */
function rejected(error) {
  /** @type {Promise<void>} */
  const promise = Promise.reject(error);
  if (error.code !== ErrorCode.INVALID_JSON) markHandled(promise);
  return promise;
}

/** @param {Promise<void>} promise May reject without being an unhandled rejection. */
function markHandled(promise) {
  promise.catch(() => {});
}

/** @param {number} most Sends that may wait. */
function tooManySends(most) {
  const text = `The message was not sent: ${most} others are waiting for the client's answer`;
  return new LineError(ErrorCode.TOO_MANY_SENDS, text);
}

/**
 * An error that a peer, or its silence, has brought about. Frames of its stack would show this package alone, and cost
 * more time than all else that is done when a send expires; a peer may have thousands expire.
 * @param {string} code
 * @param {string} text
 * @param {unknown} [payload]
 */
function withoutFrames(code, text, payload) {
  const { stackTraceLimit } = Error;
  // Not an assignment: that would throw where the application has frozen `Error`.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = new LineError(code, text, payload);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  error.stack = `LineError: ${text}`;
  return error;
}

/** @param {number} timeout */
function notAnswered(timeout) {
  return withoutFrames(ErrorCode.MESSAGE_TIMEOUT, `The client did not answer within ${timeout} ms`);
}

/** @param {unknown} error As it was received. */
function rejectedByClient(error) {
  const text = 'The client rejected the message; its error is the payload of this error';
  return withoutFrames(ErrorCode.MESSAGE_REJECTED, text, receivedError(error));
}

/** @param {unknown} cause */
function pingFailed(cause) {
  const text = 'The client did not answer a ping and is being disconnected';
  return new LineError(ErrorCode.PING_ERROR, text, cause);
}

/**
 * @param {Message} message
 * @param {unknown} cause
 */
function invalidPayload(message, cause) {
  return new LineError(ErrorCode.INVALID_JSON, unwritable(message.name, cause));
}

/**
 * @param {unknown} info
 * @returns {string | undefined} Its JSON text.
 * @throws {LineError} `scInvalidJson`
 */
function infoJson(info) {
  try {
    const text = JSON.stringify(info);
    if (text?.length > LONGEST_INFO) throw new RangeError(`it may have at most ${LONGEST_INFO} characters`);
    return text;
  } catch (cause) {
    const text = `The info of a connection cannot be written as JSON: ${reasonOf(cause)}`;
    throw new LineError(ErrorCode.INVALID_JSON, text);
  }
}

/**
 * @param {Message} message
 * @param {unknown} cause
 */
function notResponded(message, cause) {
  const text = `The answer to "${brief(message.name)}" (id ${brief(message.id)}) could not be sent`;
  return new LineError(ErrorCode.MESSAGE_NOT_RESPONDED, text, cause);
}

/** @param {import('../binding/batch.js').RawText} received */
function noEnvelope(received) {
  const text = 'A message from the client is not an envelope in JSON; its text is the payload of this error';
  if (typeof received === 'string') return withoutFrames(ErrorCode.INVALID_JSON, text, received);
  const error = withoutFrames(ErrorCode.INVALID_JSON, text);
  // Without effect on an error that the application has frozen.
  const define = (/** @type {PropertyDescriptor} */ how) => Reflect.defineProperty(error, 'payload', { ...how, enumerable: true, configurable: true });
  /** @type {string | undefined} */
  let made;
  // It is large: a string of it is made when it is first asked for.
  define({
    get() {
      made ??= textOf(received);
      define({ value: made, writable: true });
      return made;
    },
    set: (value) => define({ value, writable: true }),
  });
  return error;
}

/**
 * @param {number} code Close code.
 * @param {string} why
 */
function violated(code, why) {
  const text = `The client violated the WebSocket protocol and is disconnected with ${code}: ${why}`;
  return new LineError(ErrorCode.WEBSOCKET_ERROR, text, { code });
}

module.exports = {
  handshakeEnded,
  idConflict,
  notConnected,
  notOpen,
  closed,
  tooManySends,
  notAnswered,
  rejectedByClient,
  pingFailed,
  invalidPayload,
  infoJson,
  notResponded,
  noEnvelope,
  violated,
  rejected,
  markHandled,
};
