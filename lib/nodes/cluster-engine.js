// @ts-check
'use strict';

/** The engine of `adapter: 'cluster'`: the primary process of Node's `cluster` passes messages on. */

const nodeCluster = require('node:cluster');
const { Port, relay } = require('./relay.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');
const { KEY, kPublishAll } = require('../symbols.js');

/** @typedef {import('../../types/adapter.d.ts').Engine} Engine */
/** @typedef {import('../../types/adapter.d.ts').EngineSink} EngineSink */
/** @typedef {import('../../types/adapter.d.ts').EngineEntry} EngineEntry */
/** @typedef {import('../../types/adapter.d.ts').EngineHistory} EngineHistory */
/** @typedef {import('../../types/adapter.d.ts').EngineReading} EngineReading */
/** @typedef {import('./histories.js').Entry} Entry */
/** @typedef {import('./histories.js').Kept} Kept */

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (nodeCluster);

/** Milliseconds that the primary process has to answer. */
const PATIENCE = 3000;

const NO_ANSWER =
  'The primary process does not answer: it has to load line-socket-native as well, before it forks workers. ' +
  "Add require('line-socket-native') there. Under pm2 its daemon is the primary process: start it with NODE_OPTIONS, " +
  'as docs/guides/cluster.md says';

/** Once it has answered, it has loaded the package. */
const NO_ANSWER_NOW = `The primary process has not answered for ${PATIENCE / 1000} s: it is busy, or has been stopped`;

/** Whether the primary process has answered a server of this process. */
let hasAnswered = false;

/** Servers of this process so far. */
let last = 0;

/**
 * Bytes as a text, which passes between processes at least cost, whatever their serialization is.
 * @param {Uint8Array} data
 */
function textOf(data) {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}

/** @param {string} text @returns {Buffer} */
const bytesOf = (text) => Buffer.from(text, 'latin1');

/** @implements {Engine} */
class ClusterEngine {
  #historyBytes;
  /** @type {Connection | undefined} */
  #connection = undefined;

  /** @param {() => number} historyBytes What the server's histories may take now. */
  constructor(historyBytes) {
    this.#historyBytes = historyBytes;
  }

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
    return this[kPublishAll]([channel], [data]);
  }

  /**
   * Publishes messages that leave together.
   * @param {string[]} channels That of each.
   * @param {Uint8Array[]} messages
   * @returns {Promise<void>}
   */
  [kPublishAll](channels, messages) {
    return this.#connected.publish(channels.flatMap((channel, index) => [channel, textOf(messages[index]), '']));
  }

  /** @param {string[]} channels */
  async subscribe(channels) {
    await this.#connection?.subscribe(channels);
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    this.#connection?.unsubscribe(channels);
  }

  /**
   * @param {EngineEntry[]} entries
   * @returns {Promise<string[]>}
   */
  append(entries) {
    const texts = entries.map((entry) => ({ ...entry, data: textOf(entry.data) }));
    return this.#connected.append(texts, this.#historyBytes());
  }

  /**
   * @param {string} channel
   * @param {number | undefined} after
   * @param {number} limit
   * @returns {Promise<EngineReading>}
   */
  async read(channel, after, limit) {
    const { position, messages } = await this.#connected.read(channel, after ?? null, limit);
    return { position, messages: messages.map(([at, text]) => ({ position: at, data: bytesOf(text) })) };
  }

  /**
   * @param {EngineHistory[]} histories
   * @returns {Promise<string[]>}
   */
  positions(histories) {
    return this.#connected.positions(histories);
  }

  async stop() {
    this.#connection?.close();
    this.#connection = undefined;
  }

  get #connected() {
    if (this.#connection === undefined) throw new Error('it has been stopped');
    return this.#connection;
  }
}

/**
 * @typedef {object} Connection
 * @property {() => Promise<void>} open
 * @property {(messages: string[]) => Promise<void>} publish
 * @property {(channels: string[]) => Promise<void>} subscribe
 * @property {(channels: string[]) => void} unsubscribe
 * @property {(entries: Entry[], historyBytes: number) => Promise<string[]>} append
 * @property {(channel: string, after: number | null, limit: number) => Promise<Kept>} read
 * @property {(histories: EngineHistory[]) => Promise<string[]>} positions
 * @property {() => void} close
 */

/**
 * @param {EngineSink} sink
 * @param {string[]} messages As `Relay` has them.
 */
function receive(sink, messages) {
  for (let index = 0; index + 2 < messages.length; index += 3) {
    const [channel, data, position] = messages.slice(index, index + 3);
    sink.message(channel, bytesOf(data), position || undefined);
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

  /**
   * @param {Entry[]} entries
   * @param {number} historyBytes
   */
  async append(entries, historyBytes) {
    relay.histories.limit = historyBytes;
    return relay.append(entries);
  }

  /**
   * @param {string} channel
   * @param {number | null} after
   * @param {number} limit
   */
  async read(channel, after, limit) {
    return relay.histories.read(channel, after, limit);
  }

  /** @param {EngineHistory[]} histories */
  async positions(histories) {
    return histories.map(({ channel, epoch, ttl }) => relay.histories.position(channel, epoch, ttl));
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
  #lastKey = 0;
  /** Who waits for an answer, by its key. @type {Map<number, (result: any) => void>} */
  #awaited = new Map();

  /** @param {EngineSink} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  async open() {
    process.on('message', this.#onMessage);
    process.on('disconnect', this.#onDisconnect);
    await this.#ask('hello');
  }

  /** @param {string[]} messages */
  publish(messages) {
    return this.#send(['publish', this.#number, 0, messages]);
  }

  /** @param {string[]} channels */
  subscribe(channels) {
    return this.#ask('subscribe', channels);
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    this.#send(['unsubscribe', this.#number, 0, channels]).catch(() => {});
  }

  /**
   * @param {Entry[]} entries
   * @param {number} limit
   */
  append(entries, limit) {
    return this.#ask('append', { entries, limit });
  }

  /**
   * @param {string} channel
   * @param {number | null} after
   * @param {number} limit
   */
  read(channel, after, limit) {
    return this.#ask('read', { channel, after, limit });
  }

  /** @param {EngineHistory[]} histories */
  positions(histories) {
    return this.#ask('positions', histories);
  }

  close() {
    this.#send(['bye', this.#number]).catch(() => {});
    process.off('message', this.#onMessage);
    process.off('disconnect', this.#onDisconnect);
  }

  /**
   * @param {string} kind
   * @param {unknown} [body]
   * @returns {Promise<any>} The answer.
   */
  async #ask(kind, body) {
    const key = (this.#lastKey += 1);
    const answered = new Promise((resolve, reject) => {
      const timer = setTimer(() => {
        this.#awaited.delete(key);
        reject(new Error(hasAnswered ? NO_ANSWER_NOW : NO_ANSWER));
      }, PATIENCE);
      timer.unref();
      this.#awaited.set(key, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });
    const [, answer] = await Promise.all([this.#send([kind, this.#number, key, body]), answered]);
    return answer;
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
    const [kind, , first, result] = ours;
    if (kind === 'messages') receive(this.#sink, first);
    else if (kind === 'lost') this.#onLost();
    else {
      hasAnswered = true;
      this.#awaited.get(first)?.(result);
      this.#awaited.delete(first);
    }
  };

  #onLost() {
    this.#sink.down(new Error('Messages were dropped: this process reads them too slowly'));
    this.#ask('hello').then(() => this.#sink.up(), () => {});
  }

  #onDisconnect = () => {
    this.#sink.down(new Error('The primary process has gone'));
  };
}

module.exports = { ClusterEngine };
