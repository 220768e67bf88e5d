// @ts-check
'use strict';

/** Checks the options of calls that concern many connections. */

const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { RemoteConnection } = require('./remote-connection.js');
const { slotOf } = require('./room.js');
const { kSlot } = require('../symbols.js');
const { isListOf, isObject, shown } = require('../shown.js');
const { refuseUnknown } = require('../options/unknown-options.js');

/** @typedef {import('../server/server.js').Server} Server */

/** Options of every message to many connections. */
const BROADCAST = Object.freeze(['except', 'exceptRooms', 'local']);

/** What holds when no options are given. */
const NONE = Object.freeze({});

/**
 * @param {string} name Of the option.
 * @param {string} what What it must be.
 * @param {unknown} got
 */
function invalid(name, what, got) {
  return new LineError(ServerErrorCode.INVALID_OPTIONS, `"options.${name}" ${what}; got ${shown(got)}`);
}

/**
 * @param {any} options
 * @param {readonly string[]} known Names of options.
 * @returns {any} The options; {@link NONE} when none are given.
 * @throws {LineError} `sInvalidOptions`, naming the option.
 */
function optionsOf(options, known) {
  if (options === undefined || options === null) return NONE;
  if (!isObject(options)) {
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `The options must be an object; got ${shown(options)}`);
  }
  refuseUnknown('options', options, known);
  return options;
}

/**
 * A count or a time among options.
 * @param {any} options
 * @param {string} name
 * @param {number} least
 * @template {number | undefined} Initial
 * @param {Initial} initial What holds when it is not given.
 * @returns {number | Initial}
 * @throws {LineError} `sInvalidOptions`
 */
function integerOf(options, name, least, initial) {
  const value = options[name];
  if (value === undefined || value === null) return initial;
  if (!Number.isInteger(value) || value < least) throw invalid(name, `must be an integer from ${least} on`, value);
  return value;
}

/**
 * The connections that a message is for, in the form for the native side.
 * @param {Server} server
 * @param {readonly string[] | undefined} rooms
 * @param {any} options As {@link optionsOf} gives them.
 * @returns {import('../binding/native.js').TargetWords}
 * @throws {LineError} `sInvalidOptions`
 */
function wordsOf(server, rooms, options) {
  if (options === NONE) return [rooms, undefined];
  const { except, exceptRooms, local } = options;
  if (local !== undefined && typeof local !== 'boolean') throw invalid('local', 'must be a boolean', local);
  if (exceptRooms !== undefined && !isListOfStrings(exceptRooms)) {
    throw invalid('exceptRooms', 'must be an array of room names', exceptRooms);
  }
  if (except === undefined) return [rooms, undefined, undefined, exceptRooms, local];
  /** @type {number[]} */
  const slots = [];
  /** @type {string[]} */
  const ids = [];
  for (const entry of Array.isArray(except) ? except : [except]) {
    if (typeof entry === 'string') {
      ids.push(entry);
    } else if (entry instanceof RemoteConnection) {
      ids.push(entry.id);
    } else {
      if (typeof entry?.[kSlot] !== 'number') {
        throw invalid('except', 'must be a connection, the id of one, or an array of these', entry);
      }
      const slot = slotOf(server, entry);
      // A connection that has ended gets nothing anyway.
      if (slot !== undefined) slots.push(slot);
    }
  }
  return [rooms, slots, ids, exceptRooms, local];
}

/** @param {unknown} value */
function isListOfStrings(value) {
  return isListOf(value, (name) => typeof name === 'string');
}

module.exports = { BROADCAST, integerOf, invalid, optionsOf, wordsOf };
