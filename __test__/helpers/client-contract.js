// @ts-check
'use strict';

/** The contract of the client: cases that run with every pair of client and server, and must agree. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { WebSocketServer } = require('ws');
const { clients } = require('./clients');
const { Context } = require('./context');
const { ABSENT, check, expectation } = require('./contract');
const { implementations, loadNative } = require('./implementations');
const { describeError } = require('./observe');
const { within } = require('./timing');

/**
 * As `Case` of `contract.js`, for clients: `original` and `ours` are what the clients do, with any server.
 *
 * @typedef {object} ClientCase
 * @property {string} name
 * @property {(context: ClientContext) => Promise<unknown>} run
 * @property {unknown} [expected] of both
 * @property {unknown} [original] an observation, CRASHES or ABSENT
 * @property {unknown} [ours] an observation
 */

/** What one case works with: a server, or a scripted one, and clients. */
class ClientContext extends Context {
  /**
   * @param {import('./implementations').Implementation} server
   * @param {any} Client
   */
  constructor(server, Client) {
    super(server);
    this.Client = Client;
  }

  /**
   * A client, disposed of at the end.
   *
   * @param {number | string} target port, or URL
   * @param {Record<string, unknown>} [options]
   */
  client(target, options) {
    const url = typeof target === 'number' ? `ws://127.0.0.1:${target}` : target;
    const client = new this.Client(url, options);
    this.defer(() => {
      // Calls that wait for a connection must not start again.
      Object.assign(client.options, { reconnect: false, disconnectTimeout: 0 });
      client.removeAllListeners();
      client.dispose();
      client.ws_?.terminate?.();
    });
    return client;
  }

  /**
   * One server and one client connected to it.
   *
   * @param {{client?: Record<string, unknown>, server?: Record<string, unknown>}} [options]
   */
  async clientPair(options = {}) {
    const { server, port } = await this.serve(options.server);
    const client = this.client(port, options.client);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const payload = await within(client.connectAsync(), 'client connected');
    return { server, port, client, payload, connection: await within(connected, 'connection event') };
  }

  /**
   * A server that follows a script, for behaviour that no real server has.
   *
   * @param {(socket: import('ws').WebSocket, index: number) => void} script called for each WebSocket
   * @param {import('ws').ServerOptions} [options]
   * @returns {Promise<number>} its port
   */
  async script(script, options = {}) {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
    let count = 0;
    server.on('connection', (socket) => {
      // The other end may break off.
      socket.on('error', () => {});
      script(socket, count++);
    });
    await new Promise((resolve) => server.once('listening', resolve));
    this.defer(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  }

  async dispose() {
    // Clients first: they would connect again.
    for (const closer of this.closers.splice(0)) await closer();
    await super.dispose();
  }
}

/**
 * Answers the handshakes of a client, and passes on its other messages.
 *
 * @param {import('ws').WebSocket} socket
 * @param {(message: any) => void} [receive]
 */
function welcome(socket, receive = () => {}) {
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.n === '_h') socket.send(JSON.stringify({ n: '_r', p: { id: 'c1' }, i: message.i, e: null }));
    else receive(message);
  });
}

/**
 * Notes the events of a client as plain values, from now on.
 *
 * @param {any} client
 * @returns {any[][]}
 */
function journal(client) {
  /** @type {any[][]} */
  const entries = [];
  for (const event of ['_connecting', '_connecting_error', '_connected', '_disconnecting', '_disconnected', '_error']) {
    client.on(event, (/** @type {any} */ value) => {
      if (event === '_disconnected') entries.push([event, value.code, value.reason]);
      else if (value instanceof Error) entries.push([event, errorOf(value)]);
      else entries.push(value === undefined ? [event] : [event, value]);
    });
  }
  return entries;
}

/**
 * An error of the client as a plain value. Errors of a WebSocket differ by platform, so their content is left out.
 *
 * @param {any} error
 */
function errorOf(error) {
  const { code, payload } = error;
  if (code === 'cWebsocketError') return { code, payload: payload !== undefined };
  return describeError(error);
}

/**
 * As `outcome`, with errors of the client.
 *
 * @param {Promise<any>} promise
 */
function clientOutcome(promise) {
  return promise.then(
    (resolved) => ({ resolved }),
    (error) => ({ rejected: errorOf(error) })
  );
}

/**
 * Registers cases for every pair of client and server.
 *
 * @param {string} subject
 * @param {ClientCase[]} cases
 */
function clientContract(subject, cases) {
  register(subject, cases, implementations());
}

/**
 * Registers cases that use no real server, for every client.
 *
 * @param {string} subject
 * @param {ClientCase[]} cases
 */
function scriptedContract(subject, cases) {
  register(subject, cases, [loadNative()]);
}

/**
 * @param {string} subject
 * @param {ClientCase[]} cases
 * @param {import('./implementations').Implementation[]} servers
 */
function register(subject, cases, servers) {
  const names = new Set(cases.map((entry) => entry.name));
  assert.equal(names.size, cases.length, `two cases of "${subject}" have the same name`);
  for (const { name, Client } of clients()) {
    for (const server of servers) {
      const pair = servers.length > 1 ? `client ${name}, server ${server.name}` : `client ${name}`;
      describe(`${subject} (${pair})`, () => {
        for (const entry of cases) {
          const expected = expectation(entry, name);
          if (expected === ABSENT) continue;
          it(entry.name, () => check(entry, new ClientContext(server, Client), expected));
        }
      });
    }
  }
}

module.exports = { ClientContext, clientContract, scriptedContract, clientOutcome, errorOf, journal, welcome };
