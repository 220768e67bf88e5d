// @ts-check
'use strict';

/** What applications read and are told of rooms with history. The core keeps it. */

const LineError = require('../../common/line-error.js');
const errors = require('../connection/errors.js');
const { ServerErrorCode } = require('../enums.js');
const { kNative } = require('../symbols.js');
const { slotOf } = require('./room.js');
const { optionsOf } = require('./target-options.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */

/** The most messages that the core can be asked for. */
const MAX = 0xffffffff;

const JOIN = Object.freeze(['rewind']);
const READ = Object.freeze(['since', 'limit']);

/**
 * @param {string} name Of the option.
 * @param {unknown} value
 * @param {number} standard What holds when it is not given.
 * @returns {number}
 * @throws {LineError} `sInvalidOptions`
 */
function countOf(name, value, standard) {
  if (value === undefined || value === null) return standard;
  const isCount = Number.isInteger(value) && Number(value) >= 0;
  if (!isCount) {
    const shown = typeof value === 'object' ? 'an object' : String(value);
    const text = `"options.${name}" must be a positive integer or zero, in messages; got ${shown}`;
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, text);
  }
  return Math.min(Number(value), MAX);
}

/**
 * Adds a connection to a room, and sends it what it has missed.
 * @param {ServerConnection} connection
 * @param {string} room
 * @param {{rewind?: number}} [options]
 * @returns {Promise<import('../../index.d.ts').JoinResult>}
 */
async function joinAndTell(connection, room, options) {
  const rewind = countOf('rewind', optionsOf(options, JOIN).rewind, 0);
  const { server } = connection;
  const slot = slotOf(server, connection);
  const joined = slot === undefined ? null : server[kNative].core.joinAndTell(slot, String(room), rewind);
  if (joined === null) throw errors.closed();
  return joined;
}

/**
 * Reads kept messages of a room.
 * @param {Server} server
 * @param {string} room
 * @param {{since?: string, limit?: number}} [options]
 * @returns {Promise<import('../../index.d.ts').History>}
 */
async function readHistory(server, room, options) {
  const { since, limit } = optionsOf(options, READ);
  if (since !== undefined && since !== null && typeof since !== 'string') {
    const shown = typeof since === 'object' ? 'an object' : String(since);
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `"options.since" must be a position, a string; got ${shown}`);
  }
  const reading = server[kNative].core.readHistory(room, since, countOf('limit', limit, MAX));
  if (reading === null) {
    const text = `The room "${room}" has no history: give it one with the option "history"`;
    throw new LineError(ServerErrorCode.INVALID_ACTION, text);
  }
  const { position, complete } = reading;
  const messages = reading.messages.map((text) => {
    const { n, p, o } = JSON.parse(text);
    return { name: n, payload: p, position: o };
  });
  return { messages, position, complete };
}

module.exports = { joinAndTell, readHistory };
