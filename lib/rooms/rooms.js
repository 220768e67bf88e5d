// @ts-check
'use strict';

const { roomName } = require('./names.js');
const { ServerRoom, slotOf } = require('./room.js');
const { kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */

/** The rooms of a server. A room exists while it has members. */
class Rooms {
  /** @type {Server} */
  #server;
  /**
   * Rooms handed out, so that the same room is the same object while the application holds it.
   * @type {Map<string, WeakRef<ServerRoom>>}
   */
  #known = new Map();
  #collected = new FinalizationRegistry((/** @type {string} */ name) => {
    if (this.#known.get(name)?.deref() === undefined) this.#known.delete(name);
  });

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
    /** All connections whose handshake is resolved. */
    this.root = new ServerRoom(server, undefined);
  }

  /**
   * @param {string} name
   * @returns {ServerRoom | undefined} The room, if it has members.
   */
  getRoom(name) {
    const key = roomName(name);
    if (!this.#server[kNative].hasRoom(key)) return undefined;
    const known = this.#known.get(key)?.deref();
    if (known !== undefined) return known;
    const room = new ServerRoom(this.#server, key);
    this.#known.set(key, new WeakRef(room));
    this.#collected.register(room, key);
    return room;
  }

  /**
   * Adds a connection to a room; the room is made when it does not exist. A connection that has ended is not added.
   * @param {string} name
   * @param {ServerConnection} connection
   */
  add(name, connection) {
    const slot = slotOf(this.#server, connection);
    if (slot !== undefined) this.#server[kNative].joinRoom(slot, roomName(name));
  }

  /**
   * Removes a connection from a room.
   * @param {string} name
   * @param {ServerConnection} connection
   */
  remove(name, connection) {
    const slot = slotOf(this.#server, connection);
    if (slot !== undefined) this.#server[kNative].leaveRoom(slot, roomName(name));
  }

  /**
   * @param {ServerConnection} connection
   * @returns {string[]} Names of the rooms a connection is in.
   */
  getRoomsOf(connection) {
    const slot = slotOf(this.#server, connection);
    return slot === undefined ? [] : this.#server[kNative].roomsOf(slot);
  }

  /**
   * Removes a connection from every room.
   * @param {ServerConnection} connection
   */
  removeFromAll(connection) {
    const slot = slotOf(this.#server, connection);
    if (slot !== undefined) this.#server[kNative].leaveAll(slot);
  }
}

module.exports = { Rooms };
