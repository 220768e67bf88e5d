// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { ConnectionEvent, ConnectionState, ServerErrorCode } = require('../enums.js');
const { closeProblem, GOING_AWAY } = require('../close-codes.js');
const { refuseMessages } = require('../connection/leaving.js');
const { serverLog } = require('../runtime/debug.js');
const { shown } = require('../shown.js');
const { refuseUnknown } = require('../options/unknown-options.js');
const { clearInterval, clearTimeout, now, setRepeatingTimer, setTimer } = require('../runtime/environment.js');
const { kGathering, kInbox, kIsIdle, kLifecycle, kNative, kSlot } = require('../symbols.js');

/** @typedef {import('./server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */
/** @typedef {import('../connection/message.js').Message} Message */

/** Longest delay of a timer in Node, in ms. */
const MAX_DRAIN = 0x7fffffff;

/** Waves of close frames, spread over the first half of the time; the second half is for the answers. */
const WAVES = 20;

/** Least number of connections in a wave: a server with few connections closes them all at once. */
const LEAST_WAVE = 100;

/**
 * The options of `stop`, checked.
 * @typedef {object} Drain
 * @property {number} drain Milliseconds until the remaining connections are cut.
 * @property {number} code
 * @property {string} reason
 */

/**
 * @param {any} options Those of `stop`.
 * @returns {Drain}
 * @throws {LineError} `sInvalidOptions`
 */
function drainOf(options) {
  const { drain, code = GOING_AWAY, reason = '' } = Object(options);
  if (typeof options === 'object' && options !== null) refuseUnknown('options', options, ['drain', 'code', 'reason']);
  const isTime = Number.isInteger(drain) && drain >= 0 && drain <= MAX_DRAIN;
  const problem = isTime
    ? closeProblem(code, reason)
    : `"drain" must be an integer from 0 to ${MAX_DRAIN}, in milliseconds; got ${shown(drain)}`;
  if (problem !== undefined) throw new LineError(ServerErrorCode.INVALID_OPTIONS, problem);
  return { drain, code, reason };
}

/**
 * The drain of a server: each connection gets an event, finishes its requests and is closed. Connections that
 * remain when the time is up are cut.
 */
class Draining {
  #server;
  #drain;
  #deadline;
  #timer;
  /** @type {NodeJS.Timeout | undefined} */
  #waves = undefined;
  /** Connections that may have unfinished requests or sends from before the drain. @type {Set<ServerConnection>} */
  #busy = new Set();
  /** Unanswered requests that came during the drain. @type {Map<ServerConnection, Set<Message>>} */
  #late = new Map();
  /** Connections to close once their requests in `#late` are answered; new ones reach no handler. @type {Set<ServerConnection>} */
  #ending = new Set();
  /** Connections to close, oldest first. @type {ServerConnection[]} */
  #done = [];
  #waveSize = LEAST_WAVE;
  /** How many more connections this wave closes. */
  #left = 0;

  /**
   * The time of the drain begins now.
   * @param {Server} server
   * @param {Drain} drain
   */
  constructor(server, drain) {
    this.#server = server;
    this.#drain = drain;
    this.#deadline = now() + drain.drain;
    this.#timer = setTimer(() => this.cut(), drain.drain);
  }

  /** Called when the listener is closed and everything received until then is handled. */
  begin() {
    const { code, reason, drain } = this.#drain;
    const { [kNative]: native, [kInbox]: inbox } = this.#server;
    native.core.closeUnknown(code, reason);
    for (const connection of inbox.connections) if (connection !== undefined) this.#busy.add(connection);
    serverLog('draining %d connections', this.#busy.size);
    this.#waveSize = Math.max(LEAST_WAVE, Math.ceil(this.#busy.size / WAVES));
    this.#waves = setRepeatingTimer(() => this.#wave(), drain / 2 / WAVES);
    this.#wave();
    for (const connection of this.#busy) {
      inbox.guard(() => this.#announce(connection));
      this.check(connection);
    }
  }

  /** @param {ServerConnection} connection */
  #announce(connection) {
    if (connection.state !== ConnectionState.CONNECTED) return;
    const { code, reason } = this.#drain;
    connection.emit(ConnectionEvent.DISCONNECTING, code, reason, Math.max(0, Math.round(this.#deadline - now())));
  }

  /**
   * Closes a connection that has nothing left to finish.
   * @param {ServerConnection} connection
   */
  check(connection) {
    if (!connection[kIsIdle] || this.#server[kGathering].asks(connection) || !this.#busy.delete(connection)) return;
    this.#done.push(connection);
    this.#closeDone();
  }

  /** Closes those that have nothing left to finish: a question to many is over. */
  checkAll() {
    for (const connection of this.#busy) this.check(connection);
  }

  /**
   * Called when a request reaches its handler during the drain.
   * @param {ServerConnection} connection
   * @param {Message} message
   */
  onRequest(connection, message) {
    const late = this.#late.get(connection);
    if (late) late.add(message);
    else this.#late.set(connection, new Set([message]));
  }

  /**
   * Called when a request is answered that may have come during the drain.
   * @param {ServerConnection} connection
   * @param {Message} message
   */
  onAnswered(connection, message) {
    const late = this.#late.get(connection);
    if (!late?.delete(message) || late.size > 0) return;
    this.#late.delete(connection);
    if (!this.#ending.delete(connection)) return;
    this.#done.push(connection);
    this.#closeDone();
  }

  /**
   * Closes a client that begins its handshake during the drain.
   * @param {ServerConnection} connection
   */
  refuse(connection) {
    this.#done.push(connection);
    this.#closeDone();
  }

  #wave() {
    if (this.#done.length > 0) serverLog('a wave of up to %d, %d to close', this.#waveSize, this.#done.length);
    this.#left = this.#waveSize;
    this.#closeDone();
  }

  #closeDone() {
    const { code, reason } = this.#drain;
    while (this.#left > 0 && this.#done.length > 0) {
      const connection = /** @type {ServerConnection} */ (this.#done.shift());
      // A connection that has ended meanwhile does not count.
      if (connection.state === ConnectionState.DISCONNECTED) continue;
      if (this.#late.has(connection)) {
        // No new requests from now on: otherwise a client that never stops sending them would not be closed.
        refuseMessages(connection);
        this.#ending.add(connection);
        continue;
      }
      connection.close(code, reason);
      this.#left -= 1;
    }
  }

  /** Cuts the remaining connections: each gets its close frame, and no time to answer it. */
  cut() {
    const { code, reason } = this.#drain;
    const { [kNative]: native, [kInbox]: inbox } = this.#server;
    serverLog('cutting the remaining connections');
    for (const connection of inbox.connections) {
      if (connection !== undefined) inbox.attempt(() => native.close(connection[kSlot], code, reason));
    }
    this.#server[kLifecycle].cutAll();
  }

  /** Called when the last connection has ended. */
  end() {
    clearTimeout(this.#timer);
    clearInterval(this.#waves);
  }
}

module.exports = { Draining, drainOf };
