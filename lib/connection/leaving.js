// @ts-check
'use strict';

/** What holds for a client from the moment it is to go until its connection has ended. */

const { ConnectionState: State } = require('../enums.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */

/** What of a client still reaches handlers. Answers to sends count in any case. */
const INTAKE = Object.freeze({
  ALL: 0,
  /** No messages: its connection is closed once the requests that have reached handlers are answered. */
  NO_MESSAGES: 1,
  /** Nothing: the application is done with the client. */
  NONE: 2,
});

/**
 * Lets no further message of the client reach a handler.
 * @param {ServerConnection} connection
 */
function refuseMessages(connection) {
  if (connection.intake_ === INTAKE.ALL) connection.intake_ = INTAKE.NO_MESSAGES;
}

/**
 * The application is done with the client, and nothing more of it reaches a handler: the io thread drops
 * all that it sends but answers, and these too once none is waited for and nothing more can be sent.
 * @param {ServerConnection} connection
 */
function ignore(connection) {
  if (connection.state === State.DISCONNECTED) return;
  connection.intake_ = INTAKE.NONE;
  const { server, slot_: slot, awaitsAnswers_: awaits } = connection;
  server.native_.limitDelivery(slot, awaits || server.native_.isOpen(slot));
}

/**
 * The client is dead, as far as can be told: its id and its place are free, and it is in no room.
 * @param {ServerConnection} connection
 */
function giveUp(connection) {
  // Its slot may be another's by now.
  if (connection.state === State.DISCONNECTED) return;
  connection.isGivenUp_ = true;
  connection.server.native_.giveUp(connection.slot_);
}

/**
 * Ends a connection without a closing handshake. For the application the client is dead.
 * @param {ServerConnection} connection
 */
function terminate(connection) {
  if (connection.state === State.DISCONNECTED) return;
  connection.log_?.('terminated');
  connection.intake_ = INTAKE.NONE;
  connection.isGivenUp_ = true;
  connection.server.native_.terminate(connection.slot_);
}

module.exports = { INTAKE, refuseMessages, ignore, giveUp, terminate };
