// @ts-check
'use strict';

const tls = require('node:tls');
const { setImmediate, setTimeout } = require('node:timers');

const { shouldHandle } = require('./socket-server.js');
const { guard, isHeardByOthers, refuse } = require('../upgrade/refusal.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('node:http').Server} HttpServer */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:stream').Duplex} Duplex */

/** The status for an upgrade that no server serves: the same as of the core for another path. */
const BAD_REQUEST = 400;

/**
 * Time that other listeners have to take an upgrade which is not for a line server, in ms. Whether a listener that has
 * done nothing yet will still do something cannot be known: it may be waiting for a session store. Engine.IO gives
 * others as long.
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
    // Until a server takes the stream nothing else may listen for its errors.
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
    // The answer to an earlier request may still have to be written, by Node.
    const written = /** @type {any} */ (stream)._httpMessage ? Infinity : writtenTo(stream);
    const refuseUntaken = () => {
      if (!isTaken(stream, written)) refuse(stream, BAD_REQUEST);
    };
    const allOurs = this.#http.listeners('upgrade').every((listener) => OURS in listener);
    // Those decide at once. Otherwise the turn is waited for before the time begins: a busy one would use it up.
    if (allOurs) setImmediate(refuseUntaken);
    else setImmediate(() => isTaken(stream, written) || setTimeout(refuseUntaken, GRACE));
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
   * Reaches listeners of `error` of the line servers. Where there is none it must not pass unnoticed.
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
 * Whether somebody has taken an upgrade, by all that can be seen of it: its stream was ended, written to or read, or
 * somebody listens for its errors, as who means to use it has to.
 * @param {Duplex} stream
 * @param {number} written How much had been written to it before; Infinity when that tells nothing.
 */
function isTaken(stream, written) {
  const nodes = stream instanceof tls.TLSSocket ? 1 : 0;
  return !stream.writable || stream.readableFlowing !== null || writtenTo(stream) > written || isHeardByOthers(stream, nodes);
}

/**
 * Lets a line server serve upgrades of an HTTP server.
 * @param {Server} server
 * @param {HttpServer} http
 * @returns {() => void} Ends that.
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
