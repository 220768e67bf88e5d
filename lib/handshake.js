// @ts-check
'use strict';

const { Message } = require('./message.js');
const { ConnectionState, MessageName, ServerEvent } = require('./enums.js');
const closeCodes = require('./close-codes.js');

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

  get handling_() {
    return undefined;
  }

  onMissingId_() {}

  /**
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   */
  begin(rawPayload, rawError) {
    const connection = this.#connection;
    const message = Message.incoming_(this, MessageName.HANDSHAKE, this.#rawId, rawPayload, rawError);
    connection.log_?.('handshake received');
    if (!connection.server.emit(ServerEvent.HANDSHAKE, connection, message)) message.resolve();
  }

  /**
   * A further handshake message while this one is not answered.
   * @param {string | undefined} rawId With the id of the first it is answered when that is.
   */
  onFurther(rawId) {
    if (rawId !== this.#rawId) this.#connection.refuse_(rawId, 'Handshake is already in progress');
  }

  /**
   * @param {Message} message
   * @param {unknown} payload
   */
  onResolved_(message, payload) {
    const connection = this.#connection;
    const { native_: native, inbox_: inbox } = connection.server;
    if (connection.state === ConnectionState.DISCONNECTED || !native.isOpen(connection.slot_)) {
      connection.log_?.('gone before its handshake was resolved');
      return;
    }
    // Before the answer, which a client may follow with a large message at once.
    native.trust(connection.slot_);
    const rawId = message.rawId_;
    if (rawId !== undefined) {
      const answer = JSON.stringify({ payload, id: connection.id });
      native.respond(connection.slot_, answer, rawId);
      inbox.scheduleFlush();
    }
    connection.connect_();
  }

  /**
   * @param {Message} message
   * @param {unknown} err
   */
  onRejected_(message, err) {
    const connection = this.#connection;
    connection.log_?.('handshake rejected');
    if (message.rawId_ !== undefined) connection.sendRejection_(message, err);
    connection.close(closeCodes.HANDSHAKE_REJECTED, 'Handshake rejected', REJECTION_DELAY);
  }
}

module.exports = { Handshake };
