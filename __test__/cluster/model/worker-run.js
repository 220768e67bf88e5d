// @ts-check
'use strict';

/**
 * Random steps of clients and workers that `adapter: 'cluster'` joins, beside what has to hold in all of them: as in `run.js`.
 * Faults are workers that are killed, that JavaScript keeps busy, and that are stopped so that the primary cannot write to them.
 */

const { delay, until } = require('../../helpers/timing');
const { PATIENCE } = require('../support/program');
const { startWorkers } = require('../support/worker-nodes');
const { HISTORY, KEPT, PLAIN, RandomRun } = require('./random-run');

/** @typedef {import('../support/worker-nodes').WorkerNode} WorkerNode */

const WORKERS = 3;
const FOLLOWERS = 9;

/**
 * Everything of one run.
 * @extends {RandomRun<{node: WorkerNode, id: number}>}
 */
class WorkerModel extends RandomRun {
  #started = 0;

  /**
   * @param {import('../../process/support/scene').Scene} scene
   * @param {number} seed
   */
  constructor(scene, seed) {
    super(scene, seed, 'worker', KEPT);
    this.scene = scene;
  }

  async begin() {
    await this.#add(WORKERS);
    await this.connectFollowers(FOLLOWERS);
  }

  /** @param {number} count */
  async #add(count) {
    const nodes = await startWorkers(this.scene, count, {}, this.servers.length + count, { history: HISTORY });
    for (const node of nodes) this.servers.push({ node, id: (this.#started += 1) });
  }

  /** One random step. */
  async step() {
    const { random } = this;
    const server = random.pick(this.servers);
    const { node } = server;
    await this.do(server, [
      [10, 'wait', () => delay(random.below(50))],
      [2, 'a busy worker', () => void node.do('block', { ms: random.below(200) }).catch(() => {})],
      [2, 'a stopped worker', () => this.#stop(node)],
      [1, 'a worker killed', () => this.#replace()],
    ]);
  }

  /** A worker that is killed confirms nothing: it is killed when it has. @param {Promise<unknown>} work */
  confirming(work) {
    this.keep(work);
  }

  /** Stops a worker for a time, so that it reads nothing of the primary. @param {WorkerNode} node */
  #stop(node) {
    const { process: child } = node.worker;
    child.kill('SIGSTOP');
    this.keep(delay(this.random.below(300)).then(() => void child.kill('SIGCONT')));
  }

  /** Kills a worker, and starts another. */
  async #replace() {
    await Promise.all(this.pending);
    const [{ node }] = this.servers.splice(this.random.below(this.servers.length), 1);
    await node.kill();
    await this.#add(1);
  }

  /** Waits until every client has the last message of every room. */
  async end() {
    await Promise.all(this.pending);
    await this.joinAll();
    for (const { node } of this.servers) {
      for (const room of PLAIN) {
        const mark = `mark ${(this.sent += 1)}`;
        await node.do('broadcast', { room, name: mark });
        const have = () => this.followers.every(({ member }) => member?.payloads(mark).length === 1);
        await until(have, `the last message of ${room}`, PATIENCE).catch((error) => this.ledger.fault(error.message));
      }
    }
    await this.endKept();
    // The primary has lost nothing.
    if (this.ledger.counts.keptAgain > 0) this.ledger.fault(`${this.ledger.counts.keptAgain} messages were kept twice`);
  }
}

module.exports = { WorkerModel };
