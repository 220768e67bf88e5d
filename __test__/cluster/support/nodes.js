// @ts-check
'use strict';

/** Several nodes: servers with the same options, in this process or each in its own. */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { within } = require('../../helpers/timing');
const { host } = require('./hosting');
const { boundToParent, stopped, PATIENCE } = require('./program');

/**
 * @typedef {object} NodesOptions
 * @property {boolean} [apart] Each in a process of its own, which can be stopped and killed. Otherwise all of them are in
 *   this process.
 * @property {string} [module] Absolute path of a module of further actions, as in `hosting.js`.
 * @property {string} [node] Another Node; only with `apart`.
 * @property {Record<string, string>} [env] Added to the environment; only with `apart`.
 */

/** One node. {@link do} runs an action of `node-actions.js` there, or of the module that a test gives. */
class TestNode {
  /** @param {number} port */
  constructor(port) {
    this.port = port;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  /**
   * @abstract
   * @param {string} _name
   * @param {object} [_args]
   * @returns {Promise<any>}
   */
  do(_name, _args) {
    throw new Error('abstract');
  }
}

/** A node in this process. */
class NodeHere extends TestNode {
  /** @param {import('./hosting').Hosted} hosted */
  constructor(hosted) {
    super(hosted.port);
    this.server = hosted.server;
    this.act = hosted.act;
  }

  /**
   * @param {string} name
   * @param {object} [args]
   */
  do(name, args) {
    return this.act(name, args);
  }
}

/** A node in a process of its own. */
class NodeApart extends TestNode {
  #child;
  #orders = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  /** @type {Promise<void>} */
  #ended;

  /** @param {NodesOptions} options */
  constructor({ node = process.execPath, env = {} }) {
    super(0);
    const [execPath, ...execArgv] = boundToParent([node]);
    this.#child = fork(path.join(__dirname, 'node-process.js'), { execPath, execArgv, env: { ...process.env, ...env } });
    this.#child.on('message', (/** @type {any} */ { id, result, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(Object.assign(new Error(error.message), error));
    });
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the node's process has ended: ${signal ?? `code ${code}`}`));
      this.#waiting.clear();
    });
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid);
  }

  /**
   * @param {string} name
   * @param {object} [args]
   */
  do(name, args) {
    const id = (this.#orders += 1);
    return within(new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, args }, (error) => error && reject(error));
    }), `answer of a node to "${name}"`, 60000);
  }

  /** Ends it as a crash does, and waits until it is gone. */
  async kill() {
    this.#child.kill('SIGKILL');
    await within(this.#ended, 'end of a node', PATIENCE);
  }

  /** Stops all its threads until {@link resume}; its connections stay. */
  async pause() {
    this.#child.kill('SIGSTOP');
    await stopped(this.pid);
  }

  resume() {
    this.#child.kill('SIGCONT');
  }
}

/**
 * Starts nodes that end with the test.
 * @template {NodesOptions} T
 * @param {import('./program').Owner} owner
 * @param {number} count
 * @param {object | ((index: number) => object)} options Of their servers. They pass through JSON with `apart`.
 * @param {T} [how]
 * @returns {Promise<(T extends {apart: true} ? NodeApart : NodeHere)[]>}
 */
async function startNodes(owner, count, options, how) {
  const { apart, module } = how ?? /** @type {NodesOptions} */ ({});
  const nodes = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const own = typeof options === 'function' ? options(index) : options;
    if (!apart) {
      const node = new NodeHere(await host(own, module));
      owner.defer(() => node.server.stop().catch(() => {}));
      return node;
    }
    const node = new NodeApart(how ?? {});
    owner.defer(() => node.kill());
    node.port = (await node.do('start', { options: own, module })).port;
    return node;
  }));
  return /** @type {any} */ (nodes);
}

module.exports = { startNodes, NodeApart, NodeHere };
