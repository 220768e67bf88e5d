// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { outgoing } = require('./message.js');
const { Closing, delayOf } = require('./closing.js');
const { Handshake, announce } = require('./handshake.js');
const { INTAKE, ignore, giveUp } = require('./leaving.js');
const { slotOf } = require('../rooms/room.js');
const { joinAndTell } = require('../rooms/history.js');
const { connectionId, newConnectionId } = require('../rooms/names.js');
const { ReceivingConnection } = require('./receiving.js');
const { restoreId, setId } = require('./taking-over.js');
const { Sends, sendPing } = require('./sends.js');
const { Socket } = require('./socket.js');
const { connectionLog } = require('../runtime/debug.js');
const { microtask } = require('../runtime/environment.js');
const errors = require('./errors.js');
const {
  ConnectionErrorCode: ErrorCode,
  ConnectionEvent: Event,
  ConnectionState: State,
  MessageName,
} = require('../enums.js');
const closeCodes = require('../close-codes.js');
const reasons = require('../close-reasons.js');
const {
  kAwaitsAnswers,
  kConnect,
  kDeferred,
  kInbox,
  kIntake,
  kLink,
  kIsGivenUp,
  kIsIdle,
  kKeepFacts,
  kLifecycle,
  kLog,
  kNative,
  kOnClosed,
  kOnDrained,
  kOnHandshake,
  kOnPingDue,
  kOnPingFailed,
  kOnResponse,
  kOnWritten,
  kQueue,
  kQueueText,
  kReserveId,
  kSending,
  kSettings,
  kSlot,
  kUnanswered,
} = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('./message.js').Message} Message */
/** @typedef {import('./message.js').Responder} Responder */
/** @typedef {import('../binding/batch.js').RawText} RawText */

const NO_DELAY = 'The delay before a connection is closed must be a number of milliseconds';

/**
 * One client. Made when its handshake message arrives; handed to `handshake` and `connection`
 * listeners.
 * @implements {Responder}
 */
class ServerConnection extends ReceivingConnection {
  static ErrorCode = ErrorCode;
  static State = State;
  static Event = Event;

  /**
   * Made on first use; after the end, what was kept for it.
   * @type {Socket | string | undefined}
   */
  #socket = undefined;
  /**
   * Sends that are not settled; made with the first.
   * @type {Sends | undefined}
   */
  #sends = undefined;
  /**
   * Calls of `close`; made with the first.
   * @type {Closing | undefined}
   */
  #closing = undefined;
  /**
   * The handshake, from its message until it is resolved.
   * @type {Handshake | undefined}
   */
  #handshake = undefined;

  /** JSON text. @type {string | undefined} */
  #info = undefined;

  /** The WebSocket under the connection: `readyState`, `upgradeReq` and the like. */
  get socket() {
    const socket = this.#socket;
    if (typeof socket === 'object') return socket;
    return (this.#socket = new Socket(this, this.server[kNative], this[kSlot], socket));
  }

  /** Whether the client has brought positions in rooms with history: it was connected before. */
  get returning() {
    return this.state !== State.DISCONNECTED && this.server[kNative].isReturning(this[kSlot]);
  }

  /** Bytes that wait to be handed to the system. */
  get bufferedAmount() {
    return this.state === State.DISCONNECTED ? 0 : this.server[kNative].buffered(this[kSlot]);
  }

  /**
   * Whether to send less: {@link bufferedAmount} has reached `highWaterMark`. `_drain` is emitted once the
   * backlog is empty.
   */
  get writableNeedDrain() {
    return this.state !== State.DISCONNECTED && this.server[kNative].isAbove(this[kSlot]);
  }

  /**
   * Adds a listener; see the emitter. Messages whose name has a listener cost less.
   * @param {any} eventName
   * @param {any} handler
   * @param {number} [execLimit]
   * @param {boolean} [prepend]
   * @returns {any} This emitter. Not `{this}`: TypeScript takes that for another type than the parent's.
   */
  addListener(eventName, handler, execLimit, prepend) {
    super.addListener(eventName, handler, execLimit, prepend);
    if (typeof eventName === 'string') this.server[kInbox].intern(eventName);
    // The core reports it only to connections that listen. A pattern may match this event, too.
    const maybeDrain = eventName === Event.DRAIN || typeof eventName === 'object';
    if (maybeDrain && this.state !== State.DISCONNECTED) this.server[kNative].wantDrained(this[kSlot]);
    return this;
  }

  /**
   * Gives the connection an id of the application's choice, while the handshake is pending. It is
   * reserved at once.
   * @param {any} newId
   * @throws {LineError} `scHandshakeEnded`, `scIdConflict` when another connection has the id, or `sInvalidOptions` for what
   *   cannot be written as a string and as JSON.
   */
  setId(newId) {
    this[kReserveId](newId, undefined);
  }

  /**
   * Gives the connection an id.
   * @param {any} newId
   * @param {import('../nodes/link.js').Link | undefined} link Through which it is claimed on other servers afterwards.
   */
  [kReserveId](newId, link) {
    if (this.state !== State.AWAITING_HANDSHAKE || this[kIsGivenUp]) {
      throw errors.handshakeEnded(this.id);
    }
    const reserver = link ?? this.server[kNative];
    if (!reserver.setId(this[kSlot], newConnectionId(newId))) throw errors.idConflict(newId);
    this.id = newId;
    this[kLog] = connectionLog(newId);
  }

  /**
   * Gives the connection an id as {@link setId} does.
   * @param {any} newId
   * @param {{conflict?: 'reject' | 'takeover'}} [options] `takeover` closes a connection that has the id with 4208.
   * @returns {Promise<void>} Rejects with `scHandshakeEnded`, `scIdConflict` or `sInvalidOptions`.
   */
  async setIdAsync(newId, options) {
    const before = this.id;
    const conflict = setId(this, newId, options);
    const isOurs = (await this.server[kLink]?.claim(connectionId(newId), conflict)) ?? true;
    if (isOurs) return;
    // Another call may have set another id meanwhile, which stays.
    if (Object.is(this.id, newId)) restoreId(this, before);
    throw errors.idConflict(newId);
  }

  /**
   * What others get to know of the connection: any JSON value. Kept as text, so that nothing changes it unseen.
   * @throws {LineError} `scInvalidJson` when what is assigned cannot be written as JSON.
   */
  get info() {
    return this.#info === undefined ? undefined : JSON.parse(this.#info);
  }

  set info(value) {
    this.#info = errors.infoJson(value);
    if (slotOf(this.server, this) !== undefined) this.server[kNative].setInfo(this[kSlot], this.#info);
  }

  /**
   * Joins a room, which is made if need be.
   * @param {string} roomName
   */
  joinRoom(roomName) {
    this.server.rooms.add(roomName, this);
  }

  /**
   * Joins a room, and tells what the client has been sent of the messages before.
   * @param {string} roomName
   * @param {{rewind?: number}} [options] `rewind`: how many of the last messages a client gets that brings no
   *   position, or one that does not help.
   * @returns {Promise<import('../../index.d.ts').JoinResult>} Rejects with a {@link LineError}: `scDisconnected`,
   *   `sInvalidOptions`.
   */
  joinRoomAsync(roomName, options) {
    return joinAndTell(this, roomName, options);
  }

  /**
   * Leaves a room, which ends with its last member.
   * @param {string} roomName
   */
  leaveRoom(roomName) {
    this.server.rooms.remove(roomName, this);
  }

  /** @returns {string[]} Names of the rooms the connection is in. */
  getRooms() {
    return this.server.rooms.getRoomsOf(this);
  }

  /**
   * Sends a message and waits for the client's answer.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {number} [timeout] Milliseconds to wait; 0 is no limit. `responseTimeout` by default.
   * @returns {Promise<any>} What the client resolved with. Rejects with a {@link LineError}:
   *   `scMessageRejected` (the client's error is its `payload`), `scMessageTimeout`,
   *   `scDisconnected`, `scTooManySends`, `scInvalidJson`.
   */
  send(name, payload, timeout) {
    if (this.state !== State.CONNECTED) return Promise.reject(errors.notConnected());
    return this.send_(outgoing(name, payload), timeout);
  }

  /**
   * Sends a message that expects no answer.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @returns {Promise<void>} Resolves when the message has been handed to the system. Rejects with a
   *   {@link LineError}: `scDisconnected`, `scInvalidJson`.
   */
  sendWithoutResponse(name, payload) {
    if (this.state !== State.CONNECTED) return errors.rejected(errors.notConnected());
    return this.sendWithoutResponse_(outgoing(name, payload));
  }

  /**
   * Used by `send` and `ping`; may be replaced on an instance, as with the original.
   * @param {Message} message
   * @param {number} [timeout]
   * @returns {Promise<any>}
   */
  send_(message, timeout) {
    const wait =
      Number.isInteger(timeout) && /** @type {number} */ (timeout) >= 0
        ? /** @type {number} */ (timeout)
        : this.server[kSettings].responseTimeout;
    return ServerConnection.#sendsOf(this).send(message, wait);
  }

  /**
   * @param {Message} message
   * @returns {Promise<void>}
   */
  sendWithoutResponse_(message) {
    return ServerConnection.#sendsOf(this).sendWithoutResponse(message);
  }

  /**
   * Static, because a private getter would cost every connection a field.
   * @param {ServerConnection} connection
   */
  static #sendsOf(connection) {
    return (connection.#sends ??= new Sends(connection, connection.server[kSending]));
  }

  /**
   * Sends a ping. A client that does not answer it counts as gone: it leaves its rooms, its id is free, and the
   * connection is closed with 4201.
   * @returns {Promise<any>} Resolves with `pong`; rejects with a {@link LineError} `scPingError` whose
   *   `payload` is the cause.
   */
  ping() {
    return this.send_(outgoing(MessageName.PING, undefined)).catch((cause) => {
      this[kLog]?.('ping failed: %s', cause);
      this[kOnPingFailed]();
      throw errors.pingFailed(cause);
    });
  }

  /**
   * Closes the connection. Messages sent before are delivered first. Messages of the client reach no handler
   * from now on, or from the end of the delay. Answers to earlier sends still count.
   * @param {number} [code] Close code, 1000 by default.
   * @param {string} [reason] At most 123 bytes.
   * @param {number} [delay] Milliseconds to wait before; `Infinity` waits for ever.
   * @returns {Promise<void>} Resolves when the connection is closed; a client that does not answer is
   *   cut after `closeTimeout`. Rejects with `scWebsocketError` when code or reason cannot be sent, or
   *   the delay is not a time.
   */
  close(code, reason, delay) {
    const sent = code || closeCodes.NORMAL;
    const wait = delayOf(delay);
    const problem = closeCodes.closeProblem(sent, reason ?? '') ?? (Number.isNaN(wait) ? NO_DELAY : undefined);
    if (problem !== undefined) {
      return Promise.reject(new LineError(ErrorCode.WEBSOCKET_ERROR, problem));
    }
    this[kLog]?.('closing with %d in %d ms', sent, wait);
    if (this.state === State.DISCONNECTED) return Promise.resolve();
    return (this.#closing ??= new Closing(this)).add(sent, reason ?? '', wait);
  }

  /**
   * Queues a message.
   * @param {Message} message
   * @returns {any} Why it cannot be queued: a {@link LineError}, or what the native side has thrown. Undefined when it is.
   * @internal
   */
  [kQueue](message) {
    let text;
    try {
      text = message.toString();
    } catch (cause) {
      return errors.invalidPayload(message, cause);
    }
    this[kLog]?.('sending %s', text);
    try {
      return this[kQueueText](text);
    } catch (cause) {
      // A promise is what the caller awaits.
      return cause;
    }
  }

  // What follows is called by the inbox and by messages.

  /** Whether no answer is outstanding, of the client or the server. @internal */
  get [kIsIdle]() {
    return this[kUnanswered] === 0 && !this[kAwaitsAnswers];
  }

  /** Whether a `send` waits for its answer. @internal */
  get [kAwaitsAnswers]() {
    return this.#sends?.isWaiting ?? false;
  }

  /**
   * Called for the first handshake message; the core answers others.
   * @param {RawText | undefined} rawId
   * @param {RawText | undefined} rawPayload
   * @param {RawText | undefined} rawError
   * @internal
   */
  [kOnHandshake](rawId, rawPayload, rawError) {
    if (this[kIntake] === INTAKE.NONE || this.server[kLifecycle].isCut) return;
    const { draining } = this.server[kLifecycle];
    if (draining !== undefined) {
      draining.refuse(this);
    } else {
      this.#handshake = new Handshake(this, rawId);
      this.#handshake.begin(rawPayload, rawError);
    }
  }

  /**
   * Called when the handshake is resolved.
   * @internal
   */
  [kConnect]() {
    this.state = State.CONNECTED;
    this.#handshake = undefined;
    this[kDeferred] = [];
    microtask(() => announce(this));
  }

  /**
   * @param {RawText | undefined} rawId
   * @param {RawText | undefined} rawPayload
   * @param {RawText | undefined} rawError Raw JSON of a truthy error.
   * @internal
   */
  [kOnResponse](rawId, rawPayload, rawError) {
    this.#sends?.onResponse(rawId, rawPayload, rawError);
    if (this[kIntake] === INTAKE.NONE) ignore(this);
  }

  /**
   * Called when the client has been silent for `pingInterval`. The core sends the ping and waits for its answer, unless the
   * application has replaced a method that a ping calls.
   * @internal
   */
  [kOnPingDue]() {
    if (this.state !== State.CONNECTED || this[kIntake] === INTAKE.NONE) return;
    if (this.ping !== ping || this.send_ !== send_) this.ping().catch(() => {});
    else if (!sendPing(this)) this[kOnPingFailed]();
  }

  /** @internal */
  [kOnPingFailed]() {
    this.server[kInbox].attempt(() => giveUp(this));
    this.close(closeCodes.PING_FAILED, reasons.PING_FAILED);
  }

  /** @internal */
  [kOnWritten]() {
    this.#sends?.settleWritten();
  }

  /**
   * Keeps the upgrade request for handlers of the end and later. To be called before the native side releases the connection.
   * @internal
   */
  [kKeepFacts]() {
    if (typeof this.#socket === 'object') this.#socket[kOnClosed]();
    else this.#socket = this.server[kNative].keepFacts(this[kSlot]) ?? undefined;
  }

  /** @internal */
  [kOnDrained]() {
    if (this[kIntake] !== INTAKE.NONE) this.emit(Event.DRAIN);
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @internal
   */
  [kOnClosed](code, reason) {
    this.state = State.DISCONNECTED;
    this[kLog]?.('disconnected with %d "%s"', code, reason);
    this.#sends?.fail(errors.closed());
    this.#closing?.settle();
    this.#sends = this.#closing = undefined;
    this.emit(Event.DISCONNECTED, code, reason);
  }
}

// As they are before an application can replace them.
const { ping, send_ } = ServerConnection.prototype;

module.exports = { ServerConnection };
