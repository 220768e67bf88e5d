// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const cluster = require('./cluster.js');
const { Draining, drainOf } = require('./draining.js');
const { ignore } = require('../connection/leaving.js');
const { SocketServer } = require('../attach/socket-server.js');
const { serverLog } = require('../runtime/debug.js');
const { begin, checkPlace } = require('./listening.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');
const { loadForClients } = require('../runtime/later.js');
const { encrypt } = require('../options/options.js');
const { ServerErrorCode: ErrorCode, ServerEvent } = require('../enums.js');
const { kHandovers, kInbox, kLink, kNative } = require('../symbols.js');

/** @typedef {import('./server.js').Server} Server */
/** @typedef {import('./listening.js').Listening} Listening */

/**
 * A stop under way.
 * @typedef {object} Stopping
 * @property {number} thread The thread that ends.
 * @property {Promise<void>} promise
 * @property {() => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {Draining} [draining]
 * @property {boolean} [isOver] The listener is closed, and the connections of `thread` have ended.
 * @property {NodeJS.Timeout} [patience] Ends the stop after a failure.
 */

/** Milliseconds that a stop has to end, after all connections were cut and the native side has failed. */
const PATIENCE = 1000;

/**
 * Starts and stops a server: its listener and io threads, the HTTP server whose upgrades it serves, its part
 * in a cluster, and the end of its connections.
 */
class Lifecycle {
  #server;
  #native;
  /**
   * Settled when the listener is closed and, with `clientTracking`, every connection has ended.
   * @type {Stopping | undefined}
   */
  #stopping = undefined;
  /** Fulfilled when the last start has succeeded or failed. @type {Promise<void>} */
  #starting = Promise.resolve();
  /** Threads that have not ended. They outlive their listener, as long as they have connections. @type {Set<number>} */
  #threads = new Set();
  /**
   * Leaves the cluster, or the HTTP server.
   * @type {() => unknown}
   */
  #leave = () => undefined;
  /**
   * The HTTP server whose upgrades are served.
   * @type {import('node:http').Server | undefined}
   */
  #web = undefined;
  /** The thread whose listener was closed last. @type {number | undefined} */
  #closed = undefined;
  /** Whether the server has no listener of its own, and serves connections that others have accepted. */
  #isAttached = false;

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
    this.#native = server[kNative];
    /**
     * Undefined while the server does not run.
     * @type {Listening | undefined}
     */
    this.listening = undefined;
    /**
     * The drain under way, once the listener is closed.
     * @type {Draining | undefined}
     */
    this.draining = undefined;
    /** Whether all connections are being cut: nothing more reaches a handler. */
    this.isCut = false;
  }

  /**
   * Starts to listen.
   * @returns {Promise<void>} Rejects with a {@link LineError}: `sInvalidAction` when the server runs
   *   already, `sWebsocketError` when it cannot listen, with the system's error as `payload`.
   */
  async start() {
    if (this.#server.server) {
      throw new LineError(ErrorCode.INVALID_ACTION, 'The server has been started already');
    }
    const wanted = new SocketServer(this.#server);
    this.#server.server = wanted;
    const started = this.#start(wanted, this.#starting);
    this.#starting = started.catch(() => {});
    return started;
  }

  /**
   * @param {object} wanted What `server.server` is until the server is stopped.
   * @param {Promise<void>} before Settled when an earlier start, stopped meanwhile, is over.
   */
  async #start(wanted, before) {
    const server = this.#server;
    try {
      checkPlace(server.options);
      // Both may still hold the same port.
      await before;
      await this.#stopping?.promise;
      await server[kLink]?.leave();
      if (server.server !== wanted) throw stoppedMeanwhile();
      if (server.options.adapter) await this.#join();
      if (server.server !== wanted) throw stoppedMeanwhile();
      this.updateAsking();
      loadForClients();
      encrypt(server.options.tls, this.#native);
      const { listening, own } = await begin(server.options, this.#native, () => server[kInbox].wake());
      this.#threads.add(listening.thread);
      if (server.server !== wanted) {
        await Promise.all([own && cluster.close(own), this.#end(listening.thread)]);
        throw stoppedMeanwhile();
      }
      this.#onListening(listening, own);
    } catch (cause) {
      if (server.server === wanted) server.server = null;
      await this.#leaveNodes();
      if (cause instanceof LineError) throw cause;
      const why = /** @type {Error} */ (cause).message;
      throw new LineError(ErrorCode.WEBSOCKET_ERROR, `The server could not be started: ${why}`, cause);
    }
  }

  /** Joins other servers. */
  async #join() {
    const { Link } = require('../nodes/link.js');
    const link = new Link(this.#server, this.#server.options.adapter);
    this.#server[kLink] = link;
    await link.ready();
  }

  /** Leaves the servers that are joined. */
  async #leaveNodes() {
    const server = this.#server;
    const link = server[kLink];
    if (link === undefined) return;
    await link.leave();
    if (server[kLink] === link) server[kLink] = undefined;
  }

  /**
   * @param {Listening} listening
   * @param {import('node:http').Server | undefined} own The HTTP server that listens for this server alone.
   */
  #onListening(listening, own) {
    this.listening = listening;
    serverLog('listening on %o', listening.address);
    // A server without a listener of its own keeps the process alive only while it has connections.
    const { thread, address } = listening;
    this.#isAttached = address === null;
    this.updateKeepAlive();
    this.#web = own ?? this.#server.options.server;
    if (address !== null) {
      this.#leave = cluster.join(address, () => this.#native.core.stop(thread, false));
    } else if (this.#web) {
      const { attach } = require('../attach/attachments.js');
      const detach = attach(this.#server, this.#web);
      this.#leave = () => {
        detach();
        return own && cluster.close(own);
      };
    }
  }

  /**
   * Stops listening and disconnects every client: at once, or with `drain` in good order.
   * @param {import('../../index.d.ts').StopOptions} [options]
   * @returns {Promise<void>} Resolves when all clients have been told and the port is free. Rejects with a
   *   {@link LineError}: `sInvalidAction` when the server does not run; `sInvalidOptions`. Rejects with another error
   *   when the native side fails: then the server runs on, and can be stopped again.
   */
  async stop(options) {
    const server = this.#server;
    if (!server.server) {
      // A drain under way can be cut short.
      if (this.#stopping?.draining && options === undefined) {
        this.#stopping.draining.cut();
        return this.#stopping.promise;
      }
      const text = 'The server is not running: it was not started, or has been stopped already';
      throw new LineError(ErrorCode.INVALID_ACTION, text);
    }
    const drain = options === undefined ? undefined : drainOf(options);
    serverLog('stopping');
    const running = server.server;
    server.server = null;
    // The HTTP server continues: during the drain, upgrades that it gets are refused.
    const goesOn = drain && this.#isAttached && this.#web === server.options.server;
    const left = goesOn ? undefined : this.#leaveAll();
    const { listening } = this;
    this.listening = undefined;
    if (listening === undefined) {
      // Still starting: `#start` notices that the server was stopped, and frees the port.
      if (options === undefined) this.#stopping?.draining?.cut();
      // It may wait for other servers; or the cluster has closed its listener, and it is still joined with them.
      await Promise.all([this.#starting, this.#leaveNodes()]);
      return undefined;
    }
    try {
      await this.#end(listening.thread, drain);
    } catch (error) {
      // Unless it was started again meanwhile.
      if (server.server === null) {
        server.server = running;
        this.listening ??= listening;
      }
      throw error;
    }
    await this.#leaveNodes();
    if (drain || server.options.clientTracking !== false) await left;
    return undefined;
  }

  /**
   * Ends a thread and its listener. Its connections are cut, unless they are drained or `clientTracking` is false.
   * @param {number} thread
   * @param {import('./draining.js').Drain} [drain]
   * @returns {Promise<void>} Resolves when that is done; rejects when the native side fails.
   */
  #end(thread, drain) {
    let resolve = () => {};
    /** @type {(error: unknown) => void} */
    let reject = () => {};
    /** @type {Promise<void>} */
    const promise = new Promise((settle, fail) => {
      resolve = settle;
      reject = fail;
    });
    const draining = drain && new Draining(this.#server, drain);
    this.#stopping = { thread, promise, resolve, reject, draining };
    this.updateKeepAlive();
    if (drain === undefined && this.#server.options.clientTracking !== false) this.cutAll();
    else this.#stopThreads([thread], false);
    if (this.#closed === thread) this.#beginDraining();
    return promise;
  }

  /** Called by `await using`: stops a running server, or waits until one that is stopping has stopped. */
  async dispose() {
    if (this.#server.server) {
      await this.#server.stop();
    } else {
      // It may have been stopped while it started.
      await this.#starting;
      await this.#stopping?.promise;
    }
  }

  /** Closes the listener and cuts every connection, also those of earlier listeners. */
  cutAll() {
    this.isCut = true;
    const inbox = this.#server[kInbox];
    for (const connection of inbox.connections) if (connection !== undefined) inbox.attempt(() => ignore(connection));
    this.#stopThreads(this.#threads, true);
  }

  /**
   * Closes the listeners of threads. When that fails for one, `stop()` rejects.
   * @param {Iterable<number>} threads
   * @param {boolean} cut Whether their connections are cut.
   */
  #stopThreads(threads, cut) {
    for (const thread of threads) {
      try {
        this.#native.core.stop(thread, cut);
      } catch (error) {
        this.#giveUp(error);
      }
    }
  }

  /**
   * Called when the native side has failed. The event that ends a stop may be lost or come never, so the stop ends in
   * some other way.
   * @param {unknown} error
   */
  onFailure(error) {
    const stopping = this.#stopping;
    if (stopping === undefined || stopping.isOver || !this.isCut) return;
    stopping.patience ??= setTimer(() => this.#stopping === stopping && this.#giveUp(error), PATIENCE);
  }

  /** @param {unknown} error */
  #giveUp(error) {
    this.#settle((stopping) => stopping.reject(error));
  }

  #leaveAll() {
    const left = this.#leave();
    this.#leave = () => undefined;
    return left;
  }

  #beginDraining() {
    this.draining = this.#stopping?.draining;
    this.draining?.begin();
  }

  /** @returns {Listening['address'] | null} Where the server listens; null when it does not. */
  address() {
    if (this.listening === undefined) return null;
    return this.listening.address ?? this.#web?.address() ?? null;
  }

  /** Tells the core whether the application takes part in the decision on upgrades: then the core asks before it answers one. */
  updateAsking() {
    const server = this.#server;
    const { verifyClient, handleProtocols } = server.options;
    const listens = server.listenerCount(ServerEvent.HEADERS) > 0 || server.regexes().length > 0;
    this.#native.core.ask(Boolean(verifyClient || handleProtocols || listens));
  }

  /** Keeps the process alive as long as the server has something to do. */
  updateKeepAlive() {
    const isBusy = this.#stopping !== undefined || this.#server[kHandovers].size > 0;
    // A failure does not concern who calls this: a stop, or an upgrade.
    this.#server[kInbox].attempt(() => this.#native.keepAlive(!this.#isAttached || isBusy));
  }

  /**
   * Called when a listener has been closed.
   * @param {number} thread
   * @param {boolean} ended Whether its connections have ended, too.
   */
  onDetached(thread, ended) {
    this.#closed = thread;
    if (ended) this.#threads.delete(thread);
    const stopping = this.#stopping;
    if (stopping === undefined || (stopping.thread !== thread && !stopping.isOver)) {
      // Closed by the cluster, without `stop()`. A later `stop()` may have nothing left to do.
      const isDone = ended || this.#server.options.clientTracking === false;
      if (isDone && this.listening?.thread === thread) this.listening = undefined;
      return;
    }
    if (stopping.draining && !ended) {
      this.#beginDraining();
      return;
    }
    stopping.isOver = true;
    if (!ended) this.#onStopped();
    // Connections of earlier listeners have to end as well.
    else if (this.#threads.size === 0) this.#server[kHandovers].whenWritten(() => this.#onStopped());
  }

  #onStopped() {
    serverLog('stopped');
    this.#settle(({ resolve }) => resolve());
    this.#leaveAll();
  }

  /**
   * Ends the stop under way.
   * @param {(stopping: Stopping) => void} tell Settles its promise.
   */
  #settle(tell) {
    const stopping = this.#stopping;
    if (stopping === undefined) return;
    tell(stopping);
    clearTimeout(stopping.patience);
    stopping.draining?.end();
    this.draining = undefined;
    this.#stopping = undefined;
    this.isCut = false;
    this.updateKeepAlive();
  }
}

function stoppedMeanwhile() {
  return new LineError(ErrorCode.INVALID_ACTION, 'The server was stopped while it started');
}

module.exports = { Lifecycle };
