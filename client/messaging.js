// @ts-check
'use strict';

const Emitter = require('./emitter.js');
const { messageJson } = require('../common/json.js');
const { MessageName } = require('../common/message-enums.js');
const { failure, text } = require('../common/failure.js');
const { State, Event, ErrorCode } = require('./enums.js');
const { isReserved } = require('./envelope.js');
const { attempt, guard, disconnected, notConnected, saying } = require('./errors.js');
const { Message, deliver, outgoing, received } = require('./message.js');
const { checkCall, isObject } = require('./options.js');
const { soon } = require('./timers.js');
const { waitingList } = require('./waiting.js');

/** @typedef {import('./waiting.js').Waiter} Waiter */

/** The `readyState` of a WebSocket that is open. */
const OPEN = 1;

// What the client calls.

/**
 * Sends a message that awaits a response.
 * @type {(client: Messaging, message: Message, timeout: any, waiter: Waiter) => void} `timeout`: ms, 0
 *   is no limit; `responseTimeout` unless it is such an integer.
 */
let request;

/**
 * A message has come.
 * @type {(client: Messaging, envelope: import('./envelope.js').Envelope) => void}
 */
let receive;

/**
 * Whether so many answers wait that the server does not read. What the application sends by itself is its own choice.
 * @type {(client: Messaging) => boolean}
 */
let isOverfull;

/**
 * The client is connected: sends what is queued.
 * @type {(client: Messaging) => void}
 */
let sendQueued;

/**
 * The connection is lost: no response will come.
 * @type {(client: Messaging) => void}
 */
let rejectRequests;

/**
 * No connection will come.
 * @type {(client: Messaging) => void}
 */
let rejectQueued;

/** Most memory of answers that wait, in bytes. */
const MAX_ANSWERS = 256 * 1024 * 1024;

/** Memory that an answer takes besides its bytes. */
const OVERHEAD = 1024;

/** Memory for each byte of the shortest answers. */
const MOST = 32;

/** The half of a client that sends messages over its WebSocket, and handles those that come. */
class Messaging extends Emitter {
  /** The messages that await a response. */
  #requests = waitingList();
  /** The messages that await a connection, with the option `queue`. */
  #queue = waitingList();
  /** @type {any} Memory of the answers since everything had been written. The build for a `<script>` tag does not count. */
  #answers;
  /** @type {import('./message.js').Responder} */
  #responder = {
    report: (error) => guard(() => this.emit(Event.ERROR, error)),
    respond: (message, text) => {
      // An empty id and 0 count as none.
      if (!message.id) return;
      FULL: this.#answers += text.length + OVERHEAD;
      try {
        this.#transmit(text);
      } catch (cause) {
        this.#responder.onNotResponded(message, cause);
      }
    },
    onNotResponded: (message, cause) => {
      const error = failure(ErrorCode.MESSAGE_NOT_RESPONDED, cause, text`No answer to ${message.name}`);
      // Not from inside the handler's call of resolve or reject.
      soon(() => this.#responder.report(error));
    },
  };

  static {
    request = (client, message, timeout, waiter) => {
      const wait = Number.isInteger(timeout) && timeout >= 0 ? timeout : client.options.responseTimeout;
      const expired = () => failure(ErrorCode.MESSAGE_TIMEOUT, undefined, text`No answer to ${message.name} within ${wait} ms`);
      const id = client.#requests.addWaiter(waiter, wait, expired);
      message.setId(id);
      try {
        client.#transmit(message);
      } catch (error) {
        client.#requests.take(id)?.reject(error);
      }
    };
    receive = (client, envelope) => {
      const message = received(envelope, client.#responder);
      const { name } = message;
      if (name === MessageName.PING) client.onPingMessage_(message);
      else if (name === MessageName.RESPONSE) client.#onResponse(message);
      else if (!isReserved(name)) deliver(client, message);
      else client.#answer(message, new Error('Reserved name'));
    };
    FULL: isOverfull = (client) => {
      const { bufferedAmount } = client.ws_;
      if (!bufferedAmount) client.#answers = 0;
      return Math.min(client.#answers, bufferedAmount * MOST) > MAX_ANSWERS;
    };
    sendQueued = (client) => {
      client.#queue.takeAll((waiter) => waiter.resolve());
    };
    rejectRequests = (client) => rejectAll(client.#requests, text`it ended before the answer came`);
    rejectQueued = (client) => rejectAll(client.#queue, text`the client has stopped connecting`);
  }

  /** @param {import('./options.js').Settings} options */
  constructor(options) {
    super();
    FULL: this.#answers = 0;
    this.options = options;
    /** @type {any} The WebSocket; null without one. */
    this.ws_ = null;
    /** @type {string} */
    this.state = State.READY;
  }

  /**
   * Sends a message and waits for the server's response. Not connected, it waits for the connection
   * first, with the option `queue`.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {number | import('../types/client').SendOptions} [options] Milliseconds to wait, 0 for no
   *   limit; `responseTimeout` by default.
   * @returns {Promise<any>} What the server resolves with. Rejects with a {@link LineError}:
   *   `cMessageRejected` (the server's error is its `payload`), `cMessageTimeout`, `cDisconnected`,
   *   `cInvalidJSON`, `cInvalidOptions`, `cWebsocketError`, `cQueueFull`, `cQueueExpired`; or with the reason of the
   *   signal.
   */
  send(name, payload, options) {
    const given = /** @type {any} */ (isObject(options) ? options : { timeout: options });
    return this.#whenConnected(name, payload, (message) => this.send_(message, given.timeout, given.signal), given);
  }

  /**
   * Sends a message that expects no response.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @returns {Promise<void>} Resolves when the WebSocket has taken it. Rejects as {@link send}.
   */
  sendWithoutResponse(name, payload) {
    return this.#whenConnected(name, payload, (message) => this.sendWithoutResponse_(message));
  }

  // Names of the original, which its users replace on an instance.

  /**
   * What `send` and `ping` go through.
   * @param {Message} message
   * @param {number} [timeout]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  send_(message, timeout, signal) {
    return new Promise((resolve, reject) => request(this, message, timeout, { resolve, reject, signal }));
  }

  /**
   * What `sendWithoutResponse` goes through.
   * @param {Message} message
   * @returns {Promise<void>}
   */
  async sendWithoutResponse_(message) {
    this.#transmit(message);
  }

  /**
   * Answers a ping of the server.
   * @param {Message} message
   */
  onPingMessage_(message) {
    this.#answer(message, null, 'pong');
  }

  /**
   * @param {string} name
   * @param {unknown} payload
   * @param {(message: Message) => Promise<any>} send
   * @param {import('../types/client').SendOptions} [options]
   * @returns {Promise<any>}
   */
  async #whenConnected(name, payload, send, options = {}) {
    FULL: checkCall(options, { timeout: 0, signal: null });
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    let message = outgoing(name, payload);
    if (this.state === State.CONNECTED) return send(message);
    const { queue } = this.options;
    if (!queue) throw notConnected();
    const { max, ttl } = queue;
    if (this.#queue.howMany() >= max) throw failure(ErrorCode.QUEUE_FULL, undefined, text`More than ${max} messages wait`);
    // A copy: the application may change the payload before it is sent.
    message = Message.parse(toJson(message));
    return new Promise((resolve, reject) => {
      const start = () => send(message).then(resolve, reject);
      const expired = () => failure(ErrorCode.QUEUE_EXPIRED, undefined, text`No connection within ${ttl} ms`);
      this.#queue.addWaiter({ resolve: start, reject, signal }, ttl, expired);
    });
  }

  /**
   * @param {Message | string} message Or its text.
   * @throws {LineError} `cDisconnected`, `cInvalidJSON`, `cWebsocketError`
   */
  #transmit(message) {
    if (this.ws_?.readyState !== OPEN) throw disconnected();
    const json = toJson(message);
    attempt(ErrorCode.WEBSOCKET_ERROR, () => this.ws_.send(json), text`Cannot send`);
  }

  /** @param {Message} response */
  #onResponse({ id, err, payload }) {
    const waiter = this.#requests.take(id);
    if (err) waiter?.reject(failure(ErrorCode.MESSAGE_REJECTED, err, text`The server rejected the message${saying(err)}`));
    else waiter?.resolve(payload);
  }

  /**
   * Answers a message that no handler gets.
   * @param {Message} message
   * @param {unknown} err
   * @param {unknown} [payload]
   */
  #answer(message, err, payload) {
    this.#responder.respond(message, messageJson(MessageName.RESPONSE, payload, message.id, err));
  }
}

/** @param {Message | string} message */
const toJson = (message) => attempt(ErrorCode.INVALID_JSON, () => String(message), text`Not JSON`);

/**
 * @param {import('./waiting.js').WaitingList} waiting For a connection, or for what comes by it.
 * @param {string} why There is no connection.
 */
const rejectAll = (waiting, why) => waiting.takeAll((waiter) => waiter.reject(disconnected(text`${why}`)));

module.exports = { Messaging, request, receive, isOverfull, sendQueued, rejectRequests, rejectQueued };
