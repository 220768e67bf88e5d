// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { giveUp } = require('./leaving.js');
const { optionsOf, invalid } = require('../rooms/target-options.js');
const { connectionId } = require('../rooms/names.js');
const { succeeds } = require('../../common/succeeds.js');
const { ConnectionErrorCode: ErrorCode, ConnectionState: State } = require('../enums.js');
const { TAKEN_OVER } = require('../close-codes.js');
const { kInbox, kIsGivenUp, kLink, kLog, kNative, kReserveId } = require('../symbols.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */

const OPTIONS = Object.freeze(['conflict']);
const CONFLICTS = Object.freeze(['reject', 'takeover']);

/**
 * Gives a connection an id that it is going to claim on all servers, if need be by taking it from the connection here that
 * has it: that one counts as gone at once, and is closed.
 * @param {ServerConnection} connection
 * @param {any} id
 * @param {{conflict?: 'reject' | 'takeover'}} [options]
 * @returns {'reject' | 'takeover'} What is done when another connection has the id.
 * @throws {LineError} `scHandshakeEnded`, `scIdConflict` or `sInvalidOptions`.
 */
function setId(connection, id, options) {
  const { conflict = 'reject' } = optionsOf(options, OPTIONS);
  if (!CONFLICTS.includes(conflict)) throw invalid('conflict', "must be 'reject' or 'takeover'", conflict);
  const { server } = connection;
  const link = server[kLink];
  try {
    connection[kReserveId](id, link);
  } catch (error) {
    const isTaken = error instanceof LineError && error.code === ErrorCode.ID_CONFLICT;
    const slot = isTaken && conflict === 'takeover' ? server[kNative].holderOf(connectionId(id)) : -1;
    const holder = slot < 0 ? undefined : server[kInbox].connections[slot];
    if (holder === undefined) throw error;
    holder[kLog]?.('its id is taken over');
    giveUp(holder);
    holder.close(TAKEN_OVER, 'Taken over');
    connection[kReserveId](id, link);
  }
  return conflict;
}

/**
 * Gives a connection the id back that it had before one which belongs to another server's connection. Where yet another has
 * taken the earlier id meanwhile, it gets one that nobody has.
 * @param {ServerConnection} connection
 * @param {any} id The earlier one.
 */
function restoreId(connection, id) {
  if (connection.state !== State.AWAITING_HANDSHAKE || connection[kIsGivenUp]) return;
  const ids = [() => id, () => require('node:crypto').randomUUID()];
  ids.some((each) => succeeds(() => connection.setId(each())));
}

module.exports = { restoreId, setId };
