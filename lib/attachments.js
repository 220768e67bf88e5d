// @ts-check
'use strict';

/** @typedef {import('./server.js').Server} Server */
/** @typedef {import('node:http').Server} HttpServer */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:stream').Duplex} Duplex */

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
    // A listener before ours has refused it, or the peer has gone.
    if (!stream.writable) return;
    const [first] = this.#servers;
    const chosen = this.#serverFor(request);
    if (chosen === undefined && this.#http.listenerCount('upgrade') > 1) return;
    // The core refuses what is for nobody.
    (chosen ?? first).handleUpgrade(request, stream, head);
  };

  /**
   * The server whose path is asked for, else one that serves every path.
   * @param {IncomingMessage} request
   */
  #serverFor(request) {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
    const servers = [...this.#servers].filter((server) => server.shouldHandle_(request));
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
