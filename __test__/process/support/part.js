// @ts-check
'use strict';

/**
 * A Node process that runs commands from its channel: it gets `{command, argument}`, answers
 * `{done: command, result}`, and reports faults as `{fault}`.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { within } = require('../../helpers/timing');

/** Time for a command, in ms, unless another is given. */
const PATIENCE = 30000;

class Part {
  /** Time for a command, in ms. */
  patience = PATIENCE;
  #isDone = false;

  /**
   * @param {string} file An absolute path.
   * @param {(text: string) => void} fault Called for what goes wrong.
   * @param {string[]} [args]
   * @param {import('node:child_process').ForkOptions} [options]
   */
  constructor(file, fault, args = [], options = {}) {
    this.name = path.basename(file, '.js');
    this.process = fork(file, args, options);
    this.process.on('message', (/** @type {{fault?: string}} */ message) => {
      if (message.fault !== undefined) fault(message.fault);
    });
    this.process.on('error', (error) => fault(`the process of the ${this.name}: ${error.message}`));
    this.process.on('exit', (code, signal) => {
      if (!this.#isDone) fault(`the process of the ${this.name} ended: code ${code}, signal ${signal}`);
    });
  }

  get isRunning() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /**
   * @param {string} command
   * @param {unknown} [argument]
   * @returns {Promise<any>} What it answers.
   */
  async tell(command, argument) {
    let stopListening = () => {};
    const answer = new Promise((resolve, reject) => {
      /** @param {any} message */
      const onMessage = (message) => {
        if (message.done === command) resolve(message.result);
      };
      const onExit = () => reject(new Error(`the process of the ${this.name} ended instead of: ${command}`));
      this.process.on('message', onMessage);
      this.process.once('exit', onExit);
      stopListening = () => {
        this.process.off('message', onMessage);
        this.process.off('exit', onExit);
      };
      if (!this.isRunning) onExit();
    });
    if (this.isRunning) this.process.send({ command, argument }, () => {});
    return within(answer, `answer of the ${this.name} to ${command}`, this.patience).finally(stopListening);
  }

  /**
   * Closes its channel, after which nothing keeps it alive.
   * @param {number} ms Time to end by itself, else it is killed.
   * @returns {Promise<string | undefined>} How it ended, unless it did by itself with code 0.
   */
  async leave(ms) {
    if (!this.isRunning) return undefined;
    this.#isDone = true;
    const ended = once(this.process, 'exit');
    this.process.disconnect();
    try {
      const [code, signal] = await within(ended, `end of the ${this.name}`, ms);
      return code === 0 ? undefined : `the ${this.name} ended with code ${code}, signal ${signal}`;
    } catch (error) {
      await this.kill();
      return /** @type {Error} */ (error).message;
    }
  }

  async kill() {
    this.#isDone = true;
    if (!this.isRunning) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

module.exports = { Part };
