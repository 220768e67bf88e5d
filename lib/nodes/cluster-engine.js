// @ts-check
'use strict';

/** The engine of `adapter: 'cluster'`: the primary process of Node's `cluster` passes messages on. */

const nodeCluster = require('node:cluster');
const { Port, relay } = require('./relay.js');
const { KEY } = require('../runtime/ipc.js');
const { clearTimeout, microtask, setTimer } = require('../runtime/environment.js');

/** @typedef {import('../../types/adapter.d.ts').Engine} Engine */
/** @typedef {import('../../types/adapter.d.ts').EngineSink} EngineSink */

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (nodeCluster);

/** Milliseconds that the primary process has to answer. */
const PATIENCE = 3000;

const NO_ANSWER = "The primary process does not answer: it has to load line-socket-native as well, before it forks workers. Add require('line-socket-native') there";

/** Servers of this process so far. */
let last = 0;

/**
 * Bytes as a text, which passes between processes at least cost, whatever their serialization is.
 * @param {Uint8Array} data
 */
function textOf(data) {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}

/**
 * Messages that are published in one turn leave together.
 * @implements {Engine}
 */
class ClusterEngine {
  /** @type {Connection | undefined} */
  #connection = undefined;
  /** Messages that are to leave, as channel and data in turn. @type {string[]} */
  #batch = [];
  /** When they have left. @type {Promise<void> | undefined} */
  #leaving = undefined;

  /** @param {EngineSink} sink */
  async start(sink) {
    const connection = cluster.isWorker ? new WorkerConnection(sink) : new LocalConnection(sink);
    this.#connection = connection;
    await connection.open();
  }

  /**
   * @param {string} channel
   * @param {Uint8Array} data
   * @returns {any} A promise: when it has left.
   */
  publish(channel, data) {
    this.#batch.push(channel, textOf(data));
    this.#leaving ??= new Promise((resolve, reject) => {
      microtask(() => {
        const messages = this.#batch;
        this.#batch = [];
        this.#leaving = undefined;
        if (this.#connection === undefined) reject(new Error('it has been stopped'));
        else this.#connection.publish(messages).then(resolve, reject);
      });
    });
    return this.#leaving;
  }

  /** @param {string[]} channels */
  async subscribe(channels) {
    await this.#connection?.subscribe(channels);
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    this.#connection?.unsubscribe(channels);
  }

  async stop() {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

/**
 * @typedef {object} Connection
 * @property {() => Promise<void>} open
 * @property {(messages: string[]) => Promise<void>} publish
 * @property {(channels: string[]) => Promise<void>} subscribe
 * @property {(channels: string[]) => void} unsubscribe
 * @property {() => void} close
 */

/**
 * @param {EngineSink} sink
 * @param {string[]} messages Channel and data in turn.
 */
function receive(sink, messages) {
  for (let index = 0; index + 1 < messages.length; index += 2) {
    sink.message(messages[index], Buffer.from(messages[index + 1], 'latin1'));
  }
}

/**
 * That of a process which is no worker: to the other servers in it, and to its workers.
 * @implements {Connection}
 */
class LocalConnection {
  #port;

  /** @param {EngineSink} sink */
  constructor(sink) {
    this.#port = new Port(
      (messages, done) => {
        receive(sink, messages);
        done();
      },
      () => sink.down(new Error('Messages were dropped')),
    );
  }

  async open() {}

  /** @param {string[]} messages */
  async publish(messages) {
    relay.publish(this.#port, messages);
  }

  /** @param {string[]} channels */
  async subscribe(channels) {
    relay.subscribe(this.#port, channels);
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    relay.unsubscribe(this.#port, channels);
  }

  close() {
    relay.leave(this.#port);
  }
}

/**
 * That of a worker: to its primary process.
 * @implements {Connection}
 */
class WorkerConnection {
  #sink;
  #number = (last += 1);
  /** Who waits for an answer, by its name, oldest first. @type {{name: string, resolve: () => void}[]} */
  #awaited = [];

  /** @param {EngineSink} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  async open() {
    process.on('message', this.#onMessage);
    process.on('disconnect', this.#onDisconnect);
    await this.#ask('hello', undefined, 'welcome');
  }

  /** @param {string[]} messages */
  publish(messages) {
    return this.#send(['publish', this.#number, messages]);
  }

  /** @param {string[]} channels */
  subscribe(channels) {
    return this.#ask('subscribe', channels, 'subscribed');
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    this.#send(['unsubscribe', this.#number, channels]).catch(() => {});
  }

  close() {
    this.#send(['bye', this.#number]).catch(() => {});
    process.off('message', this.#onMessage);
    process.off('disconnect', this.#onDisconnect);
  }

  /**
   * @param {string} kind
   * @param {string[] | undefined} list
   * @param {string} answer Its name.
   */
  async #ask(kind, list, answer) {
    const answered = new Promise((resolve, reject) => {
      const entry = {
        name: answer,
        resolve: () => {
          clearTimeout(timer);
          resolve(undefined);
        },
      };
      this.#awaited.push(entry);
      const timer = setTimer(() => {
        this.#awaited = this.#awaited.filter((each) => each !== entry);
        reject(new Error(NO_ANSWER));
      }, PATIENCE);
      timer.unref();
    });
    await Promise.all([this.#send([kind, this.#number, list]), answered]);
  }

  /**
   * @param {unknown[]} message
   * @returns {Promise<void>} Resolves when it is on its way.
   */
  #send(message) {
    return new Promise((resolve, reject) => {
      if (!process.connected || process.send === undefined) {
        reject(new Error('The primary process has gone'));
        return;
      }
      process.send({ [KEY]: message }, undefined, undefined, (error) => (error ? reject(error) : resolve()));
    });
  }

  #onMessage = (/** @type {any} */ message) => {
    const ours = message?.[KEY];
    if (!Array.isArray(ours) || ours[1] !== this.#number) return;
    const [kind, , list] = ours;
    if (kind === 'messages') receive(this.#sink, list);
    else if (kind === 'lost') this.#onLost();
    else {
      const index = this.#awaited.findIndex(({ name }) => name === kind);
      if (index >= 0) this.#awaited.splice(index, 1)[0].resolve();
    }
  };

  #onLost() {
    this.#sink.down(new Error('Messages were dropped: this process reads them too slowly'));
    this.#ask('hello', undefined, 'welcome').then(() => this.#sink.up(), () => {});
  }

  #onDisconnect = () => {
    this.#sink.down(new Error('The primary process has gone'));
  };
}

module.exports = { ClusterEngine };
