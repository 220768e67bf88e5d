// @ts-check
'use strict';

/** Redis and nodes of a peer. Everything ends with {@link World.end}, or when the runner ends. */

const { spawn, execFileSync } = require('node:child_process');
const path = require('node:path');
const { boundToParent } = require('../../__test__/cluster/support/program');
const { Redis } = require('../../__test__/cluster/support/redis');

/** CPU core of the nodes, and of everything else. */
const NODE_CORE = '0';
const LOAD_CORE = '1';

/** Longest time until an order has been carried out, in ms. */
const PATIENCE = 120_000;

/** Moves this process, and all that it starts, to the core of the load. */
function takeCore() {
  execFileSync('taskset', ['-a', '-c', '-p', LOAD_CORE, String(process.pid)], { stdio: 'ignore' });
}

/** One server process. */
class Node {
  #child;
  #orders = 0;
  #errors = '';
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  /**
   * @param {import('./peers').Peer} peer
   * @param {string} redis Its URL.
   */
  constructor({ file, env }, redis) {
    const command = ['taskset', '-c', NODE_CORE, process.execPath, '--expose-gc', path.join(__dirname, 'nodes', file)];
    const [program, ...args] = boundToParent(command);
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', REDIS: redis, ...env },
    });
    this.port = 0;
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => (this.#errors = (this.#errors + text).slice(-2000)));
    this.started = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve, reject });
      this.#child.on('message', (/** @type {any} */ { id = 0, result, error, port }) => {
        if (id === 0) this.port = port;
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (error === undefined) waiting?.resolve(result);
        else waiting?.reject(new Error(error));
      });
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`a node has ended: ${this.#errors}`));
        resolve(undefined);
      });
    });
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid);
  }

  /**
   * @param {string} name One of `nodes/orders.js`.
   * @param {object} [args]
   * @returns {Promise<any>}
   */
  order(name, args = {}) {
    const id = (this.#orders += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`a node did not carry out "${name}" within ${PATIENCE} ms`)), PATIENCE);
      const settle = (/** @type {(value: any) => void} */ settler) => (/** @type {any} */ value) => {
        clearTimeout(timer);
        settler(value);
      };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#child.send({ id, name, args });
    });
  }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

class World {
  /** @type {(() => unknown)[]} */
  #closers = [];
  /** @type {Node[]} */
  nodes = [];

  /**
   * @param {import('./peers').Peer} peer
   * @param {number} count Nodes.
   * @returns {Promise<World>}
   */
  static async begin(peer, count) {
    const world = new World(peer);
    try {
      const owner = { defer: (/** @type {() => unknown} */ closer) => void world.#closers.push(closer) };
      world.#redis = await Redis.start(owner, { appendonly: true, config: { appendfsync: 'no' } });
      for (let i = 0; i < count; i += 1) await world.add();
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  /** @type {Redis | undefined} */
  #redis;

  /**
   * @private
   * @param {import('./peers').Peer} peer
   */
  constructor(peer) {
    this.peer = peer;
  }

  get redis() {
    return /** @type {Redis} */ (this.#redis);
  }

  get pids() {
    return this.nodes.map(({ pid }) => pid);
  }

  /** Starts one more node. */
  async add() {
    const node = new Node(this.peer, this.redis.url);
    this.nodes.push(node);
    this.#closers.push(() => node.kill());
    await node.started;
    return node;
  }

  async end() {
    for (const closer of this.#closers.reverse()) await closer();
  }
}

module.exports = { World, takeCore };
