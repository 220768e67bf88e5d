// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const LineError = require('../../common/line-error.js');
const { createServer } = require('../binding/native.js');
const { Deadlines } = require('../connection/deadlines.js');
const { Handovers } = require('../attach/handovers.js');
const { Inbox } = require('../binding/inbox.js');
const { Lifecycle } = require('./lifecycle.js');
const { Message } = require('../connection/message.js');
const { Gathering } = require('../rooms/gathering.js');
const { Presences } = require('../rooms/presence.js');
const { RemoteConnection } = require('../rooms/remote-connection.js');
const { connectionId, roomName } = require('../rooms/names.js');
const { Rooms } = require('../rooms/rooms.js');
const { ServerConnection } = require('../connection/connection.js');
const { ServerRoom } = require('../rooms/room.js');
const { Target } = require('../rooms/target.js');
const { serverLog } = require('../runtime/debug.js');
const { encrypt, guarded, makeOptions, maxPendingSends } = require('../options/options.js');
const { refuseUpgrade, refuseUnavailable } = require('../upgrade/refusal.js');
const { ServerErrorCode: ErrorCode, ServerEvent: Event } = require('../enums.js');
const { kGathering, kHandovers, kInbox, kLifecycle, kLink, kNative, kPresences, kSending, kSettings } = require('../symbols.js');

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

  /** Upgrades refused because the server did not run. */
  #turnedAway = 0;
  /** @type {any} */
  #options;
  /** Made when it is first asked for. @type {import('../nodes/nodes.js').Nodes | undefined} */
  #nodes = undefined;

  /**
   * @param {import('../../index.d.ts').ServerOptions} [options]
   * @throws {LineError} `sInvalidOptions`, naming the option.
   */
  constructor(options = {}) {
    super();
    const native = createServer();
    this[kNative] = native;
    this[kSettings] = makeOptions(options, native);
    this.#options = guarded(this[kSettings]);
    this[kHandovers] = new Handovers(this);
    const inbox = new Inbox(this);
    this[kInbox] = inbox;
    this.rooms = new Rooms(this);
    /** Every connection whose handshake is resolved. */
    this.everyone = new Target(this, undefined);
    this[kPresences] = new Presences(this);
    this[kGathering] = new Gathering(this);
    /** @type {import('../nodes/link.js').Link | undefined} */
    this[kLink] = undefined;
    /**
     * The WebSocket server of the original; null while the server does not run.
     * @type {import('../attach/socket-server.js').SocketServer | null}
     */
    this.server = null;
    this[kLifecycle] = new Lifecycle(this);
    /** @type {import('../connection/sends.js').SendServices} */
    const sending = {
      native,
      inbox,
      deadlines: new Deadlines(
        (chore) => inbox.whenCaughtUp(() => inbox.addChore(chore)),
        (pending) => pending.sends.onTimeout(pending),
      ),
      maxPending: () => maxPendingSends(this[kSettings]),
      onSettled: (connection) => this[kLifecycle].draining?.check(connection),
    };
    this[kSending] = sending;
    serverLog('created');
  }

  /** The options with their defaults. Assignments to them, and to this property, are checked. @type {any} */
  get options() {
    return this.#options;
  }

  set options(given) {
    this[kSettings] = makeOptions(given, this[kNative], this[kSettings]);
    this.#options = guarded(this[kSettings]);
  }

  /** The servers that are joined with this one. */
  get nodes() {
    if (this.#nodes === undefined) {
      const { Nodes } = require('../nodes/nodes.js');
      this.#nodes = new Nodes(this);
    }
    return this.#nodes;
  }

  /**
   * Starts to listen.
   * @returns {Promise<void>} Rejects with a {@link LineError}: `sInvalidAction` when the server runs
   *   already, `sWebsocketError` when it cannot listen, with the system's error as `payload`.
   */
  start() {
    return this[kLifecycle].start();
  }

  /**
   * Stops listening and disconnects every client: at once, or with `drain` in good order.
   * @param {import('../../index.d.ts').StopOptions} [options]
   * @returns {Promise<void>} Resolves when all clients have been told and the port is free. Rejects with a
   *   {@link LineError}: `sInvalidAction` when the server does not run; `sInvalidOptions`.
   */
  stop(options) {
    return this[kLifecycle].stop(options);
  }

  /**
   * Replaces the key, certificate and other settings of TLS for new connections. Existing connections
   * keep theirs.
   * @param {Partial<import('../../index.d.ts').TlsOptions>} tls Settings that are not given stay as they are.
   * @throws {LineError} `sInvalidOptions`, naming the option, and nothing has changed;
   *   `sInvalidAction` when the server has no option `tls`.
   */
  setSecureContext(tls) {
    const { options } = this;
    if (!options.tls) {
      throw new LineError(ErrorCode.INVALID_ACTION, 'The server was made without the option "tls"');
    }
    const changed = { ...options.tls, ...tls };
    encrypt(changed, this[kNative]);
    options.tls = changed;
    serverLog('took a new secure context');
  }

  /**
   * Where the server listens, for example the port that the system chose for port 0. With the option
   * `server`, where that HTTP server listens.
   * @returns {Listening['address'] | null} Null when it does not listen.
   */
  address() {
    return this[kLifecycle].address();
  }

  /**
   * Serves an upgrade of any HTTP server, whose `upgrade` event has these arguments. The request is
   * checked like one to a port of this server, and accepted or refused. While the server does not run
   * it is refused with 503 and `Retry-After`.
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Uint8Array} head
   * @param {(socket: import('../connection/socket.js').Socket) => void} [callback] Called once the WebSocket is open.
   */
  handleUpgrade(request, socket, head, callback) {
    if (this[kLifecycle].listening === undefined) {
      this.#turnedAway += 1;
      refuseUnavailable(socket);
      return;
    }
    this[kHandovers].take(request, socket, head, false, callback);
  }

  /** @returns {import('../../types/stats.d.ts').ServerStats} What has happened so far, in numbers: a new object. */
  getStats() {
    const stats = this[kNative].core.stats();
    stats.refused.stopping += this.#turnedAway;
    return { ...stats, adapter: this[kLink]?.stats() ?? null };
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
   * @param {import('../../types/rooms.d.ts').BroadcastOptions} [options]
   * @throws {LineError} `mInvalidJson`, or `sInvalidOptions`, naming the option.
   */
  broadcast(name, payload, options) {
    if (options === undefined && this[kLink] === undefined) this.rooms.root.broadcast(name, payload);
    else this.everyone.broadcast(name, payload, options);
  }

  /**
   * @param {string | readonly string[]} name Of a room, or of several.
   * @returns {Target} Whoever is in it, or in one of them.
   * @throws {LineError} `sInvalidOptions` for what cannot be written as a string.
   */
  room(name) {
    return new Target(this, Array.isArray(name) ? Array.from(name, roomName) : [roomName(name)]);
  }

  /**
   * @param {string} id
   * @returns {RemoteConnection} The connection with this id, if there is one when something is asked of it.
   * @throws {LineError} `sInvalidOptions` for what cannot be written as a string.
   */
  connection(id) {
    return new RemoteConnection(this, connectionId(id));
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
    this[kLifecycle].updateAsking();
    return this;
  }

  /**
   * @param {any} listener
   */
  removeListener_(listener) {
    super.removeListener_(listener);
    this[kLifecycle].updateAsking();
  }
}

// Older releases of Node 18 do not have the symbol.
if (typeof Symbol.asyncDispose === 'symbol') {
  Object.defineProperty(Server.prototype, Symbol.asyncDispose, {
    value() {
      return this[kLifecycle].dispose();
    },
    configurable: true,
    writable: true,
  });
}

module.exports = { Server };
