// @ts-check
'use strict';

const { constants: { MAX_STRING_LENGTH } } = require('node:buffer');
const LineError = require('../../common/line-error.js');
const { connectionId: idOf } = require('./names.js');
const { ConnectionState, MessageErrorCode } = require('../enums.js');
const { messageJson } = require('../../common/json.js');
const { unwritable } = require('../shown.js');
const { roomLog } = require('../runtime/debug.js');
const { kInbox, kNative, kSlot } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */
/** @typedef {import('../connection/message.js').Message} Message */

/** Most characters of a message to many. Rooms with history add a position, and what they keep is read as a string. */
const LONGEST = MAX_STRING_LENGTH - 64 * 1024;

/**
 * A room, or as `server.rooms.root` all connections whose handshake is resolved. Members are kept on
 * the native side; this is a view of them.
 */
class ServerRoom {
  /** @type {Server} */
  #server;

  /**
   * @param {Server} server
   * @param {string | undefined} name Undefined for all connections.
   */
  constructor(server, name) {
    this.#server = server;
    this.name = name;
  }

  /**
   * Adds a connection. The room of all connections takes only those whose handshake is resolved; others join it then.
   * @param {ServerConnection} connection
   */
  add(connection) {
    const slot = slotOf(this.#server, connection);
    if (slot === undefined) return;
    if (this.name === undefined) {
      if (connection.state === ConnectionState.CONNECTED) this.#server[kNative].admit(slot);
    } else {
      this.#server[kNative].joinRoom(slot, this.name);
    }
  }

  /**
   * Removes a connection.
   * @param {ServerConnection} connection
   * @returns {boolean} Whether it was a member.
   */
  remove(connection) {
    const slot = slotOf(this.#server, connection);
    if (slot === undefined) return false;
    const { [kNative]: native } = this.#server;
    return this.name === undefined ? native.dismiss(slot) : native.leaveRoom(slot, this.name);
  }

  /**
   * @param {string} connectionId
   * @returns {ServerConnection | undefined} The member with this id.
   */
  getConnectionById(connectionId) {
    const { [kNative]: native, [kInbox]: inbox } = this.#server;
    if (this.name === undefined) {
      const slot = native.find(idOf(connectionId));
      return slot < 0 ? undefined : inbox.connections[slot];
    }
    return this.getConnections()[idOf(connectionId)];
  }

  /**
   * @returns {{[id: string]: ServerConnection}} The members by id, as a new object.
   */
  getConnections() {
    const { [kNative]: native, [kInbox]: inbox } = this.#server;
    /** @type {{[id: string]: ServerConnection}} */
    const members = {};
    for (const slot of native.members(this.name)) {
      const connection = inbox.connections[slot];
      if (connection === undefined) continue;
      // An id may be `__proto__`, which assignment would not make a key of.
      Object.defineProperty(members, connection.id, {
        value: connection,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    return members;
  }

  /** @returns {number} How many members the room has. */
  getConnectionsCount() {
    return this.#server[kNative].memberCount(this.name);
  }

  /**
   * Sends a message to every member.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @throws {import('../../common/line-error.js')} `mInvalidJson` when the payload cannot be stringified.
   */
  broadcast(name, payload) {
    const reached = this.#server[kNative].broadcast(this.name, envelopeOf(name, payload));
    if (roomLog.enabled) roomLog('[%s] "%s" to %d', this.name ?? 'root', name, reached);
  }
}

/**
 * The text of a message that is to be sent.
 * @param {Message} message
 * @throws {LineError} `mInvalidJson`
 */
function textOf(message) {
  try {
    return message.toString();
  } catch (cause) {
    throw new LineError(MessageErrorCode.INVALID_JSON, unwritable(message.name, cause));
  }
}

/**
 * The text of a message to many, which needs no object of its own.
 * @param {string} name
 * @param {unknown} payload
 * @throws {LineError} `mInvalidJson`
 */
function envelopeOf(name, payload) {
  try {
    const text = messageJson(name, payload, undefined, undefined);
    if (text.length > LONGEST) throw new RangeError(`a message to many may have at most ${LONGEST} characters`);
    return text;
  } catch (cause) {
    throw new LineError(MessageErrorCode.INVALID_JSON, unwritable(name, cause));
  }
}

/**
 * @param {Server} server
 * @param {ServerConnection} connection
 * @returns {number | undefined} Its slot; undefined when it is not one of the server's or has ended.
 */
function slotOf(server, connection) {
  const slot = connection?.[kSlot];
  return server[kInbox].connections[slot] === connection ? slot : undefined;
}

module.exports = { ServerRoom, envelopeOf, slotOf, textOf };
