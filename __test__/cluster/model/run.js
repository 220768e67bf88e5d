// @ts-check
'use strict';

/**
 * Random steps of clients, nodes and outages, beside what has to hold in all of them: nothing comes twice or out of order,
 * and what is missing in a room with history is announced. `npm run chaos:cluster -- --minutes 60` runs it for as long as wanted.
 */

const { Random } = require('../../chaos/plan');
const { TcpProxy } = require('../../helpers/proxy');
const { delay, until } = require('../../helpers/timing');
const { allJoined, fence, QUICK } = require('../support/joined');
const { startNodes } = require('../support/nodes');
const { PATIENCE } = require('../support/program');
const { Redis } = require('../support/redis');
const { Follower, Ledger } = require('./follower');

/** @typedef {import('../support/nodes').NodeApart} NodeApart */

const NODES = 3;
const FOLLOWERS = 12;
const KEPT = ['kept a', 'kept b'];
const PLAIN = ['plain a', 'plain b'];
const HISTORY = { 'kept *': { size: 200, ttl: 60_000, maxReplay: 200 } };

/** Everything of one run. */
class Model {
  ledger = new Ledger();
  /** How often each kind of step was done. @type {Record<string, number>} */
  steps = {};
  /** Numbers of what each node has sent, by node. */
  #sent = 0;
  /** @type {{node: NodeApart, proxy: TcpProxy, id: number}[]} */
  #nodes = [];
  #started = 0;
  /** @type {Follower[]} */
  #followers = [];
  /** What ends an outage later. @type {Set<Promise<unknown>>} */
  #pending = new Set();

  /**
   * @param {import('../support/program').Owner} owner
   * @param {number} seed
   * @param {{history?: boolean}} [options] Whether there are rooms with history.
   */
  constructor(owner, seed, { history = true } = {}) {
    this.owner = owner;
    this.kept = history ? KEPT : [];
    this.rooms = [...this.kept, ...PLAIN];
    this.random = new Random(seed);
  }

  async begin() {
    this.redis = await Redis.start(this.owner, { appendonly: true });
    await Promise.all(Array.from({ length: NODES }, () => this.#addNode()));
    await this.#settle();
    this.#followers = Array.from({ length: FOLLOWERS }, (_, index) => new Follower(`client ${index}`, this.ledger));
    for (const follower of this.#followers) {
      await follower.connect(this.owner, this.random.pick(this.#nodes).node);
      for (const room of this.rooms) if (this.random.chance(0.7)) await follower.join(room);
    }
  }

  async #addNode() {
    const proxy = await TcpProxy.start(this.owner, /** @type {Redis} */ (this.redis).port);
    const adapter = { redis: `redis://127.0.0.1:${proxy.port}`, ...QUICK };
    const server = this.kept.length > 0 ? { adapter, history: HISTORY } : { adapter };
    const [node] = await startNodes(this.owner, 1, server, { apart: true });
    this.#nodes.push({ node, proxy, id: (this.#started += 1) });
  }

  async #settle() {
    await allJoined(this.#nodes.map(({ node }) => node));
  }

  /** One random step. */
  async step() {
    const redis = /** @type {Redis} */ (this.redis);
    const { random } = this;
    const { node, proxy, id } = random.pick(this.#nodes);
    const follower = random.pick(this.#followers);
    const steps = /** @type {[number, string, () => unknown][]} */ ([
      [40, 'publish', () => this.#publish(node, id, random.pick(this.rooms), 1 + random.below(20))],
      [10, 'publish and wait', () => void this.#confirm(node, id, random.pick(this.rooms))],
      [15, 'reconnect', () => this.#reconnect(follower)],
      [4, 'disconnect', () => follower.disconnect()],
      [5, 'join', () => follower.join(random.pick(this.rooms)).catch(() => {})],
      [3, 'leave', () => follower.leave(random.pick(this.rooms)).catch(() => {})],
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
    let left = random.fraction() * steps.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, act] = /** @type {typeof steps[0]} */ (steps.find(([weight]) => (left -= weight) < 0) ?? steps[0]);
    this.steps[name] = (this.steps[name] ?? 0) + 1;
    await act();
    for (const each of this.#followers) each.check();
  }

  /**
   * @param {NodeApart} node
   * @param {number} id
   * @param {string} room
   * @param {number} count
   */
  async #publish(node, id, room, count) {
    const from = this.#sent;
    this.#sent += count;
    if (KEPT.includes(room)) await node.do('broadcastMany', { room, name: 'said', from, count });
    else await node.do('broadcastNumbers', { room, name: room, from, count, by: `node ${id}` });
  }

  /** Publishes, and notes the position that the node is told. @param {NodeApart} node @param {number} id @param {string} room */
  async #confirm(node, id, room) {
    const payload = (this.#sent += 1) - 1;
    const isKept = KEPT.includes(room);
    const message = isKept ? { name: 'said', payload } : { name: room, payload: { from: `node ${id}`, number: payload } };
    const answer = await node.do('broadcastAsync', { room, ...message }).catch(() => ({}));
    if (answer.position !== undefined) this.ledger.place(room, answer.position, payload, `node ${id}`);
  }

  /** @param {Follower} follower */
  async #reconnect(follower) {
    // The node may be killed meanwhile, or Redis be away for too long.
    await follower.connect(this.owner, this.random.pick(this.#nodes).node).catch(() => follower.disconnect());
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
    const pending = delay(time).then(undo).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /**
   * Something with Redis itself: one at a time.
   * @param {() => unknown} act
   * @param {() => unknown} undo
   */
  async #outage(act, undo) {
    await Promise.all(this.#pending);
    await this.#later(undo, 1000, act);
  }

  /** Kills a node, and starts another. */
  async #replace() {
    await Promise.all(this.#pending);
    const [{ node }] = this.#nodes.splice(this.random.below(this.#nodes.length), 1);
    await node.kill();
    await this.#addNode();
  }

  /** Ends all outages, and waits until every client has the last message of every room. */
  async end() {
    await Promise.all(this.#pending);
    await this.#settle();
    for (const follower of this.#followers) {
      for (const room of this.rooms) follower.rooms.add(room);
      await follower.connect(this.owner, this.random.pick(this.#nodes).node);
    }
    const members = this.#followers.map(({ member }) => /** @type {import('../support/members').Member} */ (member));
    for (const { node } of this.#nodes) {
      for (const room of PLAIN) await this.#fence(node, room, members).catch((error) => this.ledger.fault(`${room}: ${error.message}`));
    }
    for (const room of this.kept) {
      const { position } = await this.#nodes[0].node.do('broadcastAsync', { room, name: 'said', payload: (this.#sent += 1) - 1 });
      const isThere = () => this.#followers.every((follower) => follower.positionOf(room) === position);
      await until(isThere, `at the end of ${room}`, PATIENCE).catch((error) => this.ledger.fault(error.message));
    }
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
