// @ts-check
'use strict';

/** A Redis Cluster of three masters, without replicas. */

const { Cluster: Client } = require('ioredis');
const { reservePort } = require('../../helpers/ports');
const { until } = require('../../helpers/timing');
const { PATIENCE } = require('./program');
const { Redis } = require('./redis');

const SLOTS = 16384;

/** A master is thought to be down after this time, in ms; it also sets the pace of their greetings. */
const NODE_TIMEOUT = 1000;

/**
 * @param {import('./program').Owner} owner
 * @param {import('./redis').RedisOptions} [options]
 */
async function startServer(owner, options = {}) {
  const bus = await reservePort();
  const config = { ...options.config, 'cluster-enabled': 'yes', 'cluster-node-timeout': NODE_TIMEOUT, 'cluster-port': bus };
  return { bus, server: await Redis.start(owner, { ...options, config }) };
}

class RedisCluster {
  /** @type {string[]} */
  #ids = [];

  /**
   * Starts the servers, which end with the test, and shares out the slots.
   * @param {import('./program').Owner} owner
   * @param {import('./redis').RedisOptions} [options]
   * @returns {Promise<RedisCluster>} Once every slot is served. It takes two seconds, because a master waits so long.
   */
  static async start(owner, options = {}) {
    const servers = await Promise.all(Array.from({ length: 3 }, () => startServer(owner, options)));
    const cluster = new RedisCluster(servers.map(({ server }) => server));
    const share = Math.ceil(SLOTS / servers.length);
    for (const [at, { server }] of servers.entries()) {
      cluster.#ids.push(await server.command('CLUSTER', 'MYID'));
      await server.command('CLUSTER', 'ADDSLOTSRANGE', at * share, Math.min(SLOTS, (at + 1) * share) - 1);
      // Equal ones would be told apart later, which changes who has which slot.
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    }
    for (const [at, { server, bus }] of servers.entries()) {
      // All meet all, which is quicker than gossip.
      const others = servers.filter((_, other) => other !== at);
      for (const other of others) await other.server.command('CLUSTER', 'MEET', '127.0.0.1', server.port, bus);
    }
    await until(() => cluster.isWhole(), 'a whole cluster', PATIENCE);
    return cluster;
  }

  /**
   * @private
   * @param {Redis[]} servers
   */
  constructor(servers) {
    this.servers = servers;
  }

  /**
   * Adds a server, which has no slots.
   * @param {import('./program').Owner} owner
   * @returns {Promise<number>} Which of the servers it is.
   */
  async add(owner) {
    const { bus, server } = await startServer(owner);
    this.#ids.push(await server.command('CLUSTER', 'MYID'));
    for (const other of this.servers) await other.command('CLUSTER', 'MEET', '127.0.0.1', server.port, bus);
    this.servers.push(server);
    await until(() => this.isWhole(), 'a whole cluster', PATIENCE);
    return this.servers.length - 1;
  }

  /**
   * Removes the last server, which has no slots any more, and ends it.
   */
  async removeLast() {
    const [server, id] = [this.servers.pop(), this.#ids.pop()];
    for (const other of this.servers) await other.command('CLUSTER', 'FORGET', id);
    await server?.kill();
  }

  get url() {
    return `redis+cluster://127.0.0.1:${this.servers[0].port}`;
  }

  /** Whether every master knows all others and who serves every slot. */
  async isWhole() {
    const states = await Promise.all(this.servers.map((server) => server.command('CLUSTER', 'INFO')));
    return states.every((state) => /cluster_state:ok/.test(state) && new RegExp(`cluster_known_nodes:${this.servers.length}\\b`).test(state));
  }

  /**
   * A client that knows the cluster; it ends with the test.
   * @param {import('./program').Owner} owner
   * @returns {import('ioredis').Cluster}
   */
  connect(owner) {
    const client = new Client(this.servers.map(({ port }) => ({ host: '127.0.0.1', port })));
    client.on('error', () => {});
    owner.defer(() => client.disconnect());
    return client;
  }

  /**
   * @param {string} key
   * @returns {Promise<{slot: number, owner: number}>} Its slot, and which of the servers has it.
   */
  async where(key) {
    const slot = Number(await this.servers[0].command('CLUSTER', 'KEYSLOT', key));
    const ranges = /** @type {any[]} */ (await this.servers[0].command('CLUSTER', 'SLOTS'));
    const [, , [, port]] = ranges.find(([first, last]) => first <= slot && slot <= last);
    return { slot, owner: this.servers.findIndex((server) => server.port === Number(port)) };
  }

  /**
   * Moves a slot with its keys to another server.
   * @param {number} slot
   * @param {number} from Which of the servers has it.
   * @param {number} to
   */
  async moveSlot(slot, from, to) {
    const [source, target] = [this.servers[from], this.servers[to]];
    await target.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.#ids[from]);
    await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.#ids[to]);
    for (;;) {
      const keys = await source.command('CLUSTER', 'GETKEYSINSLOT', slot, 100);
      if (keys.length === 0) break;
      await source.command('MIGRATE', '127.0.0.1', target.port, '', 0, 5000, 'KEYS', ...keys);
    }
    // Its new owner first: were the old one first, it would send clients to a server that does not have it yet.
    const others = this.servers.filter((server) => server !== target && server !== source);
    for (const server of [target, source, ...others]) {
      await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', this.#ids[to]).catch((/** @type {Error} */ error) => {
        // A master that has lost its last slot has become a replica of who has it.
        if (!/only with masters/.test(error.message)) throw error;
      });
    }
  }
}

module.exports = { RedisCluster };
