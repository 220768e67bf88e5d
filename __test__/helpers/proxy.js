// @ts-check
'use strict';

/** TCP proxies that are a bad network: they stall, delay, split, drop and cut, and change while they run. */

const net = require('node:net');
const { once } = require('node:events');
const { delay } = require('./timing');

/** Bytes that may wait in one direction before their source is read no further. */
const HIGH_WATER = 256 * 1024;

/**
 * What happens to the bytes of one direction.
 * @typedef {object} Shape
 * @property {(bytes: Buffer) => Buffer[]} split The pieces to write them in.
 * @property {(waiting: number) => number} wait How long the next piece is held back, in ms; so many others wait.
 * @property {boolean} [isDropped] Nothing is forwarded, ends neither, as if the network had vanished.
 * @property {Promise<void>} [stalled] Everything is held back until it resolves.
 */

/**
 * Node leaves a socket open for ever that is reset while its end is being sent.
 * @param {net.Socket} socket
 */
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One direction of a connection: bytes leave in the order they came. */
class Direction {
  /** @type {Buffer[]} */
  #waiting = [];
  #size = 0;
  #isPumping = false;
  /** What to do once all has left. @type {(() => void) | undefined} */
  #last = undefined;

  /**
   * @param {net.Socket} from
   * @param {net.Socket} to
   * @param {Shape} shape May change at any time.
   */
  constructor(from, to, shape) {
    this.from = from;
    this.to = to;
    this.shape = shape;
    from.setNoDelay(true);
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.#finish(() => to.end()));
    // After what had come before.
    from.on('error', () => this.#finish(() => reset(to)));
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    if (this.shape.isDropped) return;
    this.#waiting.push(...this.shape.split(bytes));
    this.#size += bytes.length;
    if (this.#size > HIGH_WATER) this.from.pause();
    this.#pump();
  }

  /** @param {() => void} last */
  #finish(last) {
    if (this.shape.isDropped) return;
    this.#last = last;
    this.#pump();
  }

  async #pump() {
    if (this.#isPumping) return;
    this.#isPumping = true;
    do {
      for (let piece = this.#waiting.shift(); piece && !this.to.destroyed; piece = this.#waiting.shift()) {
        const ms = this.shape.wait(this.#waiting.length);
        if (ms > 0) await delay(ms);
        await this.#whileStalled();
        if (!this.to.destroyed && !this.to.write(piece)) await Promise.race([once(this.to, 'drain'), once(this.to, 'close')]).catch(() => {});
        this.#size -= piece.length;
        if (this.#size <= HIGH_WATER) this.from.resume();
      }
      await this.#whileStalled();
    } while (this.#waiting.length > 0 && !this.to.destroyed);
    this.#isPumping = false;
    this.#last?.();
  }

  async #whileStalled() {
    while (this.shape.stalled !== undefined && !this.to.destroyed) await this.shape.stalled;
  }
}

/** A shape that tests change. It implements {@link Shape}. */
class Settings {
  /** Every piece is held back for so long, in ms. */
  delay = 0;
  /** Largest piece, in bytes; 0 when they go on as they come. */
  pieces = 0;
  isDropped = false;
  /** @type {Promise<void> | undefined} */
  stalled = undefined;
  #release = () => {};

  /** @param {Buffer} bytes */
  split(bytes) {
    if (this.pieces === 0) return [bytes];
    const count = Math.ceil(bytes.length / this.pieces);
    return Array.from({ length: count }, (_, at) => bytes.subarray(at * this.pieces, (at + 1) * this.pieces));
  }

  wait() {
    return this.delay;
  }

  /** Holds everything back, also ends of connections, until {@link flow}. The source is read until 256 KiB wait. */
  stall() {
    this.stalled ??= new Promise((resolve) => (this.#release = resolve));
  }

  /** Ends {@link stall}: what has waited goes on. */
  flow() {
    this.stalled = undefined;
    this.#release();
  }
}

class TcpProxy {
  /** What happens to bytes from clients to the server. */
  toServer = new Settings();
  /** What happens to bytes from the server to clients. */
  toClients = new Settings();
  /** Resets new connections. */
  refuses = false;
  /** The two ends of each connection. @type {Set<{inner: net.Socket, outer: net.Socket}>} */
  #pairs = new Set();
  #server;

  /**
   * Starts a proxy that ends with the test.
   * @param {{defer(closer: () => unknown): void}} owner
   * @param {number | string} target Port of the server on 127.0.0.1, or path of its Unix domain socket.
   * @returns {Promise<TcpProxy>}
   */
  static async start(owner, target) {
    const proxy = new TcpProxy(target);
    owner.defer(() => proxy.close());
    await proxy.open();
    return proxy;
  }

  /** @param {number | string} target */
  constructor(target) {
    const where = typeof target === 'string' ? { path: target } : { port: target, host: '127.0.0.1' };
    this.#server = net.createServer({ allowHalfOpen: true }, (inner) => {
      if (this.refuses) return void inner.resetAndDestroy();
      const pair = { inner, outer: net.connect({ ...where, allowHalfOpen: true }) };
      this.#pairs.add(pair);
      for (const socket of [inner, pair.outer]) {
        socket.on('error', () => {});
        socket.once('close', () => inner.destroyed && pair.outer.destroyed && this.#pairs.delete(pair));
      }
      new Direction(inner, pair.outer, this.toServer);
      new Direction(pair.outer, inner, this.toClients);
    });
  }

  /** @returns {Promise<number>} The port that leads to the server. */
  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.port;
  }

  get port() {
    return /** @type {net.AddressInfo} */ (this.#server.address()).port;
  }

  /** How many connections there are. */
  get connections() {
    return this.#pairs.size;
  }

  /**
   * Ends all connections.
   * @param {object} [how]
   * @param {boolean} [how.reset] By RST instead of FIN, on both sides.
   * @returns {number} How many.
   */
  cut({ reset: isReset = true } = {}) {
    const pairs = [...this.#pairs];
    for (const socket of pairs.flatMap(({ inner, outer }) => [inner, outer])) {
      if (isReset) reset(socket);
      else socket.destroy();
    }
    return pairs.length;
  }

  /**
   * Ends one direction of all connections; the other goes on.
   * @param {'toServer' | 'toClients'} direction
   */
  halfClose(direction) {
    for (const { inner, outer } of this.#pairs) (direction === 'toServer' ? outer : inner).end();
  }

  /** From now on nothing is forwarded, not even the end of a connection: both ends see a network that has vanished. */
  silence() {
    this.toServer.isDropped = true;
    this.toClients.isDropped = true;
  }

  /** Ends everything. */
  close() {
    this.#server.close();
    this.toServer.flow();
    this.toClients.flow();
    for (const { inner, outer } of this.#pairs) [inner, outer].forEach((socket) => socket.destroy());
  }
}

module.exports = { Direction, TcpProxy, reset };
