// @ts-check
'use strict';

/** A master, a replica and a sentinel that makes the replica the master. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Redis: Client } = require('ioredis');
const { reservePort } = require('../../helpers/ports');
const { until, within } = require('../../helpers/timing');
const { PATIENCE, Program } = require('./program');
const { HINT, Redis } = require('./redis');

/** The name of the master for the sentinel. */
const NAME = 'main';

/** The sentinel thinks that a master is down after this time, in ms. */
const DOWN_AFTER = 300;

class Sentinel {
  #program;
  #client;

  /**
   * Starts all three; they end with the test.
   * @param {import('./program').Owner} owner
   * @param {import('./redis').RedisOptions} [options] Of master and replica.
   * @returns {Promise<Sentinel>} Once it knows of the replica, so that it can fail over.
   */
  static async start(owner, options = {}) {
    const config = { ...options.config, 'repl-diskless-sync-delay': 0 };
    const master = await Redis.start(owner, { ...options, config });
    const replica = await Redis.start(owner, { ...options, config: { ...config, replicaof: `127.0.0.1 ${master.port}` } });
    await until(async () => (await replica.info('replication')).master_link_status === 'up', 'replicated', PATIENCE);
    const port = await reservePort();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-sentinel-'));
    owner.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'sentinel.conf');
    const rules = [`monitor ${NAME} 127.0.0.1 ${master.port} 1`, `down-after-milliseconds ${NAME} ${DOWN_AFTER}`, `failover-timeout ${NAME} 3000`];
    const lines = [`port ${port}`, 'bind 127.0.0.1', 'protected-mode no', `dir ${folder}`, ...rules.map((rule) => `sentinel ${rule}`)];
    fs.writeFileSync(file, `${lines.join('\n')}\n`);
    const program = new Program(['redis-server', file, '--sentinel'], HINT);
    owner.defer(() => program.kill());
    await program.says(/\+monitor/);
    const sentinel = new Sentinel(program, port, [master, replica]);
    owner.defer(() => sentinel.#client.disconnect());
    await sentinel.#hurry();
    await until(() => sentinel.#canFailOver(), 'ready to fail over', PATIENCE);
    return sentinel;
  }

  /**
   * @private
   * @param {Program} program
   * @param {number} port
   * @param {Redis[]} servers
   */
  constructor(program, port, servers) {
    this.#program = program;
    this.port = port;
    this.servers = servers;
    this.name = NAME;
    this.#client = new Client({ host: '127.0.0.1', port, retryStrategy: null });
    this.#client.on('error', () => {});
  }

  get url() {
    return `redis+sentinel://127.0.0.1:${this.port}/${NAME}`;
  }

  /** What the sentinel has logged. */
  get log() {
    return this.#program.output;
  }

  /**
   * Sends a command to the sentinel.
   * @param {string} name
   * @param {...(string | number)} args
   * @returns {Promise<any>}
   */
  command(name, ...args) {
    return this.#client.call(name, ...args);
  }

  /** Shortens the times between its looks, which are made for networks. Redis 7 and later can do so. */
  async #hurry() {
    await this.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', 100, 'PING-PERIOD', 100, 'ASK-PERIOD', 100, 'PUBLISH-PERIOD', 100).catch(() => {});
  }

  /** Whether it knows the replica well enough to make it the master. */
  async #canFailOver() {
    const [found] = await this.command('SENTINEL', 'REPLICAS', NAME);
    if (found === undefined) return false;
    const about = Object.fromEntries(found.flatMap((/** @type {string} */ name, /** @type {number} */ at) => (at % 2 === 0 ? [[name, found[at + 1]]] : [])));
    return about.flags === 'slave' && about['master-link-status'] === 'ok';
  }

  /** @returns {Promise<Redis>} The master, in the opinion of the sentinel. */
  async master() {
    const [, port] = await this.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
    const found = this.servers.find((server) => server.port === Number(port));
    if (found === undefined) throw new Error(`the sentinel names port ${port}, which is none of ours`);
    return found;
  }

  /**
   * Makes the replica the master, and waits until it is.
   * @param {object} [how]
   * @param {'ask' | 'kill' | 'pause'} [how.by] The sentinel is asked, and the old master becomes a replica; or the
   *   master is killed; or it is stopped, and would still think to be the master when it goes on.
   * @returns {Promise<Redis>} The new master.
   */
  async failover({ by = 'ask' } = {}) {
    const before = await this.master();
    if (by === 'kill') await before.kill();
    else if (by === 'pause') await before.pause();
    else await this.command('SENTINEL', 'FAILOVER', NAME);
    const changed = async () => (await this.master()) !== before;
    await within(until(changed, 'failed over', PATIENCE), 'failover', PATIENCE);
    return this.master();
  }
}

module.exports = { Sentinel };
