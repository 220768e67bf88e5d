// @ts-check
'use strict';

const { Message } = require('./message.js');
const { memberJson } = require('../../common/json.js');
const { ConnectionState, MessageName, ServerEvent } = require('../enums.js');
const closeCodes = require('../close-codes.js');
const reasons = require('../close-reasons.js');
const { INTAKE, ignore } = require('./leaving.js');

/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Responder} Responder */

/** Time between the answer to a rejected handshake and the close frame, in ms (contract section 1). */
const REJECTION_DELAY = 50;

/**
 * The handshake of one connection, from its first message to the `connection` event: what answering
 * that message does.
 * @implements {Responder}
 */
class Handshake {
  #connection;
  /** Raw id of the handshake message. */
  #rawId;

  /**
   * @param {ServerConnection} connection
   * @param {string | undefined} rawId
   */
  constructor(connection, rawId) {
    this.#connection = connection;
    this.#rawId = rawId;
  }

  /** A handshake may be answered by the application though its sender does not ask for it. */
  get answersWithoutId_() {
    return true;
  }

  /**
   * @param {Message} message
   * @returns {any[] | false}
   */
  emitMessage_(message) {
    return this.#connection.server.emit(ServerEvent.HANDSHAKE, this.#connection, message);
  }

  /** @param {import('../../common/line-error.js')} error */
  onAnswerError_(error) {
    this.#connection.onAnswerError_(error);
  }

  /**
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   */
  begin(rawPayload, rawError) {
    const connection = this.#connection;
    const message = Message.incoming_(this, MessageName.HANDSHAKE, this.#rawId, rawPayload, rawError);
    connection.log_?.('handshake received');
    if (message.deliver_() === false) message.resolve();
  }

  /**
   * @param {unknown} payload
   * @returns {string | undefined}
   */
  payloadJson_(payload) {
    return memberJson('p', { payload, id: this.#connection.id });
  }

  /**
   * @param {unknown} err
   * @returns {string | undefined}
   */
  errorJson_(err) {
    return this.#connection.errorJson_(err);
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The payload as JSON.
   */
  onResolved_(message, json) {
    const connection = this.#connection;
    const { native_: native, inbox_: inbox } = connection.server;
    const isGone = connection.state === ConnectionState.DISCONNECTED || !native.isOpen(connection.slot_);
    if (isGone || connection.intake_ === INTAKE.NONE) {
      connection.log_?.('gone before its handshake was resolved, or closed');
      return;
    }
    // Before the answer, which a client may follow with a large message at once.
    native.resolveHandshake(connection.slot_);
    const rawId = message.rawId_;
    if (rawId !== undefined) {
      native.respondHandshake(connection.slot_, json, rawId);
      inbox.scheduleFlush();
    }
    connection.connect_();
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The error as JSON.
   */
  onRejected_(message, json) {
    const connection = this.#connection;
    connection.log_?.('handshake rejected');
    const rawId = message.rawId_;
    if (rawId !== undefined) connection.sendRejection_(rawId, json);
    this.#close();
  }

  /**
   * The error to reject with cannot be written. The client is told by the close code, as with the
   * original.
   * @param {Message} message
   * @param {unknown} cause
   */
  onNotResponded_(message, cause) {
    message.isResponded_ = true;
    this.#connection.onNotResponded_(message, cause);
    this.#close();
  }

  #close() {
    // Not only from the end of the delay: the client is rejected.
    ignore(this.#connection);
    this.#connection.close(closeCodes.HANDSHAKE_REJECTED, reasons.HANDSHAKE_REJECTED, REJECTION_DELAY);
  }
}

/**
 * Emits `connection`, then handles what has come since the handshake was resolved.
 * @param {ServerConnection} connection
 */
function announce(connection) {
  const deferred = /** @type {(() => void)[]} */ (connection.deferred_);
  connection.deferred_ = undefined;
  const { server } = connection;
  server.inbox_.guard(() => {
    // The application has closed it in the meantime.
    if (connection.intake_ === INTAKE.NONE) return;
    server.native_.admit(connection.slot_);
    connection.log_?.('connected');
    server.emit(ServerEvent.CONNECTION, connection);
  });
  deferred.forEach((handle) => server.inbox_.guard(handle));
}

module.exports = { Handshake, announce };
