// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const { OUTCOME } = require('../binding/layout.js');
const { INTAKE } = require('./leaving.js');
const { Message } = require('./message.js');
const { connectionLog } = require('../runtime/debug.js');
const { microtask } = require('../runtime/environment.js');
const { canonicalId, payloadJson, errorJson, messageJson, rejectionJson, expectsAnswer } = require('../../common/json.js');
const errors = require('./errors.js');
const { ConnectionEvent: Event, ConnectionState: State, MessageName } = require('../enums.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../../common/line-error.js')} LineError */
/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Responder} Responder */

const { QUEUED } = OUTCOME;

/**
 * The half of a connection that receives messages and answers them. `ServerConnection` adds what
 * applications call.
 * @implements {Responder}
 */
class ReceivingConnection extends Emitter {
  /**
   * @param {Server} server
   * @param {number} slot The native side's number of this connection.
   * @param {string} id
   */
  constructor(server, slot, id) {
    super();
    /** @type {any} */
    this.id = id;
    this.server = server;
    /** @type {string} */
    this.state = State.AWAITING_HANDSHAKE;
    /** @internal */
    this.slot_ = slot;
    /**
     * What of the client still reaches handlers: a value of `INTAKE`.
     * @type {number}
     * @internal
     */
    this.intake_ = INTAKE.ALL;
    /**
     * Whether the client counts as gone, though its connection has not ended.
     * @internal
     */
    this.isGivenUp_ = false;
    /**
     * Events that came between the resolved handshake and the `connection` event.
     * @type {(() => void)[] | undefined}
     * @internal
     */
    this.deferred_ = undefined;
    /**
     * Requests that have come and are not answered, but for those that came while the server drained.
     * @internal
     */
    this.unanswered_ = 0;
    /** @internal */
    this.log_ = connectionLog(id);
    this.log_?.('created');
  }

  /**
   * Queues the text of a message.
   * @param {string} text
   * @returns {LineError | undefined} Why it cannot be.
   * @internal
   */
  queueText_(text) {
    const open = this.state !== State.DISCONNECTED;
    if (!open || this.server.native_.send(this.slot_, text) !== QUEUED) return errors.notOpen();
    this.server.inbox_.scheduleFlush();
    return undefined;
  }

  // What follows is called by the inbox.

  /**
   * @param {string} name
   * @param {string | undefined} rawId
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   * @param {unknown} [payload] The payload when it is parsed already, without `rawPayload` then.
   * @internal
   */
  onMessage_(name, rawId, rawPayload, rawError, payload) {
    if (this.intake_ !== INTAKE.ALL) return;
    if (this.state === State.AWAITING_HANDSHAKE) {
      this.refuse_(rawId, 'Handshake is not completed');
      return;
    }
    this.log_?.('received "%s"', name);
    const message = Message.incoming_(this, name, rawId, rawPayload, rawError, payload);
    if (rawId !== undefined) {
      const { draining } = this.server.lifecycle_;
      if (draining === undefined) {
        message.isCounted_ = true;
        this.unanswered_ += 1;
      } else {
        draining.onRequest(asConnection(this), message);
      }
    }
    message.deliver_();
  }

  /**
   * Answers a request that no listener may see.
   * @param {string | undefined} rawId
   * @param {string} why
   * @internal
   */
  refuse_(rawId, why) {
    if (!expectsAnswer(rawId)) return;
    this.queueText_(rejectionJson(canonicalId(/** @type {string} */ (rawId)), errorJson(new Error(why))));
  }

  /**
   * A ping that came behind messages whose handlers answer first.
   * @param {string | undefined} rawId
   * @internal
   */
  onPing_(rawId) {
    if (this.intake_ === INTAKE.NONE) return;
    if (!expectsAnswer(rawId)) {
      this.queueText_(messageJson(MessageName.RESPONSE, 'pong', undefined, null));
    } else if (this.state !== State.DISCONNECTED) {
      this.server.native_.respond(this.slot_, '"pong"', canonicalId(/** @type {string} */ (rawId)));
      this.server.inbox_.scheduleFlush();
    }
  }

  /**
   * @param {string} text Of a message that is no envelope; or how the protocol was violated.
   * @param {number} code Close code of a violation, else 0.
   * @internal
   */
  onInvalid_(text, code) {
    if (this.intake_ === INTAKE.NONE) return;
    this.emit(Event.ERROR, code === 0 ? errors.noEnvelope(text) : errors.violated(code, text));
  }

  // What messages call; see `Responder` in message.js.

  /** @param {Message} message */
  #onAnswered(message) {
    const { draining } = this.server.lifecycle_;
    if (message.isCounted_) {
      message.isCounted_ = false;
      this.unanswered_ -= 1;
      draining?.check(asConnection(this));
    } else {
      draining?.onAnswered(asConnection(this), message);
    }
  }

  /** @param {Message} message */
  emitMessage_(message) {
    return this.emit(message.name, message);
  }

  /** @param {LineError} error */
  onAnswerError_(error) {
    this.emit(Event.ERROR, error);
  }

  /** @param {unknown} payload */
  payloadJson_(payload) {
    return payloadJson(payload);
  }

  /** @param {unknown} err */
  errorJson_(err) {
    return errorJson(err, this.server.options.errors === 'public');
  }

  /** Messages other than the handshake are answered only when their sender asks for it. */
  get answersWithoutId_() {
    return false;
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The payload as JSON.
   * @internal
   */
  onResolved_(message, json) {
    const rawId = message.rawId_;
    if (expectsAnswer(rawId)) {
      this.log_?.('resolving "%s"', message.name);
      const isOpen = this.state !== State.DISCONNECTED;
      if (isOpen && this.server.native_.respond(this.slot_, json, /** @type {string} */ (rawId)) === QUEUED) {
        this.server.inbox_.scheduleFlush();
      } else {
        this.onNotResponded_(message, errors.notOpen());
      }
    }
    this.#onAnswered(message);
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The error as JSON.
   * @internal
   */
  onRejected_(message, json) {
    const rawId = message.rawId_;
    if (expectsAnswer(rawId)) {
      this.log_?.('rejecting "%s"', message.name);
      const problem = this.sendRejection_(/** @type {string} */ (rawId), json);
      if (problem !== undefined) this.onNotResponded_(message, problem);
    }
    this.#onAnswered(message);
  }

  /**
   * @param {string} rawId
   * @param {string | undefined} json The error as JSON.
   * @returns {LineError | undefined} Why it could not be sent.
   * @internal
   */
  sendRejection_(rawId, json) {
    return this.queueText_(rejectionJson(rawId, json));
  }

  /**
   * @param {Message} message
   * @param {unknown} cause
   * @internal
   */
  onNotResponded_(message, cause) {
    const error = errors.notResponded(message, cause);
    // Not from inside the handler's call of resolve or reject.
    microtask(() => this.server.inbox_.guard(() => this.emit(Event.ERROR, error)));
  }
}

/**
 * @param {ReceivingConnection} connection
 * @returns {ServerConnection} The same: it is the only subclass.
 */
function asConnection(connection) {
  return /** @type {ServerConnection} */ (/** @type {unknown} */ (connection));
}

module.exports = { ReceivingConnection };
