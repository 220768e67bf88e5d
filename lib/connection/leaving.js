// @ts-check
'use strict';

/** The states of a client that leaves, until its connection has ended. */

const { ConnectionState: State } = require('../enums.js');
const { kAwaitsAnswers, kInbox, kIntake, kIsGivenUp, kLog, kNative, kSlot } = require('../symbols.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */

/** Which messages of a client still reach handlers. Answers to sends count in any case. */
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
  if (connection[kIntake] === INTAKE.ALL) connection[kIntake] = INTAKE.NO_MESSAGES;
}

/**
 * Called when the application is done with the client. Nothing more of it reaches a handler: the io thread
 * drops everything except answers. Answers are dropped, too, once no send waits and the connection is not open.
 * @param {ServerConnection} connection
 */
function ignore(connection) {
  if (connection.state === State.DISCONNECTED) return;
  connection[kIntake] = INTAKE.NONE;
  const { server, [kSlot]: slot, [kAwaitsAnswers]: awaits } = connection;
  // Without it the messages come up to here, where they are dropped as well.
  server[kInbox].attempt(() => server[kNative].limitDelivery(slot, awaits || server[kNative].isOpen(slot)));
}

/**
 * Treats the client as gone: its id and its place are free, and it is in no room.
 * @param {ServerConnection} connection
 */
function giveUp(connection) {
  // Its slot may be another's by now.
  if (connection.state === State.DISCONNECTED) return;
  connection[kIsGivenUp] = true;
  connection.server[kNative].giveUp(connection[kSlot]);
}

/**
 * Ends a connection without a closing handshake. For the application the client is gone.
 * @param {ServerConnection} connection
 */
function terminate(connection) {
  if (connection.state === State.DISCONNECTED) return;
  connection[kLog]?.('terminated');
  connection[kIntake] = INTAKE.NONE;
  connection[kIsGivenUp] = true;
  connection.server[kNative].terminate(connection[kSlot]);
}

module.exports = { INTAKE, refuseMessages, ignore, giveUp, terminate };
