// @ts-check
'use strict';

const LineError = require('../common/line-error.js');
const { messageJson } = require('../common/json.js');
const Emitter = require('./emitter.js');
const { State, Event, ErrorCode } = require('./enums.js');
const { readEnvelope, sizeOf, isReserved } = require('./envelope.js');
const { attempt, guard, disconnected } = require('./errors.js');
const { heartbeat } = require('./heartbeat.js');
const { Message, deliver } = require('./message.js');
const { messages } = require('./messages.js');
const { watchNetwork } = require('./network.js');
const { assertOption, clientOptions, isObject } = require('./options.js');
const { reconnection } = require('./reconnect.js');
const { ws2http, http2ws, fetchResponseUrl, redirectOf } = require('./redirect.js');
const { listenTo } = require('./socket.js');
const { after, soon } = require('./timers.js');
const { measureUptime } = require('./uptime.js');
const { waitingList } = require('./waiting.js');

/** @typedef {import('./message.js').Responder} Responder */
/** @typedef {import('./socket.js').SocketOwner} SocketOwner */

/** The `readyState` of a WebSocket that is open. */
const OPEN = 1;

const noop = () => {};

/**
 * The client of the line protocol, for browsers and whatever else has `WebSocket`. It connects, shakes
 * hands, sends messages and awaits their responses, and reconnects when the connection is lost.
 * @implements {Responder}
 * @implements {SocketOwner}
 */
class Client extends Emitter {
  static State = State;
  static Event = Event;
  static ErrorCode = ErrorCode;
  static Message = Message;
  static Error = LineError;
  static ws2http = ws2http;
  static http2ws = http2ws;
  static fetchResponseUrl = fetchResponseUrl;

  /**
   * The WebSocket class of the platform.
   * @returns {any}
   * @internal
   */
  static webSocket_() {
    return /** @type {any} */ (globalThis).WebSocket;
  }

  /**
   * @param {any} WebSocket Its class.
   * @param {string} url
   * @param {{maxPayload: number}} _options
   * @returns {any} A WebSocket that connects.
   * @internal
   */
  static open_(WebSocket, url, _options) {
    return new WebSocket(url);
  }

  /**
   * Ends a WebSocket whose other end does not answer, where the platform lets us.
   * @param {any} ws
   * @internal
   */
  static giveUp_(ws) {
    ws.terminate?.();
  }

  /** The messages that await a response. */
  #requests = waitingList();
  /** The messages that await a connection, with the option `queue`. */
  #queue = waitingList();
  /** @type {Set<() => void>} What ends the iterations over messages. */
  #iterations = new Set();
  /**
   * Calls of `connectAsync`, `disconnectAsync` and `dispose`: each is told of every event of the client
   * up to `_disconnected`.
   * @type {((event: string, value: any) => void)[]}
   */
  #watchers = [];
  /** Whether not to reconnect. */
  #stopped = false;
  /** Ends the wait for the WebSocket to open, or to close. */
  #endWait = noop;
  /** Whether listeners know that the present WebSocket failed: they are told once. */
  #hasFailed = false;
  /** Ends the watch of the network, which lasts from `connect` to the last disconnection. */
  #unwatch = noop;
  #heartbeat;
  #reconnect;
  #uptime;

  /**
   * @param {string} [url]
   * @param {import('../types/client').ClientOptions} [options]
   * @throws {LineError} `cInvalidOptions`
   */
  constructor(url = 'ws://localhost', options = {}) {
    super();
    assertOption(typeof url === 'string' && url.trim() !== '', 'url', 'a URL');
    this.url = url.trim();
    /** @type {string | null} Where redirects have led to. */
    this.urlFollowed = null;
    this.options = clientOptions(options);
    /** @type {any} The WebSocket; null without one. */
    this.ws_ = null;
    /** @type {any} The id the server has given to the connection; null when not connected. */
    this.id = null;
    /** @type {string} */
    this.state = State.READY;
    /** @type {Message | undefined} The message whose handlers are running. */
    this.handling_ = undefined;
    this.#heartbeat = heartbeat(this.options, () => this.#autoPing());
    this.#reconnect = reconnection(this.options.reconnectOptions, () => this.#connectAgain());
    this.#uptime = measureUptime(this.options, () => this.#is(State.CONNECTED));
  }

  /**
   * Starts connecting. What becomes of it is told by `_connected`, or `_connecting_error` and
   * `_disconnected`.
   * @returns {boolean} Whether it has started: false unless ready or disconnected.
   * @throws {LineError} `cWebsocketError` when the URL is not valid, or there is no WebSocket.
   */
  connect() {
    if (!this.#is(State.READY, State.DISCONNECTED)) return false;
    const { followRedirections, handshake, watchNetwork: isWatching, webSocket } = this.options;
    const url = (followRedirections && this.urlFollowed) || this.url;
    attempt(ErrorCode.WEBSOCKET_ERROR, `Cannot connect to ${url}`, () => {
      const ws = this.#class.open_(webSocket ?? this.#class.webSocket_(), url, this.options);
      try {
        listenTo(ws, this);
      } catch (error) {
        ws.close();
        throw error;
      }
      this.ws_ = ws;
    });
    this.#stopped = this.#hasFailed = false;
    this.#reconnect.pause();
    this.#unwatch();
    if (isWatching) this.#unwatch = watchNetwork((isBack) => this.#onNetwork(isBack));
    this.state = State.CONNECTING;
    // A server may accept a connection, and say nothing.
    this.#await(handshake.timeout, () => {
      this.#onHandshakeFailed(new LineError(ErrorCode.HANDSHAKE_ERROR, 'no connection'));
    });
    this.#tell(Event.CONNECTING);
    return true;
  }

  /**
   * Connects, if that has not begun.
   * @returns {Promise<any>} What the server has resolved the handshake with; nothing when connected
   *   already. Rejects with the error of `_connecting_error`, or `cDisconnected`.
   */
  connectAsync() {
    return new Promise((resolve, reject) => {
      if (this.#is(State.CONNECTED)) return resolve(undefined);
      this.connect();
      return this.#watchers.push((event, value) => {
        if (event === Event.CONNECTED) resolve(value);
        if (event === Event.CONNECTING_ERROR) reject(value);
        if (event === Event.DISCONNECTED) reject(disconnected(value));
      });
    });
  }

  /**
   * Closes the connection, and ends reconnecting. `_disconnected` tells that it is closed, after
   * `disconnectTimeout` at the latest.
   * @param {number} [code] 1000, or 3000 to 4999. 1000 by default.
   * @param {string} [reason] At most 123 bytes.
   * @param {boolean} [retry] Whether to reconnect afterwards.
   * @returns {boolean} Whether it has started: false without a connection.
   * @throws {LineError} `cWebsocketError` when the code or reason cannot be sent.
   */
  disconnect(code, reason, retry) {
    // It is not the server that sets the pace.
    if (this.#is(State.CONNECTED)) this.#reconnect.reset();
    return this.#disconnect(code, reason, retry);
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   * @param {boolean} [retry]
   * @returns {boolean}
   */
  #disconnect(code, reason, retry) {
    const isOpen = this.#is(State.CONNECTING, State.HANDSHAKING, State.CONNECTED);
    if (isOpen) {
      attempt(ErrorCode.WEBSOCKET_ERROR, 'Cannot disconnect', () => this.ws_.close(code || 1000, reason));
      this.state = State.DISCONNECTING;
      this.#stopped = false;
      this.#reject(this.#requests);
    }
    // Without a connection too: none is to come.
    if (!retry) this.#stop();
    if (isOpen) {
      this.#await(this.options.disconnectTimeout, () => this.#forceClose());
      this.#tell(Event.DISCONNECTING);
    }
    return isOpen;
  }

  /**
   * Same as {@link disconnect}.
   * @param {number} [code]
   * @param {string} [reason]
   * @param {boolean} [retry]
   * @returns {Promise<any>} The close event; nothing when there is no connection.
   */
  disconnectAsync(code, reason, retry) {
    return new Promise((resolve) => {
      this.disconnect(code, reason, retry);
      this.#afterClose(resolve);
    });
  }

  /**
   * Ends everything: the connection with 4205, reconnecting, listeners, iterations, what is queued.
   * @returns {Promise<void>}
   */
  dispose() {
    return new Promise((resolve) => {
      this.disconnect(4205, 'Client disposed');
      this.#afterClose(() => {
        this.#stop();
        this.#uptime.end();
        this.#iterations.forEach((end) => end());
        this.removeAllListeners();
        resolve();
      });
    });
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
   *   `cInvalidJSON`, `cWebsocketError`, `cQueueFull`, `cQueueExpired`; or with the reason of the
   *   signal.
   */
  send(name, payload, options) {
    const { timeout, signal } = /** @type {any} */ (isObject(options) ? options : { timeout: options });
    return this.#whenConnected(name, payload, (message) => this.send_(message, timeout, signal), signal);
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

  /**
   * The messages of a name, for `for await`. Taking begins with this call.
   * @param {string | RegExp} name
   * @param {import('../types/client').MessagesOptions} [options]
   * @returns {AsyncGenerator<Message, void, undefined>}
   */
  messages(name, options = {}) {
    return messages(this, name, this.#iterations, options);
  }

  /**
   * Asks the server for a sign of life. Without one the client disconnects with 4201 and reconnects.
   * @returns {Promise<any>} Resolves with `pong`; rejects with a {@link LineError} `cPingError` whose
   *   `payload` is the cause.
   */
  ping() {
    const { ws_: ws } = this;
    return this.send_(Message.outgoing_(Message.Name.PING)).catch((/** @type {unknown} */ cause) => {
      // The connection in doubt is gone already.
      if (this.ws_ !== ws) return;
      this.#disconnect(4201, 'Auto ping failed', true);
      throw new LineError(ErrorCode.PING_ERROR, 'No answer to a ping', cause);
    });
  }

  /**
   * The share of `uptimeOptions.window` in which the client was connected.
   * @returns {number | undefined} 0 to 1; undefined unless the option `uptime` is on.
   */
  getUptime() {
    return this.#uptime.share();
  }

  /**
   * What `send` and `ping` go through; may be replaced on an instance, as with the original.
   * @param {Message} message
   * @param {number} [timeout]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  send_(message, timeout, signal) {
    return new Promise((resolve, reject) => this.#request(message, timeout, { resolve, reject, signal }));
  }

  /**
   * @param {Message} message
   * @returns {Promise<void>}
   */
  async sendWithoutResponse_(message) {
    this.#transmit(() => message.toString());
  }

  /**
   * @param {string} name
   * @param {unknown} payload
   * @param {(message: Message) => Promise<any>} send
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async #whenConnected(name, payload, send, signal) {
    if (signal?.aborted) throw signal.reason;
    let message = Message.outgoing_(name, payload);
    if (this.#is(State.CONNECTED)) return send(message);
    const { queue } = this.options;
    if (!queue) throw disconnected();
    const { max, ttl } = queue;
    if (this.#queue.size() >= max) throw new LineError(ErrorCode.QUEUE_FULL, `More than ${max} messages wait`);
    // As it is now, whatever becomes of the payload meanwhile.
    message = Message.parse(toText(() => message.toString()));
    return new Promise((resolve, reject) => {
      const start = () => send(message).then(resolve, reject);
      const expired = () => new LineError(ErrorCode.QUEUE_EXPIRED, `No connection within ${ttl} ms`);
      this.#queue.add({ resolve: start, reject, signal }, ttl, expired);
    });
  }

  /**
   * @param {Message} message
   * @param {unknown} timeout
   * @param {import('./waiting.js').Waiter} waiter
   */
  #request(message, timeout, waiter) {
    const isTimeout = Number.isInteger(timeout) && Number(timeout) >= 0;
    const wait = isTimeout ? Number(timeout) : this.options.responseTimeout;
    const expired = () => new LineError(ErrorCode.MESSAGE_TIMEOUT, `No answer within ${wait} ms`);
    const id = this.#requests.add(waiter, wait, expired);
    message.setId(id);
    try {
      this.#transmit(() => message.toString());
    } catch (error) {
      this.#requests.take(id)?.reject(error);
    }
  }

  /**
   * @param {() => string} write Makes the text of the message.
   * @throws {LineError} `cDisconnected`, `cInvalidJSON`, `cWebsocketError`
   */
  #transmit(write) {
    if (this.ws_?.readyState !== OPEN) throw disconnected();
    const text = toText(write);
    attempt(ErrorCode.WEBSOCKET_ERROR, 'Cannot send', () => this.ws_.send(text));
  }

  // The connection.

  /**
   * Waits for the WebSocket to open or to close.
   * @param {number} timeout ms; 0 is no limit.
   * @param {() => void} expired
   */
  #await(timeout, expired) {
    this.#endWait();
    this.#endWait = timeout ? after(expired, timeout) : noop;
  }

  /** @internal */
  onOpen_() {
    this.#endWait();
    this.state = State.HANDSHAKING;
    const { payload, timeout } = this.options.handshake;
    this.#request(Message.outgoing_(Message.Name.HANDSHAKE, payload), timeout, {
      // At once, so that no message of the server comes before `_connected`.
      resolve: (response) => this.#onHandshake(response),
      reject: (error) => soon(() => this.#onHandshakeFailed(error)),
    });
  }

  /** @param {any} response Of the server. */
  #onHandshake(response) {
    if (!isObject(response)) {
      this.#onHandshakeFailed(new LineError(ErrorCode.HANDSHAKE_ERROR, 'no object in answer', response));
      return;
    }
    this.#reconnect.connected();
    this.id = response.id;
    this.state = State.CONNECTED;
    this.#heartbeat.heard();
    this.#tell(Event.CONNECTED, response.payload);
    // After the listeners, who may have to restore a session first.
    if (this.#is(State.CONNECTED)) for (const { resolve } of this.#queue.takeAll()) resolve(undefined);
  }

  /** @param {LineError} cause */
  #onHandshakeFailed({ code, message, payload }) {
    const isRejected = code === ErrorCode.MESSAGE_REJECTED;
    const failed = isRejected ? ErrorCode.HANDSHAKE_REJECTED : ErrorCode.HANDSHAKE_ERROR;
    const reason = isRejected ? 'Handshake rejected' : 'Handshake failed';
    this.#hasFailed = true;
    this.#tell(Event.CONNECTING_ERROR, new LineError(failed, `${reason}: ${message}`, payload));
    // Not when it would be in vain: a token that is not valid stays so.
    const retry = !(isRejected && payload.retry === false);
    // With the connection lost there is nothing to disconnect.
    if (code !== ErrorCode.DISCONNECTED) this.#disconnect(isRejected ? 4203 : 4202, reason, retry);
  }

  /**
   * @param {any} event The close event of the WebSocket, or the like with `code` and `reason`.
   * @internal
   */
  onClose_(event) {
    this.#endWait();
    this.#heartbeat.end();
    this.#reconnect.disconnected();
    this.ws_ = this.id = null;
    this.#reject(this.#requests);
    this.state = State.DISCONNECTED;
    this.#tell(Event.DISCONNECTED, event);
    this.#awaitReconnect();
  }

  /** The close event did not come. */
  #forceClose() {
    const { ws_: ws } = this;
    const reason = 'Disconnect timeout';
    this.#tell(Event.ERROR, new LineError(ErrorCode.DISCONNECT_TIMEOUT, reason));
    this.onClose_({ code: 4204, reason });
    this.#class.giveUp_(ws);
  }

  /**
   * @param {any} event The error event of the WebSocket; its close event follows, if the server takes part.
   * @internal
   */
  onError_(event) {
    this.#await(this.options.disconnectTimeout, () => this.#forceClose());
    const isConnecting = this.#is(State.CONNECTING, State.HANDSHAKING);
    const error = new LineError(ErrorCode.WEBSOCKET_ERROR, 'The WebSocket failed', event);
    if (!this.#hasFailed) this.#tell(isConnecting ? Event.CONNECTING_ERROR : Event.ERROR, error);
    const { followRedirections, redirectOrigins } = this.options;
    if (!followRedirections) return;
    redirectOf(this.url, redirectOrigins ?? [], this.#class).then(
      (url) => (this.urlFollowed = url),
      (cause) => cause instanceof LineError && this.#tell(Event.ERROR, cause),
    );
  }

  #awaitReconnect() {
    // A listener may have connected again, or disposed of the client.
    if (!this.#is(State.DISCONNECTED)) return;
    if (this.options.reconnect && !this.#stopped) this.#reconnect.schedule();
    else this.#unwatch();
  }

  #connectAgain() {
    try {
      this.connect();
    } catch (error) {
      // The address of a redirect; the application's own has been good before.
      this.urlFollowed = null;
      this.#tell(Event.CONNECTING_ERROR, error);
      this.#awaitReconnect();
    }
  }

  /** Ends reconnecting, and what waits for it. */
  #stop() {
    this.#stopped = true;
    this.#reconnect.reset();
    this.#reject(this.#queue);
    if (!this.ws_) this.#unwatch();
  }

  /** @param {boolean} isBack Whether connecting may succeed now. */
  #onNetwork(isBack) {
    if (this.#is(State.CONNECTED)) this.#autoPing();
    else if (isBack) this.#reconnect.now();
  }

  async #autoPing() {
    try {
      await this.ping();
      if (this.#is(State.CONNECTED)) this.#heartbeat.heard();
    } catch {
      // The ping has disconnected.
    }
  }

  // What comes in.

  /**
   * @param {unknown} data Of a WebSocket message.
   * @internal
   */
  onMessage_(data) {
    // Nothing reaches a handler once the application has disconnected.
    if (this.#is(State.DISCONNECTING)) return;
    if (this.#is(State.CONNECTED)) this.#heartbeat.heard();
    const { maxPayload, maxDepth } = this.options;
    if (maxPayload && sizeOf(data, maxPayload) > maxPayload) {
      const reason = 'Message too large';
      this.#tell(Event.ERROR, new LineError(ErrorCode.WEBSOCKET_ERROR, `${reason}: more than ${maxPayload} bytes`));
      this.#disconnect(4208, reason, true);
      return;
    }
    const envelope = readEnvelope(data, maxDepth);
    if (!envelope) {
      this.#tell(Event.ERROR, new LineError(ErrorCode.INVALID_JSON, 'Not a message', data));
      return;
    }
    const message = Message.received_(envelope, this);
    const { name } = message;
    if (name === Message.Name.PING) this.onPingMessage_(message);
    else if (name === Message.Name.RESPONSE) this.#onResponse(message);
    else if (!isReserved(name)) deliver(this, message);
    else this.#answer(message, undefined, new Error('Reserved name'));
  }

  /**
   * @param {Message} message
   * @internal
   */
  onPingMessage_(message) {
    this.#answer(message, 'pong', null);
  }

  /** @param {Message} response */
  #onResponse({ id, err, payload }) {
    const request = this.#requests.take(id);
    if (err) request?.reject(new LineError(ErrorCode.MESSAGE_REJECTED, 'The server rejected the message', err));
    else request?.resolve(payload);
  }

  // What messages call when they are answered.

  /**
   * @param {LineError} error
   * @internal
   */
  onAnswerError_(error) {
    this.#tell(Event.ERROR, error);
  }

  /**
   * Whether a promise may be neither fulfilled nor rejected: not every platform tells.
   * @param {Promise<any>} _promise
   * @internal
   */
  isPending_(_promise) {
    return true;
  }

  /**
   * @param {Message} message
   * @param {string} text Of the answer.
   * @internal
   */
  respond_(message, text) {
    // An empty id and 0 count as none.
    if (!message.id) return;
    try {
      this.#transmit(() => text);
    } catch (cause) {
      this.onNotResponded_(message, cause);
    }
  }

  /**
   * @param {Message} message
   * @param {unknown} cause
   * @internal
   */
  onNotResponded_({ name }, cause) {
    const error = new LineError(ErrorCode.MESSAGE_NOT_RESPONDED, `No answer to ${name}`, cause);
    // Not from inside the handler's call of resolve or reject.
    soon(() => this.#tell(Event.ERROR, error));
  }

  /**
   * @param {Message} message
   * @param {unknown} payload
   * @param {unknown} err
   */
  #answer(message, payload, err) {
    this.respond_(message, messageJson(Message.Name.RESPONSE, payload, message.id, err));
  }

  // Shared.

  /** @returns {any} The class of this client, whose statics an application may have replaced. */
  get #class() {
    return this.constructor;
  }

  /** @param {string[]} states */
  #is(...states) {
    return states.includes(this.state);
  }

  /**
   * Emits an event of the client itself.
   * @param {string} event
   * @param {any} [value]
   */
  #tell(event, value) {
    // Not those that a listener adds: they wait for what comes next.
    const watchers = [...this.#watchers];
    if (event === Event.DISCONNECTED) this.#watchers = [];
    guard(() => this.emit(event, value));
    watchers.forEach((watcher) => watcher(event, value));
  }

  /** @param {(event?: any) => void} call Is called once the connection is closed, if there is one. */
  #afterClose(call) {
    if (this.ws_) this.#watchers.push((event, value) => event === Event.DISCONNECTED && call(value));
    else call();
  }

  /** @param {import('./waiting.js').WaitingList} waiting For a connection, or for what comes by it. */
  #reject(waiting) {
    for (const { reject } of waiting.takeAll()) reject(disconnected());
  }
}

/** @param {() => string} write */
const toText = (write) => attempt(ErrorCode.INVALID_JSON, 'Not JSON', write);

// `await using client = new LineClient(…)`, where the platform knows that.
const { asyncDispose } = /** @type {any} */ (Symbol);
if (asyncDispose) {
  /** @type {any} */ (Client.prototype)[asyncDispose] = /** @this {Client} */ function disposeAsync() {
    return this.dispose();
  };
}

module.exports = { Client };
