// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const { LONGEST } = require('../binding/answers.js');
const { ANSWER, OUTCOME } = require('../binding/layout.js');
const { textOf } = require('../binding/batch.js');
const { INTAKE } = require('./leaving.js');
const { received, deliver, rawIdOf } = require('./message.js');
const { connectionLog } = require('../runtime/debug.js');
const { microtask, outside } = require('../runtime/environment.js');
const { canonicalId, payloadJson, errorJson, messageJson, rejectionJson, expectsAnswer } = require('../../common/json.js');
const errors = require('./errors.js');
const { ConnectionEvent: Event, ConnectionState: State, MessageName } = require('../enums.js');
const {
  kAnswersWithoutId,
  kDeferred,
  kEmitMessage,
  kErrorJson,
  kInbox,
  kIntake,
  kIsCounted,
  kIsGivenUp,
  kLifecycle,
  kLog,
  kNative,
  kOnAnswerError,
  kOnInvalid,
  kOnMessage,
  kOnNotResponded,
  kOnPing,
  kOnRejected,
  kOnResolved,
  kPayloadJson,
  kQueueText,
  kSendRejection,
  kSerial,
  kSlot,
  kUnanswered,
} = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../binding/batch.js').RawText} RawText */
/** @typedef {import('../../common/line-error.js')} LineError */
/** @typedef {import('./connection.js').ServerConnection} ServerConnection */
/** @typedef {import('./message.js').Message} Message */
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
    this[kSlot] = slot;
    /**
     * Tells it from a later one in the same slot; known from its handshake message on.
     * @type {number | undefined}
     * @internal
     */
    this[kSerial] = undefined;
    /**
     * Which messages of the client still reach handlers: a value of `INTAKE`.
     * @type {number}
     * @internal
     */
    this[kIntake] = INTAKE.ALL;
    /**
     * Whether the client counts as gone, though its connection has not ended.
     * @internal
     */
    this[kIsGivenUp] = false;
    /**
     * Events that came between the resolved handshake and the `connection` event.
     * @type {(() => void)[] | undefined}
     * @internal
     */
    this[kDeferred] = undefined;
    /**
     * Number of unanswered requests, without those received during a drain.
     * @internal
     */
    this[kUnanswered] = 0;
    /** @internal */
    this[kLog] = connectionLog(id);
    this[kLog]?.('created');
  }

  /**
   * Queues the text of a message.
   * @param {string} text
   * @returns {LineError | undefined} Why it cannot be queued.
   * @internal
   */
  [kQueueText](text) {
    const open = this.state !== State.DISCONNECTED;
    if (!open || this.server[kNative].send(this[kSlot], text) !== QUEUED) return errors.notOpen();
    this.server[kInbox].scheduleFlush();
    return undefined;
  }

  // What follows is called by the inbox.

  /**
   * @param {string} name
   * @param {RawText | undefined} rawId
   * @param {RawText | undefined} rawPayload
   * @param {RawText | undefined} rawError
   * @param {unknown} [payload] The payload when it is parsed already; then there is no `rawPayload`.
   * @internal
   */
  [kOnMessage](name, rawId, rawPayload, rawError, payload) {
    if (this[kIntake] !== INTAKE.ALL) return;
    if (this.state === State.AWAITING_HANDSHAKE) {
      refuse(this, rawId, 'Handshake is not completed');
      return;
    }
    this[kLog]?.('received "%s"', name);
    const message = received(this, name, rawId, rawPayload, rawError, payload);
    if (rawId !== undefined) {
      const { draining } = this.server[kLifecycle];
      if (draining === undefined) {
        message[kIsCounted] = true;
        this[kUnanswered] += 1;
      } else {
        draining.onRequest(asConnection(this), message);
      }
    }
    deliver(message);
  }

  /**
   * Called for a ping that came after messages which handlers have to answer first.
   * @param {RawText | undefined} raw Its id.
   * @internal
   */
  [kOnPing](raw) {
    if (this[kIntake] === INTAKE.NONE) return;
    const rawId = raw && textOf(raw);
    if (!expectsAnswer(rawId)) {
      this[kQueueText](messageJson(MessageName.RESPONSE, 'pong', undefined, null));
    } else if (this.state !== State.DISCONNECTED) {
      this.server[kNative].respond(this[kSlot], '"pong"', canonicalId(/** @type {string} */ (rawId)));
      this.server[kInbox].scheduleFlush();
    }
  }

  /**
   * @param {RawText} text Text of a message that is not an envelope, or how the protocol was violated.
   * @param {number} code Close code of a violation, else 0.
   * @internal
   */
  [kOnInvalid](text, code) {
    if (this[kIntake] === INTAKE.NONE) return;
    this.emit(Event.ERROR, code === 0 ? errors.noEnvelope(text) : errors.violated(code, textOf(text)));
  }

  // What messages call; see `Responder` in message.js.

  /** @param {Message} message */
  [kEmitMessage](message) {
    return this.emit(message.name, message);
  }

  /** @param {LineError} error */
  [kOnAnswerError](error) {
    this.emit(Event.ERROR, error);
  }

  /** @param {unknown} payload */
  [kPayloadJson](payload) {
    return isShortString(payload) ? payload : payloadJson(payload);
  }

  /** @param {unknown} err */
  [kErrorJson](err) {
    return errorJson(err, this.server.options.errors === 'public');
  }

  /** Messages other than the handshake can be answered only when they have an id. */
  get [kAnswersWithoutId]() {
    return false;
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The payload as JSON; a short string as it is.
   * @param {unknown} payload
   * @internal
   */
  [kOnResolved](message, json, payload) {
    const rawId = rawIdOf(message);
    if (expectsAnswer(rawId)) {
      this[kLog]?.('resolving "%s"', message.name);
      if (this.state === State.DISCONNECTED) this[kOnNotResponded](message, errors.notOpen());
      else respond(this, message, json, payload, /** @type {string} */ (rawId));
    }
    onAnswered(this, message);
  }

  /**
   * @param {Message} message
   * @param {string | undefined} json The error as JSON.
   * @internal
   */
  [kOnRejected](message, json) {
    const rawId = rawIdOf(message);
    if (expectsAnswer(rawId)) {
      this[kLog]?.('rejecting "%s"', message.name);
      const problem = this[kSendRejection](/** @type {string} */ (rawId), json);
      if (problem !== undefined) this[kOnNotResponded](message, problem);
    }
    onAnswered(this, message);
  }

  /**
   * @param {string} rawId
   * @param {string | undefined} json The error as JSON.
   * @returns {any} Why it could not be sent; undefined when it was.
   * @internal
   */
  [kSendRejection](rawId, json) {
    let text;
    try {
      text = rejectionJson(rawId, json);
    } catch (cause) {
      // No string can hold it: the id may be as long as a string can be.
      return cause;
    }
    return this[kQueueText](text);
  }

  /**
   * @param {Message} message
   * @param {unknown} cause
   * @internal
   */
  [kOnNotResponded](message, cause) {
    const error = errors.notResponded(message, cause);
    // Not inside the handler's call of `resolve` or `reject`, nor in its asynchronous context: it may be a handler of another
    // connection, whose message has the answers given to the native side that were gathered before.
    outside(() => microtask(() => this.server[kInbox].guard(() => this.emit(Event.ERROR, error))));
  }
}

// Functions, because private methods would cost every connection a field.

/**
 * Rejects a request that must not reach a listener.
 * @param {ReceivingConnection} connection
 * @param {RawText | undefined} raw Its id.
 * @param {string} why
 */
function refuse(connection, raw, why) {
  const rawId = raw && textOf(raw);
  if (!expectsAnswer(rawId)) return;
  connection[kSendRejection](canonicalId(/** @type {string} */ (rawId)), errorJson(new Error(why)));
}

/**
 * @param {ReceivingConnection} connection
 * @param {Message} message A request that was answered.
 */
function onAnswered(connection, message) {
  const { draining } = connection.server[kLifecycle];
  if (message[kIsCounted]) {
    message[kIsCounted] = false;
    connection[kUnanswered] -= 1;
    draining?.check(asConnection(connection));
  } else {
    draining?.onAnswered(asConnection(connection), message);
  }
}

/**
 * @param {ReceivingConnection} connection
 * @param {Message} message
 * @param {string | undefined} json As of `kOnResolved`.
 * @param {unknown} payload
 * @param {string} rawId
 */
function respond(connection, message, json, payload, rawId) {
  const { [kNative]: native, [kInbox]: inbox } = connection.server;
  const isString = isShortString(payload);
  if (inbox.isGathering && (json === undefined || json.length <= LONGEST) && rawId.length <= LONGEST) {
    const form = isString ? ANSWER.STRING : ANSWER.JSON;
    native.answers.add(connection, message, json === undefined ? ANSWER.NONE : form, json ?? '', rawId);
  } else if (native.respond(connection[kSlot], isString ? JSON.stringify(json) : json, rawId) !== QUEUED) {
    connection[kOnNotResponded](message, errors.notOpen());
    return;
  }
  inbox.scheduleFlush();
}

/**
 * Whether a payload is a string that the native side writes as JSON.
 * @param {unknown} payload
 * @returns {payload is string}
 */
function isShortString(payload) {
  return typeof payload === 'string' && payload.length <= LONGEST;
}

/**
 * @param {ReceivingConnection} connection
 * @returns {ServerConnection} The same: it is the only subclass.
 */
function asConnection(connection) {
  return /** @type {ServerConnection} */ (/** @type {unknown} */ (connection));
}

module.exports = { ReceivingConnection };
