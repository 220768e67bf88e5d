// @ts-check
'use strict';

/** Joining rooms with history, and reading what they keep. The core keeps the messages. */

const LineError = require('../../common/line-error.js');
const errors = require('../connection/errors.js');
const { ServerErrorCode } = require('../enums.js');
const { kLink, kNative } = require('../symbols.js');
const { roomName } = require('./names.js');
const { slotOf } = require('./room.js');
const { MAX } = require('../options/rules.js');
const { integerOf, invalid, optionsOf } = require('./target-options.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */

const JOIN = Object.freeze(['rewind']);
const READ = Object.freeze(['since', 'limit']);

/**
 * Adds a connection to a room, and sends it what it has missed.
 * @param {ServerConnection} connection
 * @param {string} room
 * @param {{rewind?: number}} [options]
 * @returns {Promise<import('../../index.d.ts').JoinResult>}
 */
async function joinAndTell(connection, room, options) {
  const rewind = Math.min(integerOf(optionsOf(options, JOIN), 'rewind', 0, 0), MAX);
  const { server } = connection;
  const slot = slotOf(server, connection);
  const link = server[kLink];
  if (link === undefined || slot === undefined) {
    const joined = slot === undefined ? null : server[kNative].core.joinAndTell(slot, roomName(room), rewind);
    if (joined === null) throw errors.closed();
    return joined;
  }
  const joined = await link.join(slot, roomName(room), rewind);
  if (joined === null) throw errors.closed();
  await link.subscribed(String(room));
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
  const known = optionsOf(options, READ);
  const { since } = known;
  if (since !== undefined && since !== null && typeof since !== 'string') {
    throw invalid('since', 'must be a position, a string', since);
  }
  const limit = Math.min(integerOf(known, 'limit', 0, MAX), MAX);
  const reading = (await server[kLink]?.readHistory(room, since, limit)) ?? server[kNative].core.readHistory(room, since, limit);
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
