// @ts-check
'use strict';

/** Servers that are not ours: `redis-server`, `nats-server`. They end with the test, and when its process is killed. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { until, within } = require('../../helpers/timing');

/** Time that a server may take to start or to end, in ms: machines are busy. */
const PATIENCE = 15000;

/** Characters of its output that are kept for errors and for {@link Program.says}. */
const KEPT = 64 * 1024;

/** @typedef {{defer(closer: () => unknown): void}} Owner Whatever ends what a test has started. */

/**
 * A command whose process the kernel kills when this process ends, whatever ended it. It stays the same process, so
 * its id is that of the program. Only Linux has this.
 * @param {string[]} command
 * @returns {string[]}
 */
function boundToParent(command) {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--', ...command] : command;
}

/**
 * Waits until all threads of a process are stopped by a SIGSTOP, which takes effect a little later.
 * @param {number} pid
 */
async function stopped(pid) {
  // The state follows the name, which is in parentheses.
  await until(() => /\) T /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')), `stopped: process ${pid}`);
}

class Program {
  #child;
  #output = '';
  #onChange = new Set();
  /** How it ended, undefined while it runs. @type {string | undefined} */
  #end = undefined;

  /**
   * @param {string[]} command
   * @param {string} hint What to do when it cannot be run.
   */
  constructor(command, hint) {
    this.name = command[0];
    const [file, ...args] = boundToParent(command);
    this.#child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        this.#output = (this.#output + text).slice(-KEPT);
        this.#onChange.forEach((listener) => listener());
      });
    }
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve) => {
      const finish = (/** @type {string} */ end) => {
        this.#end ??= end;
        this.#onChange.forEach((listener) => listener());
        resolve();
      };
      this.#child.once('error', (error) => finish(`${error.message}: ${hint}`));
      this.#child.once('close', (code, signal) => finish(`${this.name} ended with ${signal ?? `code ${code}`}: ${hint}`));
    });
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid);
  }

  get isRunning() {
    return this.#end === undefined;
  }

  /** What it has written, or the end of that. */
  get output() {
    return this.#output;
  }

  /**
   * Waits until it has written something.
   * @param {RegExp} pattern
   * @returns {Promise<void>} Rejects when it ends before.
   */
  async says(pattern) {
    /** @type {() => void} */
    let listener = () => {};
    const said = new Promise((resolve, reject) => {
      listener = () => {
        if (pattern.test(this.#output)) resolve(undefined);
        else if (this.#end !== undefined) reject(new Error(`${this.#end}\n${this.#output.slice(-2000)}`));
      };
      this.#onChange.add(listener);
      listener();
    });
    try {
      await within(said, `${pattern} from ${this.name}`, PATIENCE);
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}\n${this.#output.slice(-2000)}`, { cause: error });
    } finally {
      this.#onChange.delete(listener);
    }
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Asks it to end, and waits until it has. */
  async terminate() {
    // A stopped process would not see the signal.
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    await within(this.ended, `end of ${this.name}`, PATIENCE);
  }

  /** Ends it at once. */
  async kill() {
    this.signal('SIGKILL');
    await within(this.ended, `end of ${this.name}`, PATIENCE);
  }

  /** Stops all its threads until {@link resume}: it is silent, but its connections stay. */
  async pause() {
    this.signal('SIGSTOP');
    await stopped(this.pid);
  }

  resume() {
    this.signal('SIGCONT');
  }
}

module.exports = { Program, boundToParent, stopped, PATIENCE };
