// @ts-check
'use strict';

const net = require('node:net');
const { once } = require('node:events');
const { delay } = require('../helpers/timing');

/** Bytes that may wait in one direction before their source is read no further. */
const HIGH_WATER = 256 * 1024;

/** Chance that a piece is held back. */
const HELD_BACK = 0.3;

/** Pieces that wait from which on none is held back: the network is slow to answer, not narrow. */
const MAX_HELD_BACK = 10;

/** Longest time until a connection that is to be cut is, in ms. */
const CUT_WITHIN = 2000;

/**
 * Node leaves a socket open for ever that is reset while its end is being sent.
 * @param {net.Socket} socket
 */
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One direction of a connection: bytes leave in the order they came, in pieces, some of them late. */
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
   * @param {import('./plan').Network} network
   * @param {import('./plan').Random} random
   */
  constructor(from, to, network, random) {
    this.from = from;
    this.to = to;
    this.network = network;
    this.random = random;
    from.setNoDelay(true);
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.#finish(() => to.end()));
    // After what had come before.
    from.on('error', () => this.#finish(() => reset(to)));
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    const count = 1 + this.random.below(this.network.pieces);
    let rest = bytes;
    for (let left = count; left > 1 && rest.length > 1; left--) {
      const size = 1 + this.random.below(rest.length - 1);
      this.#waiting.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    this.#waiting.push(rest);
    this.#size += bytes.length;
    if (this.#size > HIGH_WATER) this.from.pause();
    this.#pump();
  }

  /** @param {() => void} last */
  #finish(last) {
    this.#last = last;
    this.#pump();
  }

  async #pump() {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let piece = this.#waiting.shift(); piece && !this.to.destroyed; piece = this.#waiting.shift()) {
      const isHeldBack = this.#waiting.length < MAX_HELD_BACK && this.random.chance(HELD_BACK);
      if (this.network.delay > 0 && isHeldBack) await delay(this.random.below(this.network.delay));
      if (!this.to.destroyed && !this.to.write(piece)) await Promise.race([once(this.to, 'drain'), once(this.to, 'close')]).catch(() => {});
      this.#size -= piece.length;
      if (this.#size <= HIGH_WATER) this.from.resume();
    }
    this.#isPumping = false;
    this.#last?.();
  }
}

/** A way to the server for one client, whose connections are split, delayed and cut. */
class Link {
  /** How often it has cut a connection. */
  cuts = 0;
  /** @type {Set<net.Socket>} */
  #sockets = new Set();
  #server;

  /**
   * @param {number} target Port of the server.
   * @param {import('./plan').Network} network
   * @param {import('./plan').Random} random
   */
  constructor(target, network, random) {
    this.#server = net.createServer({ allowHalfOpen: true }, (inner) => {
      const outer = net.connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
      for (const socket of [inner, outer]) this.#keep(socket);
      new Direction(inner, outer, network, random);
      new Direction(outer, inner, network, random);
      if (!random.chance(network.cuts)) return;
      const isReset = random.chance(0.5);
      const timer = setTimeout(() => this.#cut(inner, outer, isReset), random.below(CUT_WITHIN));
      outer.once('close', () => clearTimeout(timer));
    });
  }

  /** @returns {Promise<number>} Its port. */
  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return /** @type {net.AddressInfo} */ (this.#server.address()).port;
  }

  /** @param {net.Socket} socket */
  #keep(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** @param {net.Socket} inner @param {net.Socket} outer @param {boolean} isReset */
  #cut(inner, outer, isReset) {
    // One whose end is on its way is cut as well.
    this.cuts += 1;
    for (const socket of [inner, outer]) {
      if (isReset) reset(socket);
      else socket.destroy();
    }
  }

  close() {
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }
}

module.exports = { Link };
