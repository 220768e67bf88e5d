// @ts-check
'use strict';

const { shouldHandle } = require('./socket-server.js');
const { afterTurn, setTimer } = require('../runtime/environment.js');
const { guard, isHeardByOthers, refuse } = require('../upgrade/refusal.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('node:http').Server} HttpServer */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:stream').Duplex} Duplex */

/** The status for an upgrade that no server serves: the core answers another path with the same. */
const BAD_REQUEST = 400;

/**
 * Time that other listeners have to take an upgrade which is not for a line server, in ms. A listener can need time
 * before anything shows, for example to wait for a session store. Engine.IO waits as long.
 */
const GRACE = 1000;

/** Marks the `upgrade` listeners of this package, those of other copies of it in the process as well. */
const OURS = Symbol.for('line-socket-native.upgrade');

/** @type {WeakMap<HttpServer, Attachment>} */
const attachments = new WeakMap();

/** The line servers that serve upgrades of one HTTP server. */
class Attachment {
  #http;
  /** @type {Set<Server>} */
  #servers = new Set();

  /** @param {HttpServer} http */
  constructor(http) {
    this.#http = http;
    Object.defineProperty(this.#onUpgrade, OURS, { value: true });
  }

  /** @param {Server} server */
  add(server) {
    if (this.#servers.size === 0) {
      this.#http.on('upgrade', this.#onUpgrade);
      this.#http.on('error', this.#onError);
    }
    this.#servers.add(server);
  }

  /** @param {Server} server */
  remove(server) {
    this.#servers.delete(server);
    if (this.#servers.size > 0) return;
    this.#http.off('upgrade', this.#onUpgrade);
    this.#http.off('error', this.#onError);
  }

  /**
   * @param {IncomingMessage} request
   * @param {Duplex} stream
   * @param {Buffer} head
   */
  #onUpgrade = (request, stream, head) => {
    // Until a server takes the stream, there may be no other listener for its errors.
    guard(stream);
    // A listener before ours has refused it, or the peer has gone.
    if (!stream.writable) return;
    const [first] = this.#servers;
    const chosen = this.#serverFor(request);
    if (chosen !== undefined) chosen.handleUpgrade(request, stream, head);
    else if (this.#http.listenerCount('upgrade') === 1) {
      // The core refuses a request that is for no server.
      first.handleUpgrade(request, stream, head);
    } else this.#leave(stream);
  };

  /**
   * Leaves an upgrade to the other listeners, and refuses it when none of them takes it.
   * @param {Duplex} stream
   */
  #leave(stream) {
    // Node may still have to write the answer to an earlier request.
    const written = /** @type {any} */ (stream)._httpMessage ? Infinity : writtenTo(stream);
    const refuseUntaken = () => {
      if (!isTaken(stream, written)) refuse(stream, BAD_REQUEST);
    };
    const allOurs = this.#http.listeners('upgrade').every((listener) => OURS in listener);
    // Our own listeners decide at once. For others the time begins after this turn, which may be a long one.
    if (allOurs) afterTurn(refuseUntaken);
    else afterTurn(() => isTaken(stream, written) || setTimer(refuseUntaken, GRACE));
  }

  /**
   * The server whose path is asked for, else one that serves every path.
   * @param {IncomingMessage} request
   */
  #serverFor(request) {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
    const servers = [...this.#servers].filter((server) => shouldHandle(server, request));
    return servers.find((server) => server.options.path) ?? servers[0];
  }

  /**
   * Passes an error of the HTTP server to `error` listeners of the line servers. Without any listener it is thrown.
   * @param {Error} error
   */
  #onError = (error) => {
    const heard = [...this.#servers].filter((server) => server.emit('error', error) !== false);
    if (heard.length === 0 && this.#http.listenerCount('error') === 1) throw error;
  };
}

/**
 * Bytes written to a stream so far, or those of them that it still holds.
 * @param {any} stream
 * @returns {number}
 */
function writtenTo(stream) {
  return stream.bytesWritten ?? stream.writableLength ?? 0;
}

/**
 * Whether another listener has taken an upgrade: its stream was destroyed, written to or read, or there is a listener for
 * its errors, which every user of a stream needs. That it was ended says nothing: Node ends one of TLS whose peer has.
 * @param {Duplex} stream
 * @param {number} written Bytes written to it before; Infinity when writes are no sign of use.
 */
function isTaken(stream, written) {
  return stream.destroyed || stream.readableFlowing !== null || writtenTo(stream) > written || isHeardByOthers(stream);
}

/**
 * Lets a line server serve upgrades of an HTTP server.
 * @param {Server} server
 * @param {HttpServer} http
 * @returns {() => void} Detaches the line server.
 */
function attach(server, http) {
  let attachment = attachments.get(http);
  if (attachment === undefined) {
    attachment = new Attachment(http);
    attachments.set(http, attachment);
  }
  attachment.add(server);
  return () => attachment.remove(server);
}

module.exports = { attach };
