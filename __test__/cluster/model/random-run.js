// @ts-check
'use strict';

/** What random runs of clients and joined servers have in common: clients that account for every message, and weighted steps. */

const { Random } = require('../../chaos/plan');
const { until } = require('../../helpers/timing');
const { PATIENCE } = require('../support/program');
const { Follower, Ledger } = require('./follower');

const KEPT = ['kept a', 'kept b'];
const PLAIN = ['plain a', 'plain b'];

/** Of the rooms `KEPT`. */
const HISTORY = { 'kept *': { size: 200, ttl: 60_000, maxReplay: 200 } };

/** A server as a run sees it. @typedef {{url: string, do(name: string, options: object): Promise<any>}} Node */

/**
 * A step: how likely it is beside the others, its name, and what it does.
 * @typedef {[weight: number, name: string, act: () => unknown]} Step
 */

/**
 * Everything of one run.
 * @template {{node: Node, id: number}} Entry Of a server: with a number that no other has had.
 */
class RandomRun {
  ledger = new Ledger();
  /** How often each kind of step was done. @type {Record<string, number>} */
  steps = {};
  /** How many messages were sent. */
  sent = 0;
  /** @type {Entry[]} */
  servers = [];
  /** @type {Follower[]} */
  followers = [];
  /** What has begun and ends later. @type {Set<Promise<unknown>>} */
  pending = new Set();

  /**
   * @param {import('../support/program').Owner} owner
   * @param {number} seed
   * @param {string} kind How the ledger names servers.
   * @param {string[]} kept Rooms with history.
   */
  constructor(owner, seed, kind, kept) {
    this.owner = owner;
    this.random = new Random(seed);
    this.kind = kind;
    this.kept = kept;
    this.rooms = [...kept, ...PLAIN];
  }

  /** @param {number} count */
  async connectFollowers(count) {
    this.followers = Array.from({ length: count }, (_, index) => new Follower(`client ${index}`, this.ledger));
    for (const follower of this.followers) {
      await follower.connect(this.owner, this.random.pick(this.servers).node);
      for (const room of this.rooms) if (this.random.chance(0.7)) await follower.join(room);
    }
  }

  /**
   * Does one random step: one of those of every run, or of the given ones.
   * @param {Entry} server For the steps of every run.
   * @param {Step[]} others
   */
  async do(server, others) {
    const { random } = this;
    const follower = random.pick(this.followers);
    /** @type {Step[]} */
    const steps = [
      [40, 'publish', () => this.#publish(server, random.pick(this.rooms), 1 + random.below(20))],
      [10, 'publish and wait', () => this.#confirm(server, random.pick(this.rooms))],
      [15, 'reconnect', () => this.#reconnect(follower)],
      [4, 'disconnect', () => follower.disconnect()],
      [5, 'join', () => follower.join(random.pick(this.rooms)).catch(() => {})],
      [3, 'leave', () => follower.leave(random.pick(this.rooms)).catch(() => {})],
      ...others,
    ];
    let left = random.fraction() * steps.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, act] = steps.find(([weight]) => (left -= weight) < 0) ?? steps[0];
    this.steps[name] = (this.steps[name] ?? 0) + 1;
    await act();
    for (const each of this.followers) each.check();
  }

  /**
   * @param {Entry} server
   * @param {string} room
   * @param {number} count
   */
  async #publish({ node, id }, room, count) {
    const from = this.sent;
    this.sent += count;
    if (KEPT.includes(room)) await node.do('broadcastMany', { room, name: 'said', from, count });
    else await node.do('broadcastNumbers', { room, name: room, from, count, by: `${this.kind} ${id}` });
  }

  /** Publishes, and notes the position that the server is told, when it is. @param {Entry} server @param {string} room */
  #confirm({ node, id }, room) {
    const by = `${this.kind} ${id}`;
    const payload = (this.sent += 1) - 1;
    const message = KEPT.includes(room) ? { name: 'said', payload } : { name: room, payload: { from: by, number: payload } };
    // The server may be killed meanwhile.
    this.confirming(node.do('broadcastAsync', { room, ...message }).then(({ position }) => {
      if (position !== undefined) this.ledger.place(room, position, payload, by);
    }, () => {}));
  }

  /** @param {Promise<unknown>} _work Ends when a server has confirmed a message, or has not. */
  confirming(_work) {}

  /** @param {Follower} follower */
  async #reconnect(follower) {
    // The server may be killed meanwhile, or what joins it be away for too long.
    await follower.connect(this.owner, this.random.pick(this.servers).node).catch(() => follower.disconnect());
  }

  /** Has what replaces or stops servers wait for some work. @param {Promise<unknown>} work */
  keep(work) {
    const pending = work.finally(() => this.pending.delete(pending));
    this.pending.add(pending);
  }

  /** Lets every client join every room. */
  async joinAll() {
    for (const follower of this.followers) {
      for (const room of this.rooms) follower.rooms.add(room);
      await follower.connect(this.owner, this.random.pick(this.servers).node);
    }
  }

  /** Waits until every client has the last message of every room with history. */
  async endKept() {
    for (const room of this.kept) {
      const { position } = await this.servers[0].node.do('broadcastAsync', { room, name: 'said', payload: (this.sent += 1) - 1 });
      const isThere = () => this.followers.every((follower) => follower.positionOf(room) === position);
      await until(isThere, `at the end of ${room}`, PATIENCE).catch((error) => this.ledger.fault(error.message));
    }
  }
}

module.exports = { HISTORY, KEPT, PLAIN, RandomRun };
