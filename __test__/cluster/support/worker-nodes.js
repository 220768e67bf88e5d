// @ts-check
'use strict';

/** Servers with `adapter: 'cluster'` in workers, whose primary is the process of the test. */

const { once } = require('node:events');
const path = require('node:path');
const { loadNative } = require('../../helpers/implementations');
const { reservePort } = require('../../helpers/ports');
const { until, within } = require('../../helpers/timing');
const { cluster } = require('./workers');

/** @typedef {import('../../process/support/scene').Scene} Scene */

// The primary process has to load the package.
loadNative();

/** A server in a worker. */
class WorkerNode {
  #orders = 0;

  /**
   * @param {import('node:cluster').Worker} worker
   * @param {number} port
   */
  constructor(worker, port) {
    this.worker = worker;
    this.url = `ws://127.0.0.1:${port}`;
  }

  /**
   * @param {string} name
   * @param {object} [args]
   * @returns {Promise<any>}
   */
  do(name, args) {
    const id = (this.#orders += 1);
    const answered = new Promise((resolve, reject) => {
      const onMessage = (/** @type {any} */ message) => {
        if (message.id !== id) return;
        this.worker.off('message', onMessage);
        if (message.error) reject(new Error(message.error.message));
        else resolve(message.result);
      };
      this.worker.on('message', onMessage);
    });
    this.worker.send({ id, name, args });
    return within(answered, `answer of a worker to "${name}"`, 30000);
  }

  /** Ends it as a crash does. */
  async kill() {
    const exited = once(this.worker, 'exit');
    if (!this.worker.isDead()) this.worker.process.kill('SIGKILL');
    await exited;
  }
}

/**
 * @param {Scene} scene
 * @param {number} count
 * @param {object} [settings] Of `cluster`.
 * @param {number} [known] So many nodes each of them has to know.
 * @param {object} [options] Of their servers.
 * @returns {Promise<WorkerNode[]>}
 */
async function startWorkers(scene, count, settings = {}, known = count, options = {}) {
  cluster.setupPrimary({ exec: path.join(__dirname, 'node-process.js'), serialization: 'json', ...settings });
  const nodes = await Promise.all(Array.from({ length: count }, async () => {
    const node = new WorkerNode(cluster.fork(), await reservePort());
    scene.defer(() => (node.worker.isDead() ? undefined : node.kill()));
    await node.do('start', { options: { port: Number(new URL(node.url).port), adapter: 'cluster', ...options } });
    return node;
  }));
  await until(async () => {
    const lists = await Promise.all(nodes.map((node) => node.do('nodes')));
    return lists.every((list) => list.length >= known);
  }, 'workers know each other', 20000);
  return nodes;
}

module.exports = { WorkerNode, startWorkers };
