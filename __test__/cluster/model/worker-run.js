// @ts-check
'use strict';

/**
 * Random steps of clients and workers that `adapter: 'cluster'` joins, beside what has to hold in all of them: as in `run.js`.
 * Faults are workers that are killed, that JavaScript keeps busy, and that are stopped so that the primary cannot write to them.
 */

const { Random } = require('../../chaos/plan');
const { delay, until } = require('../../helpers/timing');
const { PATIENCE } = require('../support/program');
const { startWorkers } = require('../support/worker-nodes');
const { Follower, Ledger } = require('./follower');

/** @typedef {import('../support/worker-nodes').WorkerNode} WorkerNode */

const WORKERS = 3;
const FOLLOWERS = 9;
const KEPT = ['kept a', 'kept b'];
const PLAIN = ['plain a', 'plain b'];
const OPTIONS = { history: { 'kept *': { size: 200, ttl: 60_000, maxReplay: 200 } } };

/** Everything of one run. */
class WorkerModel {
  ledger = new Ledger();
  /** How often each kind of step was done. @type {Record<string, number>} */
  steps = {};
  #sent = 0;
  #started = 0;
  /** @type {{node: WorkerNode, id: number}[]} */
  #workers = [];
  /** @type {Follower[]} */
  #followers = [];
  /** What ends a fault later. @type {Set<Promise<unknown>>} */
  #pending = new Set();

  /**
   * @param {import('../../process/support/scene').Scene} owner
   * @param {number} seed
   */
  constructor(owner, seed) {
    this.owner = owner;
    this.random = new Random(seed);
    this.rooms = [...KEPT, ...PLAIN];
  }

  async begin() {
    await this.#add(WORKERS);
    this.#followers = Array.from({ length: FOLLOWERS }, (_, index) => new Follower(`client ${index}`, this.ledger));
    for (const follower of this.#followers) {
      await follower.connect(this.owner, this.random.pick(this.#workers).node);
      for (const room of this.rooms) if (this.random.chance(0.7)) await follower.join(room);
    }
  }

  /** @param {number} count */
  async #add(count) {
    const nodes = await startWorkers(this.owner, count, {}, this.#workers.length + count, OPTIONS);
    for (const node of nodes) this.#workers.push({ node, id: (this.#started += 1) });
  }

  /** One random step. */
  async step() {
    const { random } = this;
    const { node, id } = random.pick(this.#workers);
    const follower = random.pick(this.#followers);
    const steps = /** @type {[number, string, () => unknown][]} */ ([
      [40, 'publish', () => this.#publish(node, id, random.pick(this.rooms), 1 + random.below(20))],
      [10, 'publish and wait', () => void this.#confirm(node, id, random.pick(this.rooms))],
      [15, 'reconnect', () => this.#reconnect(follower)],
      [4, 'disconnect', () => follower.disconnect()],
      [5, 'join', () => follower.join(random.pick(this.rooms)).catch(() => {})],
      [3, 'leave', () => follower.leave(random.pick(this.rooms)).catch(() => {})],
      [10, 'wait', () => delay(random.below(50))],
      [2, 'a busy worker', () => void node.do('block', { ms: random.below(200) }).catch(() => {})],
      [2, 'a stopped worker', () => this.#stop(node)],
      [1, 'a worker killed', () => this.#replace()],
    ]);
    let left = random.fraction() * steps.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, act] = /** @type {typeof steps[0]} */ (steps.find(([weight]) => (left -= weight) < 0) ?? steps[0]);
    this.steps[name] = (this.steps[name] ?? 0) + 1;
    await act();
    for (const each of this.#followers) each.check();
  }

  /**
   * @param {WorkerNode} node
   * @param {number} id
   * @param {string} room
   * @param {number} count
   */
  async #publish(node, id, room, count) {
    const from = this.#sent;
    this.#sent += count;
    if (KEPT.includes(room)) await node.do('broadcastMany', { room, name: 'said', from, count });
    else await node.do('broadcastNumbers', { room, name: room, from, count, by: `worker ${id}` });
  }

  /** Publishes, and notes the position that the worker is told. @param {WorkerNode} node @param {number} id @param {string} room */
  async #confirm(node, id, room) {
    const payload = (this.#sent += 1) - 1;
    const message = KEPT.includes(room) ? { name: 'said', payload } : { name: room, payload: { from: `worker ${id}`, number: payload } };
    const asked = node.do('broadcastAsync', { room, ...message }).catch(() => ({}));
    this.#keep(asked);
    const { position } = await asked;
    if (position !== undefined) this.ledger.place(room, position, payload, `worker ${id}`);
  }

  /** @param {Follower} follower */
  async #reconnect(follower) {
    // The worker may be killed meanwhile.
    await follower.connect(this.owner, this.random.pick(this.#workers).node).catch(() => follower.disconnect());
  }

  /** Stops a worker for a time, so that it reads nothing of the primary. @param {WorkerNode} node */
  #stop(node) {
    const { process: child } = node.worker;
    child.kill('SIGSTOP');
    this.#keep(delay(this.random.below(300)).then(() => void child.kill('SIGCONT')));
  }

  /** @param {Promise<unknown>} work */
  #keep(work) {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Kills a worker, and starts another. */
  async #replace() {
    await Promise.all(this.#pending);
    const [{ node }] = this.#workers.splice(this.random.below(this.#workers.length), 1);
    await node.kill();
    await this.#add(1);
  }

  /** Waits until every client has the last message of every room. */
  async end() {
    await Promise.all(this.#pending);
    for (const follower of this.#followers) {
      for (const room of this.rooms) follower.rooms.add(room);
      await follower.connect(this.owner, this.random.pick(this.#workers).node);
    }
    for (const { node } of this.#workers) {
      for (const room of PLAIN) {
        const mark = `mark ${(this.#sent += 1)}`;
        await node.do('broadcast', { room, name: mark });
        const have = () => this.#followers.every(({ member }) => member?.payloads(mark).length === 1);
        await until(have, `the last message of ${room}`, PATIENCE).catch((error) => this.ledger.fault(error.message));
      }
    }
    for (const room of KEPT) {
      const { position } = await this.#workers[0].node.do('broadcastAsync', { room, name: 'said', payload: (this.#sent += 1) - 1 });
      const isThere = () => this.#followers.every((follower) => follower.positionOf(room) === position);
      await until(isThere, `at the end of ${room}`, PATIENCE).catch((error) => this.ledger.fault(error.message));
    }
    // The primary has lost nothing.
    if (this.ledger.counts.keptAgain > 0) this.ledger.fault(`${this.ledger.counts.keptAgain} messages were kept twice`);
  }
}

module.exports = { WorkerModel };
