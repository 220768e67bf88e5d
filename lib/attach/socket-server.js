// @ts-check
'use strict';

const { Socket } = require('../connection/socket.js');
const { kHandovers, kNative, kServe } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

/**
 * `server.server` of a running server, with the members that applications use of the original's
 * WebSocket server.
 */
class SocketServer {
  #server;

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
    this.options = server.options;
  }

  /** Where the server listens; see `Server.address`. */
  address() {
    return this.#server.address();
  }

  /**
   * Whether a request is for the path of this server.
   * @param {import('node:http').IncomingMessage} request
   */
  shouldHandle(request) {
    return shouldHandle(this.#server, request);
  }

  /**
   * Upgrades a request. The client is served once `emit('connection', socket)` is called.
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} stream
   * @param {Uint8Array} head
   * @param {(socket: Socket) => void} callback
   */
  handleUpgrade(request, stream, head, callback) {
    this.#server[kHandovers].take(request, stream, head, true, callback);
  }

  /**
   * With `connection`: serves a client that `handleUpgrade` has upgraded.
   * @param {string} eventName
   * @param {unknown} socket
   * @returns {boolean} Whether it did.
   */
  emit(eventName, socket) {
    if (eventName !== 'connection' || !(socket instanceof Socket)) return false;
    socket[kServe]();
    return true;
  }
}

/**
 * Whether a request is for a server, by its path.
 * @param {Server} server
 * @param {{url?: string}} request
 */
function shouldHandle(server, request) {
  const { path } = server.options;
  return !path || server[kNative].isFor(request.url ?? '', path);
}

module.exports = { SocketServer, shouldHandle };
