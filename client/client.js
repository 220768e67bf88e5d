// @ts-check
'use strict';

const { Messaging, request, receive, isOverfull, sendQueued, rejectRequests, rejectQueued } = require('./messaging.js');
const { isString } = require('../common/kind-of.js');
const LineError = require('../common/line-error.js');
const { DISCONNECT_TIMEOUT, DISPOSED, HANDSHAKE_FAILED, HANDSHAKE_REJECTED, PING_FAILED, SLOW_CONSUMER, TAKEN_OVER, TOO_LARGE_FOR_CLIENT } = require('../common/close-codes.js');
const { MessageName } = require('../common/message-enums.js');
const { failure, text } = require('../common/failure.js');
const { State, Event, ErrorCode } = require('./enums.js');
const { readEnvelope, sizeOf } = require('./envelope.js');
const { attempt, guard, saying } = require('./errors.js');
const { heartbeat } = require('./heartbeat.js');
const { Message, outgoing } = require('./message.js');
const { messages } = require('./messages.js');
const { watchNetwork } = require('./network.js');
const { assertOption, clientOptions, isObject } = require('./options.js');
const { keepPositions } = require('./positions.js');
const { reconnection } = require('./reconnect.js');
const { ws2http, http2ws, fetchResponseUrl, redirectOf } = require('./redirect.js');
const { platform } = require('./socket.js');
const { listenToSocket } = require('./socket-events.js');
const { after, noop, soon } = require('./timers.js');
const { measureUptime } = require('./uptime.js');

/**
 * The client of the line protocol, for browsers and whatever else has `WebSocket`. It connects, shakes
 * hands, sends messages and awaits their responses, and reconnects when the connection is lost.
 */
class Client extends Messaging {
  static State = State;
  static Event = Event;
  static ErrorCode = ErrorCode;
  static Message = Message;
  static Error = LineError;
  static LineClient = this;
  static default = this;
  static ws2http = ws2http;
  static http2ws = http2ws;
  static fetchResponseUrl = fetchResponseUrl;

  /** @type {Set<() => void>} What ends the iterations over messages. */
  #iterations = new Set();
  /**
   * What calls of `connectAsync`, `disconnectAsync` and `dispose` wait for: functions by event of the client, up to
   * `_disconnected`.
   * @type {Record<string, (value?: any) => void>[]}
   */
  #watchers = [];
  /** @type {boolean | undefined} Whether not to reconnect. */
  #stopped;
  /** Ends the wait for the WebSocket to open, or to close. */
  #endWait = noop;
  /** @type {boolean | undefined} Whether listeners know that the present WebSocket failed: they are told once. */
  #hasFailed;
  /** Ends the watch of the network, which lasts from `connect` to the last disconnection. */
  #unwatch = noop;
  #heartbeat = heartbeat(this.options, () => this.#autoPing());
  #positions = keepPositions(this.options.positions, (recovery) => this.#tell(Event.RECOVERED, recovery));
  #reconnect = reconnection(this.options.reconnectOptions, () => this.#connectAgain());
  #uptime = measureUptime(this.options, () => this.#is(State.CONNECTED));

  /**
   * @param {string} [url]
   * @param {import('../types/client').ClientOptions} [options]
   * @throws {LineError} `cInvalidOptions`
   */
  constructor(url = 'ws://localhost', options) {
    assertOption(isString(url) && url.trim(), 'url', text`a URL`);
    super(clientOptions(options));
    this.url = url.trim();
    /** @type {string | null} Where redirects have led to. */
    this.urlFollowed = null;
    /** @type {any} The id the server has given to the connection; null when not connected. */
    this.id = null;
  }

  /**
   * Starts connecting. The events `_connected`, or `_connecting_error` and `_disconnected`,
   * report the result.
   * @returns {boolean} Whether it has started: false unless ready or disconnected.
   * @throws {LineError} `cWebsocketError` when the URL is not valid, or there is no WebSocket.
   */
  connect() {
    if (!this.#is(State.READY, State.DISCONNECTED)) return false;
    const { options } = this;
    const url = (options.followRedirections && this.urlFollowed) || this.url;
    const open = () => {
      const ws = platform.openSocket(options.webSocket ?? platform.socketClass(), url, options);
      try {
        listenToSocket(
          ws,
          () => this.ws_ === ws,
          () => this.#onOpen(),
          (event) => this.#onMessage(event.data),
          (event) => this.#onError(event),
          (event) => this.#onClose(event),
        );
      } catch (error) {
        ws.close();
        throw error;
      }
      this.ws_ = ws;
    };
    attempt(ErrorCode.WEBSOCKET_ERROR, open, text`Cannot connect to ${url}`);
    this.#stopped = this.#hasFailed = false;
    this.#reconnect.pause();
    this.#unwatch();
    if (options.watchNetwork) this.#unwatch = watchNetwork((isBack) => this.#onNetwork(isBack));
    this.state = State.CONNECTING;
    // A server may accept a connection, and say nothing.
    this.#await(options.handshake.timeout, () => this.#onHandshakeFailed(failure(ErrorCode.HANDSHAKE_ERROR, undefined, text`no connection`)));
    this.#tell(Event.CONNECTING);
    return true;
  }

  /**
   * Connects, if that has not begun.
   * @returns {Promise<any>} What the server has resolved the handshake with; nothing when connected
   *   already. Rejects with the error of `_connecting_error`, or `cDisconnected`.
   */
  connectAsync() {
    return new Promise((/** @type {(value?: any) => void} */ resolve, reject) => {
      if (this.#is(State.CONNECTED)) return resolve();
      this.connect();
      return this.#watchers.push({
        [Event.CONNECTED]: resolve,
        [Event.CONNECTING_ERROR]: reject,
        [Event.DISCONNECTED]: (event) => reject(failure(ErrorCode.DISCONNECTED, event, text`No connection`)),
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
    // The application disconnects, so the delay begins anew.
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
      attempt(ErrorCode.WEBSOCKET_ERROR, () => this.ws_.close(code || 1000, reason), text`Cannot disconnect`);
      this.state = State.DISCONNECTING;
      rejectRequests(this);
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
      this.disconnect(DISPOSED, 'Client disposed');
      this.#afterClose(() => {
        this.#uptime.stopTimer();
        this.#iterations.forEach((end) => end());
        this.removeAllListeners();
        // A listener of `_disconnected` may have connected again.
        this.#disconnect(DISPOSED);
        this.#afterClose(resolve);
      });
    });
  }

  /** For `await using client = new LineClient(…)`, where the platform knows that. */
  [/** @type {any} */ (Symbol).asyncDispose ?? Symbol()]() {
    return this.dispose();
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
   * @returns {Promise<any>} Resolves with `pong`, with nothing when the connection has ended meanwhile; rejects with a
   *   {@link LineError} `cPingError` whose `payload` is the cause.
   */
  ping() {
    const { ws_: ws } = this;
    return this.send_(outgoing(MessageName.PING)).catch((/** @type {unknown} */ cause) => {
      // That connection has ended already.
      if (this.ws_ !== ws) return;
      this.#disconnect(PING_FAILED, 'Auto ping failed', true);
      throw failure(ErrorCode.PING_ERROR, cause, text`No answer to a ping`);
    });
  }

  /**
   * Where the client stands in rooms with history: to be kept over a page load, for the option `positions`.
   * @returns {Record<string, string>} A new object.
   */
  get positions() {
    return this.#positions.known();
  }

  /**
   * The share of `uptimeOptions.window` in which the client was connected.
   * @returns {number | undefined} 0 to 1; undefined unless the option `uptime` is on.
   */
  getUptime() {
    return this.#uptime.share();
  }

  // What happens to the connection.

  /**
   * Waits for the WebSocket to open or to close.
   * @param {number} timeout ms; 0 is no limit.
   * @param {() => void} expired
   */
  #await(timeout, expired) {
    this.#endWait();
    this.#endWait = after(expired, timeout);
  }

  #onOpen() {
    this.#endWait();
    this.state = State.HANDSHAKING;
    const { payload, timeout } = this.options.handshake;
    request(this, outgoing(MessageName.HANDSHAKE, payload, this.#positions.bring()), timeout, {
      // At once, so that no message of the server comes before `_connected`.
      resolve: (response) => this.#onHandshake(response),
      // A listener may have begun another attempt by then. This is not its failure.
      reject: (error) => soon(() => this.#is(State.CONNECTING) || this.#onHandshakeFailed(error)),
    });
  }

  /** @param {any} response Of the server. */
  #onHandshake(response) {
    if (!isObject(response)) return this.#onHandshakeFailed(failure(ErrorCode.HANDSHAKE_ERROR, response, text`no object in answer`));
    this.#reconnect.connected();
    this.id = response.id;
    this.state = State.CONNECTED;
    this.#heartbeat.heard();
    this.#tell(Event.CONNECTED, response.payload);
    // After the listeners, who may have to restore a session first.
    if (this.#is(State.CONNECTED)) sendQueued(this);
  }

  /** @param {LineError} cause */
  #onHandshakeFailed({ code, payload, message }) {
    if (this.#hasFailed) return;
    const isRejected = code === ErrorCode.MESSAGE_REJECTED;
    const [failed, closeCode, reason] = isRejected
      ? [ErrorCode.HANDSHAKE_REJECTED, HANDSHAKE_REJECTED, 'Handshake rejected']
      : [ErrorCode.HANDSHAKE_ERROR, HANDSHAKE_FAILED, 'Handshake failed'];
    this.#hasFailed = true;
    this.#tell(Event.CONNECTING_ERROR, failure(failed, payload, text`${reason}${isRejected ? saying(payload) : `: ${message}`}`));
    // The server says that another attempt would fail as well, for example because a token is not valid.
    const retry = payload?.retry !== false;
    // With the connection lost there is nothing to disconnect.
    if (code !== ErrorCode.DISCONNECTED) this.#disconnect(closeCode, reason, retry);
  }

  /** @param {any} event The close event of the WebSocket, or the like with `code` and `reason`. */
  #onClose(event) {
    this.#endWait();
    this.#heartbeat.stopTimer();
    this.#reconnect.disconnected();
    this.ws_ = this.id = null;
    rejectRequests(this);
    this.state = State.DISCONNECTED;
    const isTakenOver = event.code === TAKEN_OVER;
    // Two tabs would take the id from each other for ever.
    if (isTakenOver) this.#stop();
    this.#tell(Event.DISCONNECTED, event);
    if (isTakenOver) this.#tell(Event.TAKEN_OVER);
    this.#awaitReconnect();
  }

  /** The close event did not come. */
  #forceClose() {
    const { ws_: ws } = this;
    const reason = 'Disconnect timeout';
    this.#tell(Event.ERROR, failure(ErrorCode.DISCONNECT_TIMEOUT, undefined, text`${reason}`));
    this.#onClose({ code: DISCONNECT_TIMEOUT, reason });
    // In browsers a WebSocket cannot be cut.
    FULL: platform.giveUp(ws);
  }

  /** @param {any} event The error event of the WebSocket; its close event follows, if the server takes part. */
  #onError(event) {
    this.#await(this.options.disconnectTimeout, () => this.#forceClose());
    const error = failure(ErrorCode.WEBSOCKET_ERROR, event, text`The WebSocket failed${saying(event)}`);
    if (!this.#hasFailed) this.#tell(this.#is(State.CONNECTING, State.HANDSHAKING) ? Event.CONNECTING_ERROR : Event.ERROR, error);
    this.#hasFailed = true;
    const { options } = this;
    if (!options.followRedirections) return;
    redirectOf(this.url, options.redirectOrigins, /** @type {any} */ (this.constructor)).then(
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
      // The address of a redirect is not valid; the application's own address has worked before.
      this.urlFollowed = null;
      this.#tell(Event.CONNECTING_ERROR, error);
      this.#awaitReconnect();
    }
  }

  /** Ends reconnecting, and what waits for it. */
  #stop() {
    this.#stopped = true;
    this.#reconnect.reset();
    rejectQueued(this);
    if (!this.ws_) this.#unwatch();
  }

  /** @param {boolean} isBack Whether connecting may succeed now. */
  #onNetwork(isBack) {
    if (this.#is(State.CONNECTED)) this.#autoPing();
    else if (isBack) this.#reconnect.attemptNow();
  }

  async #autoPing() {
    try {
      await this.ping();
      if (this.#is(State.CONNECTED)) this.#heartbeat.heard();
    } catch {
      // The ping has disconnected.
    }
  }

  /** @param {unknown} data Of a WebSocket message. */
  #onMessage(data) {
    // Nothing reaches a handler once the application has disconnected.
    if (this.#is(State.DISCONNECTING)) return;
    if (this.#is(State.CONNECTED)) this.#heartbeat.heard();
    FULL: if (isOverfull(this)) {
      const reason = 'Slow consumer';
      this.#tell(Event.ERROR, failure(ErrorCode.WEBSOCKET_ERROR, undefined, text`The server does not read`));
      this.#disconnect(SLOW_CONSUMER, reason, true);
      return;
    }
    const { maxPayload, maxDepth } = this.options;
    if (maxPayload && sizeOf(data, maxPayload) > maxPayload) {
      this.#tell(Event.ERROR, failure(ErrorCode.WEBSOCKET_ERROR, undefined, text`Message too large: more than ${maxPayload} bytes`));
      this.#disconnect(TOO_LARGE_FOR_CLIENT, 'Message too large', true);
    } else {
      const envelope = readEnvelope(data, maxDepth);
      if (!envelope) this.#tell(Event.ERROR, failure(ErrorCode.INVALID_JSON, data, text`Not a message`));
      else if (this.#positions.note(envelope)) receive(this, envelope);
    }
  }

  // Used by several of the methods above.

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
    const watchers = this.#watchers;
    // Another list, because those that a listener adds wait for what comes next.
    this.#watchers = event === Event.DISCONNECTED ? [] : [...watchers];
    guard(() => this.emit(event, value));
    watchers.forEach((watcher) => watcher[event]?.(value));
  }

  /** @param {(event?: any) => void} call Is called once the connection is closed, if there is one. */
  #afterClose(call) {
    if (this.ws_) this.#watchers.push({ [Event.DISCONNECTED]: call });
    else call();
  }
}

module.exports = { Client };
