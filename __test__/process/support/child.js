// @ts-check
'use strict';

/**
 * Node processes for tests, which report what they see as one JSON value per line (`report.js`).
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { until, within } = require('../../helpers/timing');

/** Time that a child may take to report or do something, in ms: starting Node alone takes 100 or more. */
const PATIENCE = 20000;

/** Lines of a child's errors that are shown when a test fails. */
const SHOWN = 15;

/**
 * @typedef {object} Exit
 * @property {number | null} code Null when a signal ended it.
 * @property {NodeJS.Signals | null} signal
 * @property {string} stderr
 */

/**
 * @typedef {object} ChildOptions
 * @property {string[]} [nodeArgs] Options of Node itself.
 * @property {Record<string, string>} [env] Added to this process's environment.
 * @property {string | true} [program] What runs the script instead of this Node; true where it is a program itself.
 * @property {number} [descriptors] Most descriptors it may have open (Unix only).
 */

class Child {
  /** @type {string[]} */
  #lines = [];
  #stderr = '';
  #process;
  /** Called when there is a new line, or the end. */
  #onChange = () => {};
  /** @type {Exit | undefined} */
  #exit = undefined;

  /**
   * @param {string} file The script, an absolute path.
   * @param {unknown[]} args
   * @param {ChildOptions} [options]
   */
  constructor(file, args, { nodeArgs = [], env = {}, program: runtime = process.execPath, descriptors } = {}) {
    this.name = path.basename(file);
    const command = [...(runtime === true ? [] : [runtime, ...nodeArgs]), file, ...args.map(String)];
    // The limit is set before Node starts, because Node raises it to the highest allowed.
    const [program, ...rest] =
      descriptors === undefined ? command : ['/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
    this.#process = spawn(program, rest, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#onChange();
    });
    // Writing to a child that has ended fails, which is ignored.
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.on('data', (data) => (this.#stderr += data));
    /** @type {Promise<Exit>} */
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      // Not `exit`: its last output comes before `close`.
      this.#process.once('close', (code, signal) => {
        this.#exit = { code, signal, stderr: this.#stderr };
        this.#onChange();
        resolve(this.#exit);
      });
    });
    this.ended.catch(() => {});
  }

  get pid() {
    return /** @type {number} */ (this.#process.pid);
  }

  /** What it has written to stderr so far. */
  get stderr() {
    return this.#stderr;
  }

  get isRunning() {
    return this.#exit === undefined;
  }

  /**
   * The next line it wrote.
   * @param {number} [ms]
   * @returns {Promise<string>}
   */
  async line(ms = PATIENCE) {
    const come = new Promise((resolve, reject) => {
      this.#onChange = () => {
        if (this.#lines.length > 0) resolve(undefined);
        else if (this.#exit !== undefined) reject(new Error(`${this.name} ended: ${this.#describeExit()}`));
      };
      this.#onChange();
    });
    try {
      await within(come, `line from ${this.name}`, ms);
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}\n${this.#tail()}`, { cause: error });
    }
    return /** @type {string} */ (this.#lines.shift());
  }

  /**
   * Waits for it to end by itself.
   * @returns {Promise<string[]>} The lines it wrote that nobody has taken.
   */
  async remainingLines() {
    await this.exited();
    return this.#lines.splice(0);
  }

  /**
   * The next value it reported.
   * @param {number} [ms]
   * @returns {Promise<any>}
   */
  async report(ms) {
    return JSON.parse(await this.line(ms));
  }

  /**
   * Waits for it to end by itself.
   * @param {number} [ms]
   * @returns {Promise<Exit>}
   */
  exited(ms = PATIENCE) {
    return within(this.ended, `end of ${this.name}`, ms);
  }

  /**
   * Waits for it to end by itself, without an error.
   * @param {number} [ms]
   */
  async succeeded(ms) {
    const { code } = await this.exited(ms);
    if (code !== 0) throw new Error(`${this.name} ended: ${this.#describeExit()}\n${this.#tail()}`);
  }

  /** @param {string} line Written to its standard input. */
  tell(line) {
    this.#process.stdin.write(`${line}\n`);
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#process.kill(signal);
  }

  /** Stops all its threads until {@link resume} or its end (Linux only). */
  async halt() {
    this.signal('SIGSTOP');
    // Its state follows the name, which is in parentheses.
    const isHalted = () => /\) T /.test(fs.readFileSync(`/proc/${this.pid}/stat`, 'utf8'));
    await until(isHalted, `halted: ${this.name}`);
  }

  /** Lets it go on after {@link halt}. */
  resume() {
    this.signal('SIGCONT');
  }

  /** Ends it, if it still runs. */
  async stop() {
    if (this.isRunning) this.signal('SIGKILL');
    await this.ended.catch(() => {});
  }

  #describeExit() {
    return `code ${this.#exit?.code}, signal ${this.#exit?.signal}`;
  }

  #tail() {
    return this.#stderr.split('\n').slice(-SHOWN).join('\n');
  }
}

module.exports = { Child };
