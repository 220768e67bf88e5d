// @ts-check
'use strict';

/** Names of rooms and of messages between servers, and ids of connections, as applications give them. */

const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { shown } = require('../shown.js');

/**
 * @param {unknown} value As with the original it may be anything that JavaScript can write as a string.
 * @param {string} what What it stands for.
 * @returns {string}
 * @throws {LineError} `sInvalidOptions` for an object without `toString`, and for one whose `toString` throws.
 */
function textFor(value, what) {
  try {
    return String(value);
  } catch (cause) {
    const text = `${what} must be a string, or what can be written as one; got ${shown(value)}`;
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, text, cause);
  }
}

/** @param {unknown} name */
const roomName = (name) => textFor(name, 'The name of a room');

/** @param {unknown} name */
const messageName = (name) => textFor(name, 'The name of a message');

/** @param {unknown} id */
const connectionId = (id) => textFor(id, 'The id of a connection');

/**
 * An id that a connection is to have. Its client is told it as JSON; others find the connection by the text of it.
 * @param {unknown} id
 * @returns {string} That text.
 * @throws {LineError} `sInvalidOptions` for what has no text, and for what JSON cannot write, such as a BigInt.
 */
function newConnectionId(id) {
  const text = connectionId(id);
  if (typeof id === 'string') return text;
  try {
    JSON.stringify(id);
  } catch (cause) {
    const got = typeof id === 'bigint' ? `the BigInt ${text}` : shown(id);
    const why = 'goes to its client as JSON, which cannot write this value: give a string, as by String(value)';
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `The id of a connection ${why}; got ${got}`, cause);
  }
  return text;
}

module.exports = { connectionId, messageName, newConnectionId, roomName };
