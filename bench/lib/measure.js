// @ts-check
'use strict';

const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { command } = require('./peers');

/** CPU core of the server, with all its threads. */
const SERVER_CORE = '0';
/** CPU core of the load generator. */
const LOAD_CORE = '1';
/** Longest time for a server to start and for a case to run, in ms. */
const START_TIMEOUT = 10_000;
const LOAD_TIMEOUT = 180_000;

const bench = path.join(__dirname, '..');
const load = path.join(bench, 'load/target/release/load');

/**
 * Figures of one run, as the load generator prints them.
 * @typedef {Record<string, number>} Figures
 */

/**
 * Measures one case on one peer, in a server process of its own.
 * @param {import('./peers').Peer} peer The peer.
 * @param {import('./cases').Case} benchCase The case.
 * @param {{warmup: number, duration: number}} times In ms; what the case itself says goes first.
 * @returns {Promise<Figures>} What was measured. Rejects when the server or the load fails.
 */
async function measure(peer, benchCase, { warmup, duration }) {
  const port = await freePort();
  const server = start(SERVER_CORE, command(peer), { PORT: String(port), NODE_ENV: 'production' });
  try {
    await server.says('ready', START_TIMEOUT);
    const [name, ...options] = benchCase.load;
    const generator = start(LOAD_CORE, [
      load, name, '--server', `127.0.0.1:${port}`, '--pid', String(server.pid), '--protocol', peer.protocol,
      '--warmup', String(warmup), '--duration', String(duration), ...options,
    ]);
    try {
      return JSON.parse(await generator.says('{', LOAD_TIMEOUT));
    } finally {
      await generator.stop();
    }
  } catch (error) {
    // Why the server died matters more than that the load generator noticed.
    const said = server.errors().trim();
    throw said ? new Error(`${error.message}\nthe server said: ${said.slice(-1000)}`) : error;
  } finally {
    await server.stop();
  }
}

/**
 * Starts a program on one core, with as many open files as it may have.
 * @param {string} core The core.
 * @param {string[]} words Program and arguments.
 * @param {Record<string, string>} [env] More environment variables.
 */
function start(core, words, env = {}) {
  // Both taskset and the shell become the program itself, so its process id is the child's.
  const child = spawn(
    'taskset',
    ['-c', core, 'sh', '-c', 'ulimit -n "$(ulimit -Hn)" && exec "$0" "$@"', ...words],
    { cwd: bench, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = () => { child.kill('SIGKILL'); };
  process.once('exit', kill);

  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { output += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { errors += text; });

  /** @type {Promise<string>} Why the program is gone. */
  const gone = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(errors.trim() || `${words[0]} ended with ${signal || code}`));
  });

  return {
    pid: child.pid,

    /** What the program has written to its standard error. */
    errors: () => errors,

    /**
     * Waits for a line of output that begins with `prefix`.
     * @param {string} prefix The beginning.
     * @param {number} timeout Longest time to wait, in ms.
     * @returns {Promise<string>} The whole line.
     */
    says(prefix, timeout) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${words[0]} did not answer in ${timeout} ms`)), timeout);
        const look = () => {
          const line = output.split('\n').slice(0, -1).find((line) => line.startsWith(prefix));
          if (line === undefined) return;
          clearTimeout(timer);
          resolve(line);
        };
        child.stdout.on('data', look);
        look();
        gone.then((reason) => {
          clearTimeout(timer);
          reject(new Error(reason));
        });
      });
    },

    /** Ends the program and waits until it is gone. */
    async stop() {
      kill();
      await gone;
      process.removeListener('exit', kill);
    },
  };
}

/** @returns {Promise<number>} A port that nothing listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

module.exports = measure;
