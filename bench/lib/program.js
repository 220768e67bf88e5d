// @ts-check
'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');

/** A program on one core, with the highest allowed number of open files. */
class Program {
  /** Running programs. None may outlive this process. @type {Set<Program>} */
  static #running = new Set();

  static {
    process.once('exit', () => Program.#running.forEach((program) => program.#kill()));
  }

  #child;
  #name;
  /** @type {AsyncIterator<string>} */
  #lines;
  #errors = '';
  /** Why the program has ended. @type {Promise<string>} */
  #gone;

  /**
   * @param {string} core The core.
   * @param {string[]} words Program and arguments.
   * @param {Record<string, string>} [env] More environment variables.
   */
  constructor(core, words, env = {}) {
    this.#name = words[0];
    // Both taskset and the shell become the program itself, so its process id is the child's.
    this.#child = spawn(
      'taskset',
      ['-c', core, 'sh', '-c', 'ulimit -n "$(ulimit -Hn)" && exec "$0" "$@"', ...words],
      { cwd: path.join(__dirname, '..'), env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    Program.#running.add(this);
    // A program that no longer reads has ended, which is reported elsewhere.
    this.#child.stdin.on('error', () => {});
    this.#lines = readline.createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    this.#child.stderr.setEncoding('utf8').on('data', (text) => { this.#errors += text; });
    this.#gone = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => {
        resolve(this.#errors.trim() || `${this.#name} ended with ${signal || code}`);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** What the program has written to its standard error. */
  get errors() {
    return this.#errors;
  }

  /**
   * Writes a line to its standard input.
   * @param {string} line
   */
  tell(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /**
   * Waits for the next line of output that begins with one of `prefixes`.
   * @param {string[]} prefixes The beginnings.
   * @param {number} timeout Longest time to wait, in ms.
   * @returns {Promise<string>} The whole line. Rejects when the program ends, or the time has passed.
   */
  async says(prefixes, timeout) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.#name} did not answer in ${timeout} ms`)), timeout);
    });
    try {
      return await Promise.race([late, this.#nextLine(prefixes)]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {string[]} prefixes */
  async #nextLine(prefixes) {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(await this.#gone);
      if (prefixes.some((prefix) => value.startsWith(prefix))) return value;
    }
  }

  /** Ends the program and waits until it is gone. */
  async stop() {
    this.#kill();
    await this.#gone;
    Program.#running.delete(this);
  }

  #kill() {
    this.#child.kill('SIGKILL');
  }
}

module.exports = { Program };
