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

/**
 * One connection through the proxy: what happened to it, and when. The proxy runs in the thread of the client, so a cut
 * is noted here before the client can see it.
 */
class Passage {
  /** When the proxy cut it. */
  cutAt = Infinity;
  /** When the server ended it. */
  endedAt = Infinity;
  #begin = performance.now();
  /** @type {string[]} */
  #events = [];

  /** @param {number} number Of the connections of its link, from 1 on. */
  constructor(number) {
    this.number = number;
  }

  /** Whether its end is the proxy's doing: the server had not ended it before. */
  get isCut() {
    return this.cutAt < Infinity && this.endedAt > this.cutAt;
  }

  /** @param {string} what @returns {number} The time. */
  note(what) {
    const now = performance.now();
    this.#events.push(`${what} at ${(now - this.#begin).toFixed(1)} ms`);
    return now;
  }

  toString() {
    return `connection ${this.number}, opened ${(performance.now() - this.#begin).toFixed(1)} ms ago: ${this.#events.join(', ') || 'nothing happened to it'}`;
  }
}

/** A way to the server for one client, whose connections are split, delayed and cut. */
class Link {
  /** How often it has cut a connection. */
  cuts = 0;
  /** All its connections, in the order they came. @type {Passage[]} */
  passages = [];
  /** Cuts the last connection. @type {(isReset: boolean) => void} */
  cutLast = () => {};
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
      const passage = this.#pass(inner, outer);
      this.cutLast = (isReset) => this.#cut(passage, inner, outer, isReset);
      if (!random.chance(network.cuts)) return;
      const isReset = random.chance(0.5);
      const timer = setTimeout(() => this.#cut(passage, inner, outer, isReset), random.below(CUT_WITHIN));
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

  /** @param {net.Socket} inner @param {net.Socket} outer */
  #pass(inner, outer) {
    const passage = new Passage(this.passages.length + 1);
    this.passages.push(passage);
    const ended = (/** @type {string} */ how) => {
      passage.endedAt = Math.min(passage.endedAt, passage.note(`the server ${how}`));
    };
    outer.once('end', () => ended('ended'));
    outer.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => ended(`failed: ${code}`));
    inner.once('end', () => passage.note('the client ended'));
    inner.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => passage.note(`the client failed: ${code}`));
    return passage;
  }

  /** @param {Passage} passage @param {net.Socket} inner @param {net.Socket} outer @param {boolean} isReset */
  #cut(passage, inner, outer, isReset) {
    // One whose end is on its way is cut as well.
    this.cuts += 1;
    passage.cutAt = Math.min(passage.cutAt, passage.note(isReset ? 'reset by the proxy' : 'closed by the proxy'));
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

module.exports = { Link, Passage };
