// @ts-check
'use strict';

const { received, deliver, rawIdOf } = require('./message.js');
const { memberJson } = require('../../common/json.js');
const { ConnectionState, MessageName, ServerEvent } = require('../enums.js');
const closeCodes = require('../close-codes.js');
const reasons = require('../close-reasons.js');
const { INTAKE, ignore, terminate } = require('./leaving.js');
const {
  kAnswersWithoutId,
  kConnect,
  kDeferred,
  kEmitMessage,
  kErrorJson,
  kInbox,
  kIntake,
  kLog,
  kNative,
  kOnAnswerError,
  kOnNotResponded,
  kOnRejected,
  kOnResolved,
  kPayloadJson,
  kSendRejection,
  kSlot,
} = require('../symbols.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Message} Message */
/** @typedef {import('./message.js').Responder} Responder */
/** @typedef {import('../binding/batch.js').RawText} RawText */

/** Time between the answer to a rejected handshake and the close frame, in ms (contract section 1). */
const REJECTION_DELAY = 50;

/**
 * The handshake of one connection, from its message to the `connection` event.
 * @implements {Responder}
 */
class Handshake {
  #connection;
  /** Raw id of the handshake message. */
  #rawId;

  /**
   * @param {ServerConnection} connection
   * @param {RawText | undefined} rawId
   */
  constructor(connection, rawId) {
    this.#connection = connection;
    this.#rawId = rawId;
  }

  /** The application may answer a handshake without an id. */
  get [kAnswersWithoutId]() {
    return true;
  }

  /**
   * @param {Message} message
   * @returns {any[] | false}
   */
  [kEmitMessage](message) {
    return this.#connection.server.emit(ServerEvent.HANDSHAKE, this.#connection, message);
  }

  /** @param {import('../../common/line-error.js')} error */
  [kOnAnswerError](error) {
    this.#connection[kOnAnswerError](error);
  }

  /**
   * @param {RawText | undefined} rawPayload
   * @param {RawText | undefined} rawError
   */
  begin(rawPayload, rawError) {
    const connection = this.#connection;
    const message = received(this, MessageName.HANDSHAKE, this.#rawId, rawPayload, rawError);
    connection[kLog]?.('handshake received');
    if (deliver(message) === false) message.resolve();
  }

  /**
   * @param {unknown} payload
   * @returns {string | undefined}
   */
  [kPayloadJson](payload) {
    return memberJson('p', { payload, id: this.#connection.id });
  }

  /**
   * @param {unknown} err
   * @returns {string | undefined}
   */
  [kErrorJson](err) {
    return this.#connection[kErrorJson](err);
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The payload as JSON.
   */
  [kOnResolved](message, json) {
    const connection = this.#connection;
    const { [kNative]: native, [kInbox]: inbox } = connection.server;
    const isGone = connection.state === ConnectionState.DISCONNECTED || !native.isOpen(connection[kSlot]);
    if (isGone || connection[kIntake] === INTAKE.NONE) {
      connection[kLog]?.('gone before its handshake was resolved, or closed');
      return;
    }
    const rawId = rawIdOf(message);
    try {
      // Before the answer, because a client may send a large message right after it.
      native.resolveHandshake(connection[kSlot]);
      if (rawId !== undefined) native.respondHandshake(connection[kSlot], json, rawId);
    } catch (cause) {
      this[kOnNotResponded](message, cause);
      return;
    }
    if (rawId !== undefined) inbox.scheduleFlush();
    connection[kConnect]();
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The error as JSON.
   */
  [kOnRejected](message, json) {
    const connection = this.#connection;
    connection[kLog]?.('handshake rejected');
    const rawId = rawIdOf(message);
    if (rawId !== undefined) connection[kSendRejection](rawId, json);
    this.#close();
  }

  /**
   * The answer cannot be sent: the error to reject with cannot be written as JSON, or the native side has failed. The
   * close code tells the client, as with the original.
   * @param {Message} message
   * @param {unknown} cause
   */
  [kOnNotResponded](message, cause) {
    message.isResponded_ = true;
    this.#connection[kOnNotResponded](message, cause);
    this.#close();
  }

  #close() {
    // At once, not at the end of the delay: the client is rejected.
    ignore(this.#connection);
    this.#connection.close(closeCodes.HANDSHAKE_REJECTED, reasons.HANDSHAKE_REJECTED, REJECTION_DELAY);
  }
}

/**
 * Emits `connection`, then handles what has come since the handshake was resolved.
 * @param {ServerConnection} connection
 */
function announce(connection) {
  const deferred = /** @type {(() => void)[]} */ (connection[kDeferred]);
  connection[kDeferred] = undefined;
  const { server } = connection;
  server[kInbox].guard(() => {
    // The application has closed it in the meantime.
    if (connection[kIntake] === INTAKE.NONE) return;
    try {
      server[kNative].admit(connection[kSlot]);
    } catch (error) {
      // It is in no room of all connections: nobody would know of it.
      terminate(connection);
      throw error;
    }
    connection[kLog]?.('connected');
    server.emit(ServerEvent.CONNECTION, connection);
  });
  deferred.forEach((handle) => server[kInbox].guard(handle));
}

module.exports = { Handshake, announce };
