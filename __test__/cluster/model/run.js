// @ts-check
'use strict';

/**
 * Random steps of clients, nodes and outages, beside what has to hold in all of them: nothing comes twice or out of order,
 * and what is missing in a room with history is announced. `npm run chaos:cluster -- --minutes 60` runs it for as long as wanted.
 */

const { TcpProxy } = require('../../helpers/proxy');
const { delay } = require('../../helpers/timing');
const { allJoined, fence, QUICK } = require('../support/joined');
const { startNodes } = require('../support/nodes');
const { Redis } = require('../support/redis');
const { HISTORY, KEPT, PLAIN, RandomRun } = require('./random-run');

/** @typedef {import('../support/nodes').NodeApart} NodeApart */

const NODES = 3;
const FOLLOWERS = 12;

/**
 * Everything of one run.
 * @extends {RandomRun<{node: NodeApart, proxy: TcpProxy, id: number}>}
 */
class Model extends RandomRun {
  #started = 0;

  /**
   * @param {import('../support/program').Owner} owner
   * @param {number} seed
   * @param {{history?: boolean}} [options] Whether there are rooms with history.
   */
  constructor(owner, seed, { history = true } = {}) {
    super(owner, seed, 'node', history ? KEPT : []);
  }

  async begin() {
    this.redis = await Redis.start(this.owner, { appendonly: true });
    await Promise.all(Array.from({ length: NODES }, () => this.#addNode()));
    await this.#settle();
    await this.connectFollowers(FOLLOWERS);
  }

  async #addNode() {
    const proxy = await TcpProxy.start(this.owner, /** @type {Redis} */ (this.redis).port);
    const adapter = { redis: `redis://127.0.0.1:${proxy.port}`, ...QUICK };
    const server = this.kept.length > 0 ? { adapter, history: HISTORY } : { adapter };
    const [node] = await startNodes(this.owner, 1, server, { apart: true });
    this.servers.push({ node, proxy, id: (this.#started += 1) });
  }

  async #settle() {
    await allJoined(this.servers.map(({ node }) => node));
  }

/** One random step. */
  async step() {
    const redis = /** @type {Redis} */ (this.redis);
    const { random } = this;
    const server = random.pick(this.servers);
    const { proxy } = server;
    await this.do(server, [
      [10, 'wait', () => delay(random.below(100))],
      [2, 'cut subscribers', () => redis.isRunning && redis.clientKill('pubsub').catch(() => {})],
      [2, 'cut commands', () => redis.isRunning && redis.clientKill('normal').catch(() => {})],
      [3, 'cut a node', () => proxy.cut({ reset: random.chance(0.5) })],
      [2, 'stall a node', () => this.#later(() => { proxy.toClients.flow(); proxy.toServer.flow(); }, 400, () => random.pick([proxy.toClients, proxy.toServer]).stall())],
      [1, 'a node without network', () => this.#later(() => void (proxy.refuses = false), 800, () => { proxy.refuses = true; proxy.cut(); })],
      [1, 'Redis silent', () => this.#outage(() => redis.pause(), () => redis.resume())],
      [1, 'Redis killed', () => this.#outage(() => redis.kill(), () => redis.start())],
      [0.5, 'Redis killed, with its data', () => this.#outage(() => redis.kill(), () => { redis.wipe(); return redis.start(); })],
      [1, 'a node killed', () => this.#replace()],
    ]);
  }

  /**
   * Does something, and undoes it within a time.
   * @param {() => unknown} undo
   * @param {number} longest In ms.
   * @param {() => unknown} act
   */
  async #later(undo, longest, act) {
    const time = this.random.below(longest);
    await act();
    this.keep(delay(time).then(undo));
  }

  /**
   * Something with Redis itself: one at a time.
   * @param {() => unknown} act
   * @param {() => unknown} undo
   */
  async #outage(act, undo) {
    await Promise.all(this.pending);
    await this.#later(undo, 1000, act);
  }

  /** Kills a node, and starts another. */
  async #replace() {
    await Promise.all(this.pending);
    const [{ node }] = this.servers.splice(this.random.below(this.servers.length), 1);
    await node.kill();
    await this.#addNode();
  }

  /** Ends all outages, and waits until every client has the last message of every room. */
  async end() {
    await Promise.all(this.pending);
    await this.#settle();
    await this.joinAll();
    const members = this.followers.map(({ member }) => /** @type {import('../support/members').Member} */ (member));
    for (const { node } of this.servers) {
      for (const room of PLAIN) await this.#fence(node, room, members).catch((error) => this.ledger.fault(`${room}: ${error.message}`));
    }
    await this.endKept();
  }

  /**
   * A message to a plain room may be lost when a node has taken its connection for dead and makes it anew, as a busy machine
   * has it. It is not lost again and again.
   * @param {NodeApart} node
   * @param {string} room
   * @param {import('../support/members').Member[]} members
   */
  async #fence(node, room, members) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await fence(node, room, members);
      } catch (error) {
        if (tries === 3) throw error;
        await this.#settle();
      }
    }
  }
}

module.exports = { Model };
