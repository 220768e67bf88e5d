// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const LineError = require('../../common/line-error.js');
const cluster = require('./cluster.js');
const { createServer } = require('../binding/native.js');
const { Deadlines } = require('../connection/deadlines.js');
const { Draining, drainOf } = require('./draining.js');
const { Handovers } = require('../attach/handovers.js');
const { Inbox } = require('../binding/inbox.js');
const { ignore } = require('../connection/leaving.js');
const { Message } = require('../connection/message.js');
const { Rooms } = require('../rooms/rooms.js');
const { ServerConnection } = require('../connection/connection.js');
const { ServerRoom } = require('../rooms/room.js');
const { SocketServer } = require('../attach/socket-server.js');
const { attach } = require('../attach/attachments.js');
const { serverLog } = require('../runtime/debug.js');
const { begin, checkPlace, systemError } = require('./listening.js');
const { encrypt } = require('../options/secure-context.js');
const { guarded, makeOptions, maxPendingSends } = require('../options/options.js');
const { refuseUpgrade, refuseUnavailable } = require('../upgrade/refusal.js');
const { readStats } = require('./stats.js');
const { ServerErrorCode: ErrorCode, ServerEvent: Event } = require('../enums.js');
const { wantsToBeAsked, decideUpgrade } = require('../upgrade/upgrade.js');

/** @typedef {import('./listening.js').Listening} Listening */

/**
 * A WebSocket server with acknowledged messages, handshakes, rooms and broadcast. Its options, events
 * and methods are documented in `index.d.ts`.
 */
class Server extends Emitter {
  static Event = Event;
  static ErrorCode = ErrorCode;
  static Message = Message;
  static Connection = ServerConnection;
  static Room = ServerRoom;
  static Error = LineError;
  static refuseUpgrade = refuseUpgrade;

  /**
   * Settled when the listener is closed and, with `clientTracking`, every connection has ended.
   * @type {{thread: number, promise: Promise<void>, resolve: () => void, draining?: Draining, isOver?: boolean} | undefined}
   */
  #stopping = undefined;
  /** Settled when the start that was called last is over, and never rejected. @type {Promise<void>} */
  #starting = Promise.resolve();
  /** Threads that have not ended: those of listeners that are closed live as long as their connections. @type {Set<number>} */
  #threads = new Set();
  /**
   * Ends what it does beside listening: in a cluster, or at an HTTP server.
   * @type {() => unknown}
   */
  #leave = () => undefined;
  /**
   * Whose upgrades it serves.
   * @type {import('node:http').Server | undefined}
   */
  #web = undefined;
  /** The thread whose listener was closed last. @type {number | undefined} */
  #closed = undefined;
  /** Whether it serves what others have accepted, and nothing else. */
  #isAttached = false;
  /** Upgrades refused because the server did not run. */
  #turnedAway = 0;
  /** @type {any} */
  #options;

  /**
   * @param {import('../../index.d.ts').ServerOptions} [options]
   * @throws {LineError} `sInvalidOptions`, naming the option.
   */
  constructor(options = {}) {
    super();
    /** @internal */
    this.native_ = createServer();
    /**
     * The options, to be read where every message counts: {@link options} costs more.
     * @type {any}
     * @internal
     */
    this.settings_ = makeOptions(options, this.native_);
    this.#options = guarded(this.settings_);
    /** @internal */
    this.handovers_ = new Handovers(this);
    /** @internal */
    this.inbox_ = new Inbox(this);
    this.rooms = new Rooms(this);
    /**
     * What serves WebSockets; null when nothing does.
     * @type {SocketServer | null}
     */
    this.server = null;
    /** @type {Listening | undefined} */
    this.listening_ = undefined;
    /**
     * What ends the connections in good order, once it has begun to.
     * @type {Draining | undefined}
     * @internal
     */
    this.draining_ = undefined;
    /**
     * Whether all connections are being cut: nothing more reaches a handler.
     * @internal
     */
    this.isCut_ = false;
    /**
     * @type {import('../connection/sends.js').SendServices}
     * @internal
     */
    this.sending_ = {
      native: this.native_,
      inbox: this.inbox_,
      deadlines: new Deadlines(
        (expire) => this.inbox_.whenCaughtUp(expire),
        (pending) => pending.sends.onTimeout(pending),
      ),
      maxPending: () => maxPendingSends(this.settings_),
      onSettled: (connection) => this.draining_?.check(connection),
    };
    serverLog('created');
  }

  /** The options with their defaults. What is set on them, or in their place, is checked. @type {any} */
  get options() {
    return this.#options;
  }

  set options(given) {
    this.settings_ = makeOptions(given, this.native_);
    this.#options = guarded(this.settings_);
  }

  /**
   * Starts to listen.
   * @returns {Promise<void>} Rejects with a {@link LineError}: `sInvalidAction` when the server runs
   *   already, `sWebsocketError` when it cannot listen, with the system's error as `payload`.
   */
  async start() {
    if (this.server) {
      throw new LineError(ErrorCode.INVALID_ACTION, 'The server has been started already');
    }
    const server = new SocketServer(this);
    this.server = server;
    const started = this.#start(server, this.#starting);
    this.#starting = started.catch(() => {});
    return started;
  }

  /**
   * @param {object} server What {@link server} is as long as it is wanted.
   * @param {Promise<void>} before Settled when an earlier start is over that was stopped meanwhile.
   */
  async #start(server, before) {
    try {
      checkPlace(this.options);
      // The same port may be asked for again.
      await before;
      await this.#stopping?.promise;
      if (this.server !== server) throw stoppedMeanwhile();
      this.native_.ask(wantsToBeAsked(this));
      encrypt(this.options.tls, this.native_);
      const { listening, own } = await begin(this.options, this.native_, () => this.inbox_.wake());
      this.#threads.add(listening.thread);
      if (this.server !== server) {
        await Promise.all([own && cluster.close(own), this.#end(listening.thread)]);
        throw stoppedMeanwhile();
      }
      this.#onListening(listening, own);
    } catch (cause) {
      if (this.server === server) this.server = null;
      if (cause instanceof LineError) throw cause;
      const why = /** @type {Error} */ (cause).message;
      throw new LineError(ErrorCode.WEBSOCKET_ERROR, `The server could not be started: ${why}`, cause);
    }
  }

  /**
   * @param {Listening} listening
   * @param {import('node:http').Server | undefined} own The HTTP server that listens for it alone.
   */
  #onListening(listening, own) {
    this.listening_ = listening;
    serverLog('listening on %o', listening.address);
    // Without a listener of its own the server keeps the process alive by its connections only.
    const { thread, address } = listening;
    this.#isAttached = address === null;
    this.updateKeepAlive_();
    this.#web = own ?? this.options.server;
    if (address !== null) {
      this.#leave = cluster.join(address, () => this.native_.stop(thread, false));
    } else if (this.#web) {
      const detach = attach(this, this.#web);
      this.#leave = () => {
        detach();
        return own && cluster.close(own);
      };
    }
  }

  /**
   * Stops listening and disconnects every client: at once, or with `drain` in good order.
   * @param {import('../../index.d.ts').StopOptions} [options]
   * @returns {Promise<void>} Resolves when all have been told and the port is free. Rejects with a
   *   {@link LineError}: `sInvalidAction` when the server does not run; `sInvalidOptions`.
   */
  async stop(options) {
    if (!this.server) {
      // Whoever is draining may lose patience.
      if (this.#stopping?.draining && options === undefined) {
        this.#stopping.draining.cut();
        return this.#stopping.promise;
      }
      const text = 'The server is not running: it was not started, or has been stopped already';
      throw new LineError(ErrorCode.INVALID_ACTION, text);
    }
    const drain = options === undefined ? undefined : drainOf(options);
    serverLog('stopping');
    this.server = null;
    // An HTTP server goes on: while its line server drains, upgrades that come by it are refused.
    const goesOn = drain && this.#isAttached && this.#web === this.options.server;
    const left = goesOn ? undefined : this.#leaveAll();
    const listening = this.listening_;
    this.listening_ = undefined;
    if (listening === undefined) {
      // Still starting: `start` sees that it is not wanted any more, and frees the port.
      if (options === undefined) this.#stopping?.draining?.cut();
      return this.#starting;
    }
    await this.#end(listening.thread, drain);
    if (drain || this.options.clientTracking !== false) await left;
    return undefined;
  }

  /**
   * Ends a thread with its listener, and its connections unless they are left alone or drained.
   * @param {number} thread
   * @param {import('./draining.js').Drain} [drain]
   * @returns {Promise<void>} Resolves when that is done.
   */
  #end(thread, drain) {
    let resolve = () => {};
    /** @type {Promise<void>} */
    const promise = new Promise((settle) => {
      resolve = settle;
    });
    const draining = drain && new Draining(this, drain);
    this.#stopping = { thread, promise, resolve, draining };
    this.updateKeepAlive_();
    if (drain === undefined && this.options.clientTracking !== false) this.cutAll_();
    else this.native_.stop(thread, false);
    if (this.#closed === thread) this.#beginDraining();
    return promise;
  }

  /**
   * What `await using` calls: ends what there is to end.
   * @internal
   */
  async dispose_() {
    if (this.server) await this.stop();
    else await this.#stopping?.promise;
  }

  /**
   * Closes the listener and cuts every connection, those of earlier listeners as well.
   * @internal
   */
  cutAll_() {
    this.isCut_ = true;
    for (const connection of this.inbox_.connections) if (connection !== undefined) ignore(connection);
    this.#threads.forEach((thread) => this.native_.stop(thread, true));
  }

  #leaveAll() {
    const left = this.#leave();
    this.#leave = () => undefined;
    return left;
  }

  #beginDraining() {
    this.draining_ = this.#stopping?.draining;
    this.draining_?.begin();
  }

  /**
   * Replaces the key, certificate and other settings of TLS for connections to come; those that are
   * there go on with theirs.
   * @param {Partial<import('../../index.d.ts').TlsOptions>} tls What is not given stays as it is.
   * @throws {LineError} `sInvalidOptions`, naming the option, and nothing has changed;
   *   `sInvalidAction` when the server has no option `tls`.
   */
  setSecureContext(tls) {
    const { options } = this;
    if (!options.tls) {
      throw new LineError(ErrorCode.INVALID_ACTION, 'The server was made without the option "tls"');
    }
    const changed = { ...options.tls, ...tls };
    encrypt(changed, this.native_);
    options.tls = changed;
    serverLog('took a new secure context');
  }

  /**
   * Where the server listens, e.g. the port the system chose for port 0; with the option `server`
   * where that one does.
   * @returns {Listening['address'] | null} Null when it does not listen.
   */
  address() {
    if (this.listening_ === undefined) return null;
    return this.listening_.address ?? this.#web?.address() ?? null;
  }

  /**
   * Serves an upgrade of any HTTP server, whose `upgrade` event gives the arguments. The request is
   * checked as one to a port of this server's own, and refused or answered. While the server does
   * not run it is refused with 503 and `Retry-After`.
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Uint8Array} head
   * @param {(socket: import('../connection/socket.js').Socket) => void} [callback] Called once the WebSocket is open.
   */
  handleUpgrade(request, socket, head, callback) {
    if (this.listening_ === undefined) {
      this.#turnedAway += 1;
      refuseUnavailable(socket);
      return;
    }
    this.handovers_.take(request, socket, head, false, callback);
  }

  /** @returns {import('../../types/stats.d.ts').ServerStats} What has happened so far, in numbers: a new object. */
  getStats() {
    return readStats(this.native_, this.#turnedAway);
  }

  /** @returns {{[id: string]: ServerConnection}} All connections by id, as a new object. */
  getConnections() {
    return this.rooms.root.getConnections();
  }

  /**
   * @param {string} id
   * @returns {ServerConnection | undefined}
   */
  getConnectionById(id) {
    return this.rooms.root.getConnectionById(id);
  }

  /**
   * Sends a message to every client whose handshake is resolved.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @throws {LineError} `mInvalidJson`
   */
  broadcast(name, payload) {
    this.rooms.root.broadcast(name, payload);
  }

  /**
   * @param {string} room
   * @returns {ServerRoom | undefined} The room, if it has members.
   */
  getRoom(room) {
    return this.rooms.getRoom(room);
  }

  /**
   * @param {ServerConnection} connection
   * @returns {string[]} Names of the rooms a connection is in.
   */
  getRoomsOf(connection) {
    return this.rooms.getRoomsOf(connection);
  }

  /**
   * Takes a connection out of every room.
   * @param {ServerConnection} connection
   */
  removeFromAllRooms(connection) {
    this.rooms.removeFromAll(connection);
  }

  /**
   * Adds a listener; see the emitter. With a `headers` listener the core asks before it answers an
   * upgrade.
   * @param {any} eventName
   * @param {any} handler
   * @param {number} [execLimit]
   * @param {boolean} [prepend]
   * @returns {any} This emitter. Not `{this}`: TypeScript takes that for another type than the parent's.
   */
  addListener(eventName, handler, execLimit, prepend) {
    super.addListener(eventName, handler, execLimit, prepend);
    this.native_.ask(wantsToBeAsked(this));
    return this;
  }

  /**
   * @param {any} listener
   */
  removeListener_(listener) {
    super.removeListener_(listener);
    this.native_.ask(wantsToBeAsked(this));
  }

  /**
   * @param {ServerConnection} connection
   * @returns {number | undefined} Its slot; undefined when it is not one of ours or has ended.
   * @internal
   */
  slotOf_(connection) {
    const slot = connection?.slot_;
    return this.inbox_.connections[slot] === connection ? slot : undefined;
  }

  /**
   * Whether a request is for this server.
   * @param {{url?: string}} request
   * @internal
   */
  shouldHandle_(request) {
    const { path } = this.options;
    return !path || this.native_.isFor(request.url ?? '', path);
  }

  /**
   * Sees that the process lives as long as there is something to do.
   * @internal
   */
  updateKeepAlive_() {
    const isBusy = this.#stopping !== undefined || this.handovers_.size > 0;
    this.native_.keepAlive(!this.#isAttached || isBusy);
  }

  /**
   * @param {number} key
   * @internal
   */
  onUpgrade_(key) {
    decideUpgrade(this, key);
  }

  /**
   * @param {number} number The system's error number.
   * @internal
   */
  onAcceptFailed_(number) {
    const error = systemError(number, 'accept');
    serverLog('a connection could not be accepted: %s', error);
    this.emit(Event.ERROR, error);
  }

  /**
   * A listener has been closed.
   * @param {number} thread
   * @param {boolean} ended Its connections have ended, too.
   * @internal
   */
  onDetached_(thread, ended) {
    this.#closed = thread;
    if (ended) this.#threads.delete(thread);
    const stopping = this.#stopping;
    if (stopping === undefined || (stopping.thread !== thread && !stopping.isOver)) {
      // By the cluster, without `stop()`, which may have nothing left to do.
      const isDone = ended || this.options.clientTracking === false;
      if (isDone && this.listening_?.thread === thread) this.listening_ = undefined;
      return;
    }
    const { draining, resolve } = stopping;
    if (draining && !ended) {
      this.#beginDraining();
      return;
    }
    stopping.isOver = true;
    // Connections of earlier listeners end as well.
    if (ended && this.#threads.size > 0) return;
    serverLog('stopped');
    draining?.end();
    this.draining_ = undefined;
    this.#leaveAll();
    this.#stopping = undefined;
    this.isCut_ = false;
    this.updateKeepAlive_();
    resolve();
  }
}

// Older releases of Node 18 do not have the symbol.
if (typeof Symbol.asyncDispose === 'symbol') {
  Object.defineProperty(Server.prototype, Symbol.asyncDispose, {
    value() {
      return this.dispose_();
    },
    configurable: true,
    writable: true,
  });
}

function stoppedMeanwhile() {
  return new LineError(ErrorCode.INVALID_ACTION, 'The server was stopped while it started');
}

module.exports = { Server };
