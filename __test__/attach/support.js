// @ts-check
'use strict';

/** The ways a connection can reach a line server that does not listen by itself. */

const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const { Duplex } = require('node:stream');
const { RawClient } = require('../helpers/raw-client');
const { upgradeRequest } = require('../helpers/raw-http');
const { identity, TRUST } = require('../helpers/tls');
const { within } = require('../helpers/timing');

/**
 * One way: what kind of HTTP server there is and what its clients connect with.
 * @typedef {object} Way
 * @property {string} name
 * @property {'adopted' | 'piped'} transport What `connection.socket.transport` says.
 * @property {boolean} encrypted
 * @property {(onRequest?: http.RequestListener) => Promise<{web: http.Server | https.Server, port: number, close: () => void}>} listen
 * @property {(port: number) => net.Socket} connect
 */

/**
 * @param {net.Server} server
 * @returns {Promise<number>} Its port.
 */
function listening(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(/** @type {net.AddressInfo} */ (server.address()).port));
  });
}

/** A stream over a socket that looks like none: its descriptor is out of reach. */
class Wrapped extends Duplex {
  /** @param {net.Socket} socket */
  constructor(socket) {
    super({ allowHalfOpen: true });
    this.socket = socket;
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  get remoteAddress() {
    return this.socket.remoteAddress;
  }

  get remotePort() {
    return this.socket.remotePort;
  }

  _read() {
    this.socket.resume();
  }

  /** @type {Duplex['_write']} */
  _write(chunk, _, done) {
    this.socket.write(chunk, done);
  }

  /** @type {Duplex['_final']} */
  _final(done) {
    this.socket.end(done);
  }

  /** @type {Duplex['_destroy']} */
  _destroy(error, done) {
    this.socket.destroy();
    done(error);
  }
}

/** @type {Way} */
const plain = {
  name: 'a socket of http.Server',
  transport: process.platform === 'win32' ? 'piped' : 'adopted',
  encrypted: false,
  listen: async (onRequest) => {
    const web = http.createServer(onRequest ?? (() => {}));
    const port = await listening(web);
    return { web, port, close: () => web.close() };
  },
  connect: (port) => net.connect({ port, host: '127.0.0.1', noDelay: true }),
};

/** @type {Way} */
const secure = {
  name: 'a socket of https.Server',
  transport: 'piped',
  encrypted: true,
  listen: async (onRequest) => {
    const web = https.createServer(identity('server'), onRequest ?? (() => {}));
    const port = await listening(web);
    return { web, port, close: () => web.close() };
  },
  connect: (port) => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...TRUST }),
};

/** @type {Way} */
const wrapped = {
  name: 'a duplex of another kind',
  transport: 'piped',
  encrypted: false,
  listen: async (onRequest) => {
    const web = http.createServer(onRequest ?? (() => {}));
    const outer = net.createServer({ allowHalfOpen: true }, (socket) => web.emit('connection', new Wrapped(socket)));
    const port = await listening(outer);
    return { web, port, close: () => outer.close() };
  },
  connect: plain.connect,
};

const WAYS = [plain, secure, wrapped];

/**
 * An HTTP server of a kind, with a line server attached.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Way} way
 * @param {Record<string, unknown>} [options] Of the line server.
 * @param {(server: any) => void} [prepare] Called before it starts.
 */
async function attached(scene, way, options = {}, prepare = () => {}) {
  const { web, port, close } = await way.listen((_, response) => response.end('page'));
  scene.defer(close);
  const server = scene.track(new scene.Server({ server: web, ...options }));
  prepare(server);
  await server.start();
  return { web, port, server };
}

/**
 * Opens a WebSocket, without the line handshake.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Way} way
 * @param {number} port
 * @param {{path?: string, headers?: Record<string, string | null>, head?: Buffer}} [options]
 */
async function open(scene, way, port, { path: target, headers, head = Buffer.alloc(0) } = {}) {
  const socket = way.connect(port);
  scene.defer(() => socket.destroy());
  const client = new RawClient(socket);
  socket.write(Buffer.concat([Buffer.from(upgradeRequest({ path: target, headers })), head]));
  await within(client.upgraded, 'answer to the upgrade');
  return client;
}

/**
 * Opens a connection and shakes hands.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Way} way
 * @param {{port: number, server: any}} target
 * @param {Parameters<typeof open>[3]} [options]
 * @returns {Promise<{client: RawClient, connection: any}>}
 */
async function connect(scene, way, { port, server }, options) {
  const client = await open(scene, way, port, options);
  const connected = new Promise((resolve) => server.once('connection', resolve));
  await client.handshake();
  return { client, connection: await within(connected, 'connection event') };
}

/**
 * The next time a connection's `_disconnected` fires.
 * @param {any} connection
 * @returns {Promise<[code: number, reason: string]>}
 */
function disconnected(connection) {
  const fired = new Promise((resolve) => {
    connection.once('_disconnected', (/** @type {unknown[]} */ ...args) => resolve(args));
  });
  return within(/** @type {Promise<[number, string]>} */ (fired), '_disconnected');
}

module.exports = { WAYS, Wrapped, plain, secure, listening, attached, open, connect, disconnected };
