// @ts-check
'use strict';

// Memory of many idle connections, more and more in one process, then many at once in several.
// node bench/idle.js [--connections N]

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { reservePort } = require('../__test__/helpers/ports');
const { command, peers } = require('./lib/peers');
const { Program } = require('./lib/program');

/** Descriptors that a process needs for other things than connections. */
const SPARE = 500;

/** How long the CPU of idle servers is measured, in ms: the first pings are due 15 s after the handshake. */
const IDLE = 30_000;

/** Connections of the rows with one process. */
const GROWTH = [2000, 5000, 10_000, 19_000];

/** Longest time for a process to start, and for connections to be opened and measured, in ms. */
const START_TIMEOUT = 30_000;
const TIMEOUT = 600_000;

const load = path.join(__dirname, '../target/release/load');
const ours = /** @type {import('./lib/peers').Peer} */ (peers.find(({ key }) => key === 'ours'));

/** Connections that one process may have. */
const most = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim().replace('unlimited', '1000000')) - SPARE;

/** Server and load of some connections. */
class Part {
  /** @type {Program | undefined} */
  #server;
  /** @type {Program | undefined} */
  #load;
  /** Descriptors of the server before there were connections. */
  #own = 0;

  /**
   * Begins to open connections.
   * @param {number} count
   * @param {number} hold How long they are kept before memory is read, in ms.
   */
  async begin(count, hold) {
    const port = await reservePort();
    this.#server = new Program('0', command(ours), { PORT: String(port), NODE_ENV: 'production' });
    await this.#server.says(['ready'], START_TIMEOUT);
    this.#own = this.#descriptors();
    this.#load = new Program('1', [
      load, 'idle', '--server', `127.0.0.1:${port}`, '--pid', String(this.#server.pid), '--connections', String(count),
      '--duration', String(hold),
    ]);
  }

  #descriptors() {
    return fs.readdirSync(`/proc/${this.#server?.pid}/fd`).length;
  }

  /** @returns {number} Connections that the server has, by its descriptors. */
  get connections() {
    return this.#descriptors() - this.#own;
  }

  /** @returns {number} Milliseconds of CPU that the server has used. */
  get cpu() {
    const tasks = `/proc/${this.#server?.pid}/task`;
    const times = fs.readdirSync(tasks).map((task) => Number(fs.readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]));
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  }

  /** @returns {Promise<number>} Resident bytes of the server for each connection. */
  async bytes() {
    const line = await /** @type {Program} */ (this.#load).says(['{'], TIMEOUT);
    return JSON.parse(line).bytes;
  }

  async end() {
    await this.#load?.stop();
    await this.#server?.stop();
  }
}

/** @param {number} ms */
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Rows of one process with more and more connections. */
async function growth() {
  for (const count of GROWTH.filter((wanted) => wanted <= most)) {
    const part = new Part();
    try {
      await part.begin(count, 2000);
      console.log(`| 1 | ${count.toLocaleString('en')} | ${Math.round(await part.bytes()).toLocaleString('en')} |`);
    } finally {
      await part.end();
    }
  }
}

/**
 * A row with all connections at once.
 * @param {number} count
 */
async function all(count) {
  const processes = Math.ceil(count / most);
  const each = Math.ceil(count / processes);
  const parts = Array.from({ length: processes }, () => new Part());
  try {
    // Those that were opened first are kept until the last are there, and for a while after that.
    for (const part of parts) await part.begin(each, 60_000);
    const open = () => parts.reduce((sum, part) => sum + part.connections, 0);
    for (let waited = 0; open() < each * processes && waited < TIMEOUT; waited += 500) await delay(500);
    const before = parts.reduce((sum, part) => sum + part.cpu, 0);
    await delay(IDLE);
    const cpu = parts.reduce((sum, part) => sum + part.cpu, 0) - before;
    const connections = open();
    const bytes = await Promise.all(parts.map((part) => part.bytes()));
    const mean = bytes.reduce((sum, one) => sum + one, 0) / bytes.length;
    console.log(`| ${processes} | ${(each * processes).toLocaleString('en')} | ${Math.round(mean).toLocaleString('en')} |`);
    console.log(`\n${connections.toLocaleString('en')} connections were open at once; in ${IDLE / 1000} s the servers took ${Math.round(cpu)} ms of CPU.`);
  } finally {
    await Promise.all(parts.map((part) => part.end()));
  }
}

async function main() {
  const { values } = parseArgs({ options: { connections: { type: 'string', default: '100000' } } });
  const count = Number(values.connections);
  if (!Number.isInteger(count) || count < 1) throw new Error('--connections must be a number above 0');
  if (!fs.existsSync(load)) throw new Error('the load generator is missing: run "npm run bench -- --quick" once');
  console.log('| processes | connections | bytes each |\n| --: | --: | --: |');
  await growth();
  await all(count);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
