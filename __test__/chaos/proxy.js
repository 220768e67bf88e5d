// @ts-check
'use strict';

const net = require('node:net');
const { once } = require('node:events');
const { Direction, reset } = require('../helpers/proxy');

/** Chance that a piece is held back. */
const HELD_BACK = 0.3;

/** Pieces that wait from which on none is held back: the network is slow to answer, not narrow. */
const MAX_HELD_BACK = 10;

/** Longest time until a connection that is to be cut is, in ms. */
const CUT_WITHIN = 2000;

/**
 * Bytes leave in pieces, some of them late.
 * @param {import('./plan').Network} network
 * @param {import('./plan').Random} random
 * @returns {import('../helpers/proxy').Shape}
 */
function shape(network, random) {
  return {
    split(bytes) {
      const pieces = [];
      let rest = bytes;
      for (let left = 1 + random.below(network.pieces); left > 1 && rest.length > 1; left--) {
        const size = 1 + random.below(rest.length - 1);
        pieces.push(rest.subarray(0, size));
        rest = rest.subarray(size);
      }
      return [...pieces, rest];
    },
    wait(waiting) {
      const isHeldBack = waiting < MAX_HELD_BACK && random.chance(HELD_BACK);
      return network.delay > 0 && isHeldBack ? random.below(network.delay) : 0;
    },
  };
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
      new Direction(inner, outer, shape(network, random));
      new Direction(outer, inner, shape(network, random));
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
