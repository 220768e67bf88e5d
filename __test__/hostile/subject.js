// @ts-check
'use strict';

/**
 * A server in a child process of its own, which hostile input may bring down: for the table of
 * `table.js`. Started with the name of an implementation, this file is the child.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const { Opcode } = require('../helpers/frames');
const { RawClient } = require('../helpers/raw-client');
const { delay, within } = require('../helpers/timing');

/** How long an answer is awaited, in ms. */
const PATIENCE = 1000;

class Subject {
  /** @param {'native' | 'original'} name */
  constructor(name) {
    this.name = name;
    /** @private */
    this.tokens = 0;
  }

  /** Starts the server, unless it runs. */
  async start() {
    if (this.child && this.death === undefined) return;
    const child = fork(__filename, [this.name], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let errors = '';
    child.stderr?.on('data', (data) => (errors += data));
    this.child = child;
    /** Why the process has ended; undefined while it runs. @type {string | undefined} */
    this.death = undefined;
    /** @type {Promise<void>} */
    this.died = once(child, 'close').then(([code, signal]) => {
      const line = errors.split('\n').find((text) => /^\w*Error\b/.test(text));
      this.death = line ?? `exit status ${code ?? signal}`;
    });
    const failed = this.died.then(() => Promise.reject(new Error(`${this.name} did not start: ${this.death}`)));
    const started = once(child, 'message');
    const [{ port }] = await within(Promise.race([started, failed]), 'start of the server', 20_000);
    failed.catch(() => {});
    this.port = port;
  }

  /**
   * What the listeners of a connection were called with, and that the server still runs.
   *
   * @param {string} token of its handshake
   * @returns {Promise<any[][]>} nothing when the process has ended
   */
  async log(token) {
    if (this.death !== undefined) return [];
    const answer = once(/** @type {any} */ (this.child), 'message').then(([{ log }]) => log);
    this.child?.send({ token }, () => {});
    return await Promise.race([answer, this.died?.then(() => [])]);
  }

  /**
   * Opens a connection and sends it something.
   *
   * @param {Buffer} bytes
   * @param {'fresh' | 'connected'} phase
   */
  async hit(bytes, phase) {
    await this.start();
    const token = `t${++this.tokens}`;
    const client = await RawClient.open({ port: Number(this.port) });
    if (phase === 'connected') {
      await client.handshake({ token });
      await client.fence();
    }
    const skip = client.texts.length;
    client.send(bytes);
    const ended = client.ended.then(() => 'ends');
    const fenced = client.fence().then(() => 'stays', () => ended);
    const waited = delay(PATIENCE).then(() => 'waits');
    /** Whether the connection stays, ends, or says nothing more. */
    const end = await Promise.race([fenced, ended, waited]);
    // What a handler does later, in a promise, has its time as well.
    await this.log(token);
    const calls = await this.log(token);
    client.destroy();
    const texts = client.texts.slice(skip).filter((text) => !text.includes('"fence'));
    const close = client.frames.find(({ opcode }) => opcode === Opcode.CLOSE);
    return { end, code: close?.payload.readUInt16BE(0), calls, texts };
  }

  async stop() {
    if (this.death !== undefined) return;
    this.child?.kill();
    await this.died;
  }
}

async function serve() {
  const { Arena } = require('./arena');
  const { loadNative, loadOriginal } = require('../helpers/implementations');
  const arena = new Arena(process.argv[2] === 'original' ? loadOriginal() : loadNative());
  await arena.open();
  process.on('message', (/** @type {{ token: string }} */ { token }) => {
    setTimeout(() => process.send?.({ log: arena.logs.get(token) ?? [] }), 5);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port: arena.port });
}

if (require.main === module) serve();

module.exports = { Subject, PATIENCE };
