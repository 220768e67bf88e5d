// @ts-check
'use strict';

/** A process of the demo: a node, Redis or nginx. It can be killed, stopped and started again on its port. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const { setTimeout: delay } = require('node:timers/promises');

/** Milliseconds that a process may take until it listens. */
const PATIENCE = 20000;

/** Milliseconds that it has to end in order. */
const ENDING = 8000;

/** Milliseconds between two looks whether it listens. */
const PAUSE = 30;

/** Characters of its log that explain why it has ended. */
const SHOWN = 1000;

/** @param {number} port @returns {Promise<boolean>} */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

class Part {
  #command;
  #env;
  #log;
  #guard;
  #onEnd;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child = undefined;
  #ended = Promise.resolve('');
  /** Whether its end is wanted. */
  #isExpected = false;

  /**
   * @param {object} what
   * @param {string} what.name
   * @param {number} what.port It listens here when it is ready.
   * @param {string[]} what.command
   * @param {NodeJS.ProcessEnv} what.env
   * @param {string} what.log The file that has what it writes.
   * @param {import('./guard.js').Guard} what.guard Ends it when the demo is killed.
   * @param {(how: string) => void} what.onEnd Called when it ends by itself, or by somebody else.
   */
  constructor({ name, port, command, env, log, guard, onEnd }) {
    this.name = name;
    this.port = port;
    this.#command = command;
    this.#env = env;
    this.#log = log;
    this.#guard = guard;
    this.#onEnd = onEnd;
  }

  /** Undefined while it does not run. */
  get pid() {
    return this.#child?.pid;
  }

  /** Starts it, and resolves when it listens. */
  async start() {
    const [file, ...args] = this.#command;
    const log = fs.openSync(this.#log, 'a');
    // A group of its own: Ctrl-C in a terminal reaches the demo alone, which ends the others.
    const child = spawn(file, args, { env: this.#env, stdio: ['ignore', log, log], detached: process.platform !== 'win32' });
    fs.closeSync(log);
    const { pid } = child;
    if (pid !== undefined) this.#guard.add(pid);
    this.#child = child;
    this.#isExpected = false;
    this.#ended = new Promise((resolve) => {
      /** @param {string} how */
      const end = (how) => {
        if (this.#child === child) this.#child = undefined;
        if (pid !== undefined) this.#guard.remove(pid);
        resolve(how);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `code ${code}`));
    });
    const until = Date.now() + PATIENCE;
    while (this.#child === child && !(await isListening(this.port))) {
      await delay(PAUSE);
      if (Date.now() > until) throw new Error(`${this.name} does not listen on port ${this.port}. ${this.#tail()}`);
    }
    if (this.#child !== child) throw new Error(`${this.name} could not be started: ${await this.#ended}. ${this.#tail()}`);
    this.#ended.then((how) => this.#isExpected || this.#onEnd(how));
  }

  /** Ends it at once, as a crash does. */
  async kill() {
    this.#isExpected = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets it end in order: a node asks its clients to go elsewhere. After some seconds it is killed. */
  async stop() {
    this.#isExpected = true;
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), ENDING);
    await this.#ended;
    clearTimeout(timer);
  }

  #tail() {
    const log = fs.readFileSync(this.#log, 'utf8').trim();
    return log === '' ? '' : `Its log ends:\n${log.slice(-SHOWN)}`;
  }
}

module.exports = { Part };
