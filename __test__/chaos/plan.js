// @ts-check
'use strict';

/** What server, clients and flooders of the chaos have agreed on, and the random choices of a round. */

/** Ways a client reaches the line server. */
const WAYS = /** @type {const} */ (['port', 'tls', 'http', 'https', 'handed']);

/** Ways a round ends. */
const ENDINGS = /** @type {const} */ (['stop', 'drain', 'terminate']);

/** Time for what is unfinished with `stop({ drain })`, in ms. */
const DRAIN = 1000;

/** Most that `stop()` and `terminate()` may take beyond {@link DRAIN}, in ms: cut sockets linger for one second. */
const END_BOUND = 3000;

/** Longest gap of a timer of 5 ms, in ms, beyond what the machine has taken away. */
const GAP_BOUND = 50;

/** Time that an honest client waits for an answer, in ms. */
const ANSWER_TIME = 20000;

/** Names of rooms that honest clients join. */
const ROOMS = Array.from({ length: 4 }, (_, index) => `room ${index}`);

/** Most connections of one kind of flood. */
const MAX_FLOODERS = 8;

/**
 * Random numbers that are the same for the same seed (mulberry32).
 */
class Random {
  #state;

  /** @param {number} seed Its last 32 bits count. */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} limit @returns {number} An integer from 0 to below `limit`. */
  below(limit) {
    return Math.floor(this.fraction() * limit);
  }

  /** @param {number} probability */
  chance(probability) {
    return this.fraction() < probability;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[this.below(list.length)];
  }

  /** A generator of its own, whose numbers do not depend on how many others have been taken here. */
  fork() {
    return new Random(this.below(2 ** 32));
  }
}

/**
 * The choices of one round.
 * @typedef {object} Plan
 * @property {number} seed Of the choices that clients and flooders make.
 * @property {typeof WAYS[number]} way
 * @property {typeof ENDINGS[number]} ending
 * @property {boolean} inWorker The server runs in a worker thread.
 * @property {number} ioThreads
 * @property {boolean} deflate
 * @property {boolean} hasRates Clients are held back by the default rates.
 * @property {number} seconds How long it runs before it ends.
 * @property {number} renewal Time between two changes of the certificate, in ms.
 * @property {{kind: string, clients: number}[]} floods
 * @property {Network} network
 */

/**
 * What the proxy does to connections.
 * @typedef {object} Network
 * @property {number} pieces Most pieces that one chunk is split into.
 * @property {number} delay Longest that a piece is held back, in ms.
 * @property {number} cuts Part of the connections that are cut.
 */

/**
 * The choices of a round follow from the seed and its number: consecutive rounds go through every pair of
 * way and ending.
 * @param {number} seed
 * @param {number} round
 * @param {readonly string[]} kinds Of floods.
 * @returns {Plan}
 */
function planOf(seed, round, kinds) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b));
  const number = seed + round;
  const ending = ENDINGS[number % ENDINGS.length];
  return {
    seed: random.below(2 ** 32),
    way: WAYS[number % WAYS.length],
    ending,
    inWorker: ending === 'terminate' || random.chance(0.3),
    ioThreads: 1 + random.below(2),
    deflate: random.chance(0.5),
    hasRates: random.chance(0.5),
    seconds: 1 + 4 * random.fraction(),
    renewal: 20 + random.below(300),
    floods: Array.from({ length: 1 + random.below(4) }, () => ({
      kind: random.pick(kinds),
      clients: 1 + random.below(MAX_FLOODERS),
    })),
    network: {
      pieces: random.pick([1, 3, 8]),
      delay: random.pick([0, 2, 10, 40]),
      cuts: random.pick([0, 0.2, 0.6]),
    },
  };
}

/** @param {Plan} plan */
const isEncrypted = ({ way }) => way === 'tls' || way === 'https';

/** @param {Plan} plan */
function describe(plan) {
  return [
    plan.way,
    plan.inWorker ? 'in a worker' : 'in the main thread',
    plan.way === 'port' || plan.way === 'tls' ? `${plan.ioThreads} io` : '',
    plan.deflate ? 'deflate' : '',
    plan.hasRates ? '' : 'no rates',
    `proxy ${plan.network.pieces}/${plan.network.delay} ms/${plan.network.cuts}`,
    `floods: ${plan.floods.map(({ kind, clients }) => `${clients} × ${kind}`).join(', ')}`,
    plan.ending,
  ].filter(Boolean).join(' | ');
}

module.exports = { WAYS, ENDINGS, ROOMS, DRAIN, END_BOUND, GAP_BOUND, ANSWER_TIME, Random, planOf, isEncrypted, describe };
