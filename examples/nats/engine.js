// @ts-check
'use strict';

/** An engine for the option `adapter`: servers are joined by NATS. */

const { connect } = require('@nats-io/transport-node');

/** @typedef {import('line-socket-native').Engine} Engine */
/** @typedef {import('line-socket-native').EngineSink} EngineSink */

/**
 * A channel as a subject of NATS, in which points, asterisks and spaces mean something.
 * @param {string} channel
 */
const subjectOf = (channel) => encodeURIComponent(channel).replaceAll('.', '%2E').replaceAll('*', '%2A');

/** @implements {Engine} */
class NatsEngine {
  #options;
  /** @type {import('@nats-io/transport-node').NatsConnection | undefined} */
  #connection = undefined;
  /** @type {EngineSink | undefined} */
  #sink = undefined;
  /** @type {Map<string, import('@nats-io/transport-node').Subscription>} */
  #subscriptions = new Map();
  /** Calls of `start` and `stop`. */
  #calls = 0;

  /** @param {import('@nats-io/transport-node').NodeConnectionOptions} options Of the client of NATS. */
  constructor(options) {
    this.#options = options;
  }

  /** @param {EngineSink} sink */
  async start(sink) {
    const call = (this.#calls += 1);
    // The server connects again by itself: it calls `start` for that, and subscribes to everything. It waits for 9 s.
    const connection = await connect({ timeout: 5000, ...this.#options, reconnect: false });
    if (call !== this.#calls) {
      // It has not waited, or was stopped meanwhile.
      await connection.close();
      throw new Error('another connection was wanted meanwhile');
    }
    this.#connection = connection;
    this.#sink = sink;
    this.#subscriptions.clear();
    connection.closed().then((error) => sink.down(error ?? new Error('the connection to NATS was closed')));
  }

  /**
   * @param {string} channel
   * @param {Uint8Array} data
   */
  publish(channel, data) {
    // The client keeps the bytes until it writes them.
    this.#connected.publish(subjectOf(channel), data.slice());
  }

  /** @param {string[]} channels */
  async subscribe(channels) {
    const connection = this.#connected;
    for (const channel of channels) {
      if (this.#subscriptions.has(channel)) continue;
      const subscription = connection.subscribe(subjectOf(channel), {
        callback: (error, message) => {
          if (!error) this.#sink?.message(channel, message.data);
        },
      });
      this.#subscriptions.set(channel, subscription);
    }
    // NATS answers in order: when this has come, it knows the subscriptions.
    await connection.flush();
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    for (const channel of channels) {
      this.#subscriptions.get(channel)?.unsubscribe();
      this.#subscriptions.delete(channel);
    }
  }

  async stop() {
    this.#calls += 1;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  get #connected() {
    if (this.#connection === undefined) throw new Error('there is no connection to NATS');
    return this.#connection;
  }
}

module.exports = { NatsEngine };
