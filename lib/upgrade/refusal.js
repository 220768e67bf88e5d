// @ts-check
'use strict';

/**
 * Refusals of upgrades on sockets that Node has handed over. Node removes its listeners from such a socket before it
 * emits `upgrade`. An error of the socket, such as a reset by the peer, then ends the process unless it is listened for.
 */

const { finished } = require('node:stream');
const { inspect } = require('node:util');

const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');

/** @typedef {import('node:stream').Duplex} Duplex */

// facts: refusal-time
/** Time a refused peer has to read its answer and to close, in ms. */
const REFUSAL_TIME = 5000;
// /facts

// facts: unavailable
/** The header lines of status 503, beside those of every refusal. */
const UNAVAILABLE = Object.freeze({ contentType: 'Content-type: text/html', retryAfter: 'Retry-After: 10' });
// /facts

/** Statuses of refusals: those that end a request and that HTTP defines (RFC 9110 section 15). */
const LEAST_STATUS = 300;
const MOST_STATUS = 599;

/** Characters of a value that errors show. */
const MOST_SHOWN = 200;

/** Marks streams whose errors are listened for, by another copy of this package as well. */
const GUARDED = Symbol.for('line-socket-native.guarded');

/** An error of the peer needs no report: the stream closes, and its user sees that. */
function ignore() {}

/**
 * Keeps errors of a stream from ending the process, from now on.
 * @param {Duplex} stream
 */
function guard(stream) {
  if (GUARDED in stream) return;
  Object.defineProperty(stream, GUARDED, { value: true });
  stream.on('error', ignore);
}

/** The listener that Node 20 and later have for errors of a TLS socket, and Node 18 and Bun have not. */
const NODES_LISTENER = 'onSocketTLSError';

/**
 * Whether there is a listener of a stream's errors besides ours and Node's own.
 * @param {Duplex} stream
 */
function isHeardByOthers(stream) {
  const others = stream.listeners('error').filter(({ name }) => name !== NODES_LISTENER);
  return others.length > (GUARDED in stream ? 1 : 0);
}

/**
 * Closes a stream when both sides have ended it, or after {@link REFUSAL_TIME}. Without the time limit it could stay for
 * ever: Node's TLS loses the error of a write of its own to a peer that has reset the connection, and all later writes wait.
 * @param {Duplex} stream
 */
function closeInTime(stream) {
  const timer = setTimer(() => stream.destroy(), REFUSAL_TIME);
  finished(stream, () => {
    clearTimeout(timer);
    stream.destroy();
  });
}

/**
 * Answers an upgrade with a refusal and closes its stream: when the peer has read the answer and closed, or
 * after {@link REFUSAL_TIME}. A stream that has been ended before, as Node ends one of TLS whose peer has, gets no answer.
 * @param {Duplex} stream
 * @param {string} response
 */
function answer(stream, response) {
  guard(stream);
  if (stream.destroyed) return;
  closeInTime(stream);
  if (!stream.writable) return;
  stream.end(response);
  // Closing with unread bytes would reset the connection, and the answer could be lost.
  stream.resume();
}

/**
 * A whole response.
 * @param {number} status
 * @param {string} contentType A header line.
 * @param {string} [message] The body; by default the status's reason phrase.
 * @param {string[]} [more] Header lines.
 */
function responseOf(status, contentType, message, more = []) {
  const { STATUS_CODES } = require('node:http');
  const reason = STATUS_CODES[status] ?? 'Unknown';
  const body = message || reason;
  return [
    `HTTP/1.1 ${status} ${reason}`,
    'Connection: close',
    contentType,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...more,
    '',
    body,
  ].join('\r\n');
}

/**
 * Refuses an upgrade that comes while the server does not run, as the core refuses upgrades that it cannot serve now.
 * @param {Duplex} stream
 */
function refuseUnavailable(stream) {
  answer(stream, responseOf(503, UNAVAILABLE.contentType, undefined, [UNAVAILABLE.retryAfter]));
}

/**
 * Refuses an upgrade by hand; see `Server.refuseUpgrade` in `index.d.ts`.
 * @param {Duplex} socket
 * @param {number} [status]
 * @param {string} [message]
 * @throws {LineError} `sInvalidAction`
 */
function refuseUpgrade(socket, status = 404, message = undefined) {
  const problem = statusProblem(status) ?? messageProblem(message);
  if (problem) throw new LineError(ServerErrorCode.INVALID_ACTION, `refuseUpgrade: ${problem}`);
  refuse(socket, status, message);
}

/**
 * @param {Duplex} stream
 * @param {number} status
 * @param {string} [message]
 */
function refuse(stream, status, message) {
  answer(stream, responseOf(status, 'Content-Type: text/plain; charset=utf-8', message));
}

/**
 * Why a status cannot be that of a refusal; undefined when it can.
 * @param {unknown} status
 * @returns {string | undefined}
 */
function statusProblem(status) {
  const number = /** @type {number} */ (status);
  if (Number.isInteger(status) && number >= LEAST_STATUS && number <= MOST_STATUS) return undefined;
  return `the status must be an integer from ${LEAST_STATUS} to ${MOST_STATUS}; got ${show(status)}`;
}

/**
 * Why something cannot be the text of a refusal; undefined when it can.
 * @param {unknown} message
 * @returns {string | undefined}
 */
function messageProblem(message) {
  if (message === undefined || message === null || typeof message === 'string') return undefined;
  return `the message must be a string; got ${show(message)}`;
}

/**
 * A value as errors show it. The value may come from a peer: none of its functions are called.
 * @param {unknown} value
 */
function show(value) {
  try {
    const text = inspect(value, { depth: 1, customInspect: false, maxArrayLength: 10, maxStringLength: 100, breakLength: Infinity });
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  } catch {
    // For example an error whose `stack` is not a string.
    return typeof value;
  }
}

module.exports = { guard, isHeardByOthers, refuse, refuseUpgrade, refuseUnavailable, statusProblem, messageProblem, show };
