// @ts-check
'use strict';

/** What the tests of history need around a server: a network that breaks, and clients of this package. */

const net = require('node:net');
const { once } = require('node:events');
const LineClient = require('../../client-node.js');

/**
 * A network between clients and a server, which breaks when it is told to.
 */
class Network {
  /** @type {Set<() => void>} */
  #cuts = new Set();
  /** Bytes of the server that still pass; then every connection breaks. */
  #left = Infinity;
  #isDown = false;

  /**
   * @param {import('node:test').TestContext} t
   * @param {number} port Of the server.
   * @returns {Promise<Network>}
   */
  static async open(t, port) {
    const network = new Network();
    const server = net.createServer((near) => network.#connect(near, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      network.cut();
    });
    network.port = /** @type {net.AddressInfo} */ (server.address()).port;
    network.url = `ws://127.0.0.1:${network.port}`;
    return network;
  }

  port = 0;
  url = '';

  /** @param {net.Socket} near @param {number} port */
  #connect(near, port) {
    if (this.#isDown) {
      near.destroy();
      return;
    }
    const far = net.connect(port, '127.0.0.1');
    const cut = () => {
      near.destroy();
      far.destroy();
      this.#cuts.delete(cut);
    };
    this.#cuts.add(cut);
    for (const socket of [near, far]) socket.on('error', cut).on('close', cut);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      near.write(bytes.subarray(0, Math.min(bytes.length, this.#left)));
      this.#left -= bytes.length;
      if (this.#left > 0) return;
      this.#left = Infinity;
      near.end();
      far.destroy();
    });
  }

  /** Breaks all connections. */
  cut() {
    this.#cuts.forEach((cut) => cut());
  }

  /** Breaks the connection once so many more bytes of the server have passed. @param {number} bytes */
  cutAfter(bytes) {
    this.#left = bytes;
  }

  /** Breaks all connections, and lets none be made until `up`. */
  down() {
    this.#isDown = true;
    this.cut();
  }

  up() {
    this.#isDown = false;
  }
}

/**
 * A client of this package that enters rooms after each connection.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string[]} rooms
 * @param {{rewind?: number, options?: object}} [how]
 */
function person(t, url, rooms, { rewind, options } = {}) {
  const reconnectOptions = { initialDelay: 5, maxDelay: 20, minUptime: 0, randomness: 0 };
  const client = new LineClient(url, { reconnectOptions, ...options });
  /** @type {any[]} */
  const said = [];
  /** @type {any[]} */
  const recoveries = [];
  client.on('said', (/** @type {any} */ message) => said.push(message.payload));
  client.on('_recovered', (/** @type {any} */ recovery) => recoveries.push(recovery));
  client.on('_connected', () => {
    for (const room of rooms) client.send('join', { room, rewind }).catch(() => {});
  });
  client.connect();
  t.after(() => client.dispose());
  return { client, said, recoveries };
}

module.exports = { Network, person };
