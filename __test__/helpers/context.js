// @ts-check
'use strict';

const { RawClient } = require('./raw-client');
const { reservePort } = require('./ports');
const { within } = require('./timing');

/**
 * @typedef {object} Pair
 * @property {RawClient} client
 * @property {any} connection the server's side
 * @property {{text: string, message: any}} response to the handshake
 */

/** What one case works with; everything it opens is closed by `dispose`. */
class Context {
  /** @param {import('./implementations').Implementation} implementation */
  constructor({ name, Server }) {
    this.name = name;
    this.Server = Server;
    /** @private @type {any[]} */
    this.servers = [];
    /** @private @type {RawClient[]} */
    this.clients = [];
    /** @private @type {(() => unknown)[]} */
    this.closers = [];
  }

  /**
   * Starts a server on a free port of the loopback interface.
   *
   * @param {Record<string, unknown>} [options]
   * @param {(server: any) => void} [prepare] called before it starts
   * @returns {Promise<{server: any, port: number}>}
   */
  async serve(options = {}, prepare = () => {}) {
    const port = await reservePort();
    const server = this.track(new this.Server({ port, host: '127.0.0.1', ...options }));
    prepare(server);
    await within(server.start(), 'start');
    return { server, port };
  }

  /**
   * @param {any} server to be stopped at the end
   * @returns {any} the same
   */
  track(server) {
    this.servers.push(server);
    return server;
  }

  /** @param {() => unknown} closer called at the end */
  defer(closer) {
    this.closers.push(closer);
  }

  /**
   * Opens a WebSocket without the line handshake.
   *
   * @param {number} port
   * @param {Omit<Parameters<typeof RawClient.open>[0], 'port'>} [options]
   */
  async open(port, options = {}) {
    const client = await RawClient.open({ port, ...options });
    this.clients.push(client);
    return client;
  }

  /**
   * Opens a WebSocket, completes the line handshake and waits for the server's `connection`.
   *
   * @param {{server: any, port: number}} target
   * @param {unknown} [payload] of the handshake
   * @returns {Promise<Pair>}
   */
  async connect({ server, port }, payload) {
    const client = await this.open(port);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const response = await client.handshake(payload);
    const connection = await within(connected, 'connection event');
    return { client, connection, response };
  }

  /**
   * One server and one connected client: what most cases need.
   *
   * @param {Record<string, unknown>} [options]
   * @returns {Promise<Pair & {server: any, port: number}>}
   */
  async pair(options) {
    const target = await this.serve(options);
    return { ...target, ...(await this.connect(target)) };
  }

  async dispose() {
    for (const client of this.clients) client.destroy();
    // Stopping a server that the case itself has stopped rejects, which is expected.
    await Promise.all(this.servers.map((server) => within(server.stop(), 'stop').catch(() => {})));
    /** @type {unknown[]} */
    const failures = [];
    // All of them: one that is left would keep the test file from ending.
    for (const closer of this.closers) await Promise.resolve().then(closer).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

module.exports = { Context };
