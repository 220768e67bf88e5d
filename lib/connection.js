// @ts-check
'use strict';

const Emitter = require('./emitter.js');
const LineError = require('./line-error.js');
const { Message } = require('./message.js');
const { Pending } = require('./pending.js');
const { Socket } = require('./socket.js');
const { connectionLog } = require('./debug.js');
const { messageJson, receivedError } = require('./json.js');
const closeCodes = require('./close-codes.js');

/** @typedef {import('./server.js').Server} Server */

const ErrorCode = Object.freeze({
  MESSAGE_TIMEOUT: 'scMessageTimeout',
  MESSAGE_REJECTED: 'scMessageRejected',
  MESSAGE_NOT_RESPONDED: 'cMessageNotResponded',
  INVALID_JSON: 'scInvalidJson',
  HANDSHAKE_ENDED: 'scHandshakeEnded',
  ID_CONFLICT: 'scIdConflict',
  DISCONNECTED: 'scDisconnected',
  WEBSOCKET_ERROR: 'scWebsocketError',
  PING_ERROR: 'scPingError',
  IDLE_TIMEOUT: 'scIdleTimeout',
});

const State = Object.freeze({
  AWAITING_HANDSHAKE: 'awaitingHandshake',
  CONNECTED: 'connected',
  DISCONNECTED: 'disconnected',
});

const Event = Object.freeze({ ERROR: '_error', DISCONNECTED: '_disconnected' });

/** What the native `send` and `respond` return when a message was queued. */
const QUEUED = 0;

/** Time between the answer to a rejected handshake and the close frame, in ms (contract section 1). */
const REJECTION_DELAY = 50;

/**
 * One client. Made when its handshake message arrives; handed to `handshake` and `connection`
 * listeners.
 */
class ServerConnection extends Emitter {
  static ErrorCode = ErrorCode;
  static State = State;
  static Event = Event;

  /** @type {Socket | undefined} */
  #socket = undefined;
  /**
   * Sends that wait for an answer, by id.
   * @type {Map<string, Pending> | undefined}
   */
  #pending = undefined;
  #lastId = 0;
  /**
   * Promises of `sendWithoutResponse`, oldest first, each with the running total of bytes (low 32
   * bits) at which it is fulfilled.
   * @type {{total: number, resolve: () => void, reject: (error: unknown) => void}[] | undefined}
   */
  #unwritten = undefined;
  /**
   * Promises of `close`.
   * @type {(() => void)[] | undefined}
   */
  #closing = undefined;
  /**
   * The handshake message, once it has come.
   * @type {Message | undefined}
   */
  #handshake = undefined;

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
     * Events that came between the resolved handshake and the `connection` event.
     * @type {(() => void)[] | undefined}
     * @internal
     */
    this.deferred_ = undefined;
    /**
     * The message whose handlers are running.
     * @type {Message | undefined}
     * @internal
     */
    this.handling_ = undefined;
    /** @internal */
    this.log_ = connectionLog(id);
    this.log_?.('created');
  }

  /** The WebSocket under the connection: `readyState`, `upgradeReq` and the like. */
  get socket() {
    return (this.#socket ??= new Socket(this, this.server.native_, this.slot_));
  }

  /**
   * Adds a listener; see the emitter. Messages of names that are listened for arrive cheaper.
   * @param {any} eventName
   * @param {any} handler
   * @param {number} [execLimit]
   * @param {boolean} [prepend]
   * @returns {this}
   */
  addListener(eventName, handler, execLimit, prepend) {
    super.addListener(eventName, handler, execLimit, prepend);
    if (typeof eventName === 'string') this.server.inbox_.intern(eventName);
    return this;
  }

  /**
   * Gives the connection an id of the application's choice, while the handshake is pending. It is
   * reserved at once.
   * @param {any} newId
   * @throws {LineError} `scHandshakeEnded`, or `scIdConflict` when another connection has the id.
   */
  setId(newId) {
    if (this.state !== State.AWAITING_HANDSHAKE) {
      const text = `The handshake has ended: the id "${this.id}" cannot be changed any more`;
      throw new LineError(ErrorCode.HANDSHAKE_ENDED, text);
    }
    if (!this.server.native_.setId(this.slot_, String(newId))) {
      const text = `The id "${newId}" belongs to another connection`;
      throw new LineError(ErrorCode.ID_CONFLICT, text);
    }
    this.id = newId;
    this.log_ = connectionLog(newId);
  }

  /**
   * Joins a room, which is made if need be.
   * @param {string} roomName
   */
  joinRoom(roomName) {
    this.server.rooms.add(roomName, this);
  }

  /**
   * Leaves a room, which is gone when it was the last member.
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
   *   `scDisconnected`, `scInvalidJson`.
   */
  send(name, payload, timeout) {
    if (this.state !== State.CONNECTED) return Promise.reject(notConnected());
    return this.send_(Message.outgoing(name, payload), timeout);
  }

  /**
   * Sends a message that expects no answer.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @returns {Promise<void>} Resolves when the message has been handed to the system. Rejects with a
   *   {@link LineError}: `scDisconnected`, `scInvalidJson`.
   */
  sendWithoutResponse(name, payload) {
    if (this.state !== State.CONNECTED) return Promise.reject(notConnected());
    return this.sendWithoutResponse_(Message.outgoing(name, payload));
  }

  /**
   * What `send` and `ping` go through; may be replaced on an instance, as with the original.
   * @param {Message} message
   * @param {number} [timeout]
   * @returns {Promise<any>}
   */
  send_(message, timeout) {
    const wait =
      Number.isInteger(timeout) && /** @type {number} */ (timeout) >= 0
        ? /** @type {number} */ (timeout)
        : this.server.options.responseTimeout;
    this.#lastId += 1;
    const id = this.#lastId.toString(36);
    message.setId(id);
    const problem = this.#queue(message);
    if (problem !== undefined) return Promise.reject(problem);
    return new Promise((resolve, reject) => {
      const siblings = (this.#pending ??= new Map());
      const pending = new Pending(siblings, id, wait, resolve, reject);
      siblings.set(id, pending);
      if (wait > 0) this.server.deadlines_.add(pending, wait);
    });
  }

  /**
   * @param {Message} message
   * @returns {Promise<void>}
   */
  sendWithoutResponse_(message) {
    const problem = this.#queue(message);
    if (problem !== undefined) return Promise.reject(problem);
    return new Promise((resolve, reject) => {
      const total = this.server.native_.queued(this.slot_);
      this.#unwritten ??= [];
      this.#unwritten.push({ total, resolve, reject });
      if (this.#unwritten.length === 1) this.server.inbox_.awaitWritten(this);
    });
  }

  /**
   * Asks the client for a sign of life. Without one the connection is closed with 4201.
   * @returns {Promise<any>} Resolves with `pong`; rejects with a {@link LineError} `scPingError` whose
   *   `payload` is the cause.
   */
  ping() {
    return this.send_(Message.outgoing(Message.Name.PING, undefined)).catch((cause) => {
      this.log_?.('ping failed: %s', cause);
      this.close(closeCodes.PING_FAILED, 'Ping failed');
      const text = 'The client did not answer a ping and is being disconnected';
      throw new LineError(ErrorCode.PING_ERROR, text, cause);
    });
  }

  /**
   * Closes the connection. What was sent before is delivered first.
   * @param {number} [code] Close code, 1000 by default.
   * @param {string} [reason] At most 123 bytes.
   * @param {number} [delay] Milliseconds to wait before.
   * @returns {Promise<void>} Resolves when the connection is closed; a client that does not answer is
   *   cut after `closeTimeout`. Rejects with `scWebsocketError` when code or reason cannot be sent.
   */
  close(code, reason, delay) {
    const sent = code || closeCodes.NORMAL;
    const problem = closeCodes.closeProblem(sent, reason ?? '');
    if (problem !== undefined) {
      return Promise.reject(new LineError(ErrorCode.WEBSOCKET_ERROR, problem));
    }
    this.log_?.('closing with %d in %d ms', sent, delay || 0);
    return new Promise((resolve) => {
      // Never at once: what is sent right after this call still goes out, as with the original.
      setTimeout(() => this.#close(sent, reason ?? '', resolve), delay || 0);
    });
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {() => void} resolve
   */
  #close(code, reason, resolve) {
    if (this.state === State.DISCONNECTED) {
      resolve();
      return;
    }
    this.#closing ??= [];
    this.#closing.push(resolve);
    this.server.native_.close(this.slot_, code, reason);
  }

  /**
   * Queues a message.
   * @param {Message} message
   * @returns {LineError | undefined} Why it cannot be.
   */
  #queue(message) {
    let text;
    try {
      text = message.toString();
    } catch (cause) {
      const why = /** @type {Error} */ (cause).message;
      const problem = `The payload of "${message.name}" cannot be written as JSON: ${why}`;
      return new LineError(ErrorCode.INVALID_JSON, problem);
    }
    this.log_?.('sending %s', text);
    return this.#queueText(text);
  }

  /**
   * @param {string} text
   * @returns {LineError | undefined}
   */
  #queueText(text) {
    const open = this.state !== State.DISCONNECTED;
    if (!open || this.server.native_.send(this.slot_, text) !== QUEUED) return notOpen();
    this.server.inbox_.scheduleFlush();
    return undefined;
  }

  // What follows is called by the inbox and by messages.

  /**
   * @param {string} name
   * @param {string | undefined} rawId
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   * @internal
   */
  onMessage_(name, rawId, rawPayload, rawError) {
    if (this.state === State.AWAITING_HANDSHAKE) {
      this.#refuse(rawId, 'Handshake is not completed');
      return;
    }
    this.log_?.('received "%s"', name);
    const message = Message.incoming(this, name, rawId, rawPayload, rawError);
    if (rawId === undefined) {
      this.#handleWithoutId(message);
    } else {
      this.emit(name, message);
    }
  }

  /**
   * A handler that answers a message without an id throws `mMissingId`. Whether there is an id is the
   * peer's choice, so that exception goes to `_error` and not to the top of the process.
   * @param {Message} message
   */
  #handleWithoutId(message) {
    this.handling_ = message;
    try {
      const results = this.emit(message.name, message);
      if (results) results.forEach((result) => this.#watchAsync(result));
    } catch (error) {
      if (!isMissingId(error)) throw error;
      this.onMissingId_(error);
    } finally {
      this.handling_ = undefined;
    }
  }

  /**
   * The same for what an async handler throws before its first `await`.
   * @param {any} result
   */
  #watchAsync(result) {
    if (typeof result?.then !== 'function') return;
    result.then(undefined, (/** @type {unknown} */ error) => {
      if (isMissingId(error)) this.onMissingId_(error);
      // Not ours: as if nobody had looked.
      else Promise.reject(error);
    });
  }

  /**
   * @param {LineError} error
   * @internal
   */
  onMissingId_(error) {
    this.emit(Event.ERROR, error);
  }

  /**
   * @param {string | undefined} rawId
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   * @internal
   */
  onHandshake_(rawId, rawPayload, rawError) {
    if (this.#handshake !== undefined) {
      this.#onFurtherHandshake(rawId);
      return;
    }
    const message = Message.incoming(this, Message.Name.HANDSHAKE, rawId, rawPayload, rawError);
    this.#handshake = message;
    this.log_?.('handshake received');
    if (!this.server.emit('handshake', this, message)) message.resolve();
  }

  /**
   * @param {string | undefined} rawId
   */
  #onFurtherHandshake(rawId) {
    if (this.state === State.CONNECTED) {
      this.#refuse(rawId, 'Handshake is already resolved');
    } else if (rawId !== this.#handshake?.rawId_) {
      // With the id of the first it is answered when that is.
      this.#refuse(rawId, 'Handshake is already in progress');
    }
  }

  /**
   * @param {Message} message
   * @returns {boolean} Whether it is this connection's handshake, which needs no id to be answered.
   * @internal
   */
  isHandshake_(message) {
    return message === this.#handshake;
  }

  /**
   * @param {Message} message
   * @param {unknown} payload
   * @param {string | undefined} json
   * @internal
   */
  onResolved_(message, payload, json) {
    if (message === this.#handshake) {
      this.#onHandshakeResolved(message, payload);
      return;
    }
    const rawId = message.rawId_;
    if (!expectsAnswer(rawId)) return;
    this.log_?.('resolving "%s"', message.name);
    if (this.state !== State.DISCONNECTED) {
      if (this.server.native_.respond(this.slot_, json, /** @type {string} */ (rawId)) === QUEUED) {
        this.server.inbox_.scheduleFlush();
        return;
      }
    }
    this.#notResponded(message, notOpen());
  }

  /**
   * @param {Message} message
   * @param {unknown} err
   * @internal
   */
  onRejected_(message, err) {
    const isHandshake = message === this.#handshake;
    this.log_?.('rejecting "%s"', message.name);
    if (expectsAnswer(message.rawId_) || (isHandshake && message.rawId_ !== undefined)) {
      const problem = this.#queueText(messageJson(Message.Name.RESPONSE, undefined, message.id, err));
      if (problem !== undefined && !isHandshake) this.#notResponded(message, problem);
    }
    if (isHandshake) {
      this.close(closeCodes.HANDSHAKE_REJECTED, 'Handshake rejected', REJECTION_DELAY);
    }
  }

  /**
   * @param {Message} message
   * @param {unknown} payload
   */
  #onHandshakeResolved(message, payload) {
    const { native_: native, inbox_: inbox } = this.server;
    if (this.state === State.DISCONNECTED || !native.isOpen(this.slot_)) {
      this.log_?.('gone before its handshake was resolved');
      return;
    }
    this.state = State.CONNECTED;
    const rawId = message.rawId_;
    if (rawId !== undefined) {
      native.respond(this.slot_, JSON.stringify({ payload, id: this.id }), rawId);
      inbox.scheduleFlush();
    }
    this.deferred_ = [];
    queueMicrotask(() => this.#announce());
  }

  /** Emits `connection`, then handles what has come in the meantime. */
  #announce() {
    const deferred = /** @type {(() => void)[]} */ (this.deferred_);
    this.deferred_ = undefined;
    const { inbox_: inbox, native_: native } = this.server;
    inbox.guard(() => {
      native.admit(this.slot_);
      this.log_?.('connected');
      this.server.emit('connection', this);
    });
    deferred.forEach((handle) => inbox.guard(handle));
  }

  /**
   * Answers a request that no listener may see.
   * @param {string | undefined} rawId
   * @param {string} why
   */
  #refuse(rawId, why) {
    if (!expectsAnswer(rawId)) return;
    const id = JSON.parse(/** @type {string} */ (rawId));
    this.#queueText(messageJson(Message.Name.RESPONSE, undefined, id, new Error(why)));
  }

  /**
   * @param {Message} message
   * @param {LineError} cause
   */
  #notResponded(message, cause) {
    const text = `The answer to "${message.name}" (id ${message.id}) could not be sent`;
    const error = new LineError(ErrorCode.MESSAGE_NOT_RESPONDED, text, cause);
    // Not from inside the handler's call of resolve or reject.
    queueMicrotask(() => this.emit(Event.ERROR, error));
  }

  /**
   * @param {string | undefined} rawId
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError Raw JSON of a truthy error.
   * @internal
   */
  onResponse_(rawId, rawPayload, rawError) {
    const pending = rawId === undefined ? undefined : this.#pending?.get(JSON.parse(rawId));
    if (pending === undefined) return;
    pending.settle();
    if (rawError === undefined) {
      pending.resolve(rawPayload === undefined ? undefined : JSON.parse(rawPayload));
      return;
    }
    const error = receivedError(JSON.parse(rawError));
    const text = 'The client rejected the message; its error is the payload of this one';
    pending.reject(new LineError(ErrorCode.MESSAGE_REJECTED, text, error));
  }

  /**
   * A ping that came behind messages whose handlers answer first.
   * @param {string | undefined} rawId
   * @internal
   */
  onPing_(rawId) {
    const id = expectsAnswer(rawId) ? JSON.parse(/** @type {string} */ (rawId)) : undefined;
    this.#queueText(messageJson(Message.Name.RESPONSE, 'pong', id, null));
  }

  /**
   * @param {string} text Of a message that is no envelope; or how the protocol was violated.
   * @param {number} code Close code of a violation, else 0.
   * @internal
   */
  onInvalid_(text, code) {
    if (code === 0) {
      const problem = 'A message from the client is not an envelope in JSON; its text is the payload';
      this.emit(Event.ERROR, new LineError(ErrorCode.INVALID_JSON, problem, text));
      return;
    }
    const problem = `The client violated the WebSocket protocol and is disconnected with ${code}: ${text}`;
    this.emit(Event.ERROR, new LineError(ErrorCode.WEBSOCKET_ERROR, problem, { code }));
  }

  /** @internal */
  onPingDue_() {
    if (this.state === State.CONNECTED) this.ping().catch(() => {});
  }

  /**
   * Fulfils the promises of `sendWithoutResponse` whose messages have left.
   * @returns {boolean} Whether others still wait.
   * @internal
   */
  settleWritten_() {
    const unwritten = this.#unwritten;
    if (unwritten === undefined) return false;
    const written = this.server.native_.watch(this.slot_);
    // Totals are the low 32 bits of running counts: compare by their difference.
    while (unwritten.length > 0 && ((unwritten[0].total - written) | 0) <= 0) {
      /** @type {{resolve: () => void}} */ (unwritten.shift()).resolve();
    }
    if (unwritten.length === 0) this.#unwritten = undefined;
    return this.#unwritten !== undefined;
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @internal
   */
  onClosed_(code, reason) {
    this.state = State.DISCONNECTED;
    this.log_?.('disconnected with %d "%s"', code, reason);
    const gone = new LineError(ErrorCode.DISCONNECTED, 'The connection was closed');
    for (const pending of this.#pending?.values() ?? []) {
      pending.settled = true;
      pending.reject(gone);
    }
    this.#unwritten?.forEach(({ reject }) => reject(gone));
    this.#closing?.forEach((resolve) => resolve());
    this.#pending = this.#unwritten = this.#closing = undefined;
    this.#socket?.onClosed_();
    this.emit(Event.DISCONNECTED, code, reason);
  }
}

/**
 * Whether the sender of this raw id wants an answer: as in the original, an empty or zero id counts
 * as none.
 * @param {string | undefined} rawId
 */
function expectsAnswer(rawId) {
  return rawId !== undefined && rawId !== '""' && (rawId.charCodeAt(0) === 0x22 || Number(rawId) !== 0);
}

/**
 * @param {unknown} error
 * @returns {error is LineError}
 */
function isMissingId(error) {
  return error instanceof LineError && error.code === Message.ErrorCode.MISSING_ID;
}

function notConnected() {
  return new LineError(ErrorCode.DISCONNECTED, 'The message was not sent: the client is not connected');
}

function notOpen() {
  return new LineError(ErrorCode.DISCONNECTED, 'The message was not sent: the connection is not open');
}

module.exports = { ServerConnection };
