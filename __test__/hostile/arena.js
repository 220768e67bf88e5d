// @ts-check
'use strict';

/**
 * The server that hostile input is thrown at: one for a whole test file, in one process, so that
 * anything an input breaks shows in what follows. Contract section 4.
 */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { loadNative } = require('../helpers/implementations');
const { Context } = require('../helpers/context');
const { collectFatal } = require('../helpers/uncaught');
const { within } = require('../helpers/timing');

/** Largest message the server takes, in bytes. */
const MAX_PAYLOAD = 1 << 20;

/** How far a connection has come when the input arrives. */
const PHASES = /** @type {const} */ (['fresh', 'pending', 'connected']);

/** Our own events, which no message may ever fire, and names that begin like them. */
const FORBIDDEN = ['_error', '_disconnected', '_h', '_p', '_r', '_anything', '_', '_close'];

/** Ordinary names, some of which mean something to plain objects and emitters. */
const ORDINARY = [
  ...['echo', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toJSON', 'then', 'length'],
  ...['error', 'close', 'message', 'connection', 'handshake', 'removeListener', 'newListener']
];

/**
 * What the server's listeners were called with: `[name]` for a message, `['_error', code, payload]`
 * and `['_disconnected', code]` for our own events.
 *
 * @typedef {any[][]} Log
 */

/**
 * @typedef {object} Target one connection in one phase
 * @property {import('../helpers/raw-client').RawClient} client
 * @property {Log} log empty before the handshake was sent: nobody can listen yet
 * @property {() => string[]} texts received since the phase was reached
 */

/**
 * A text that fits into the report of a failed test.
 *
 * @param {unknown} text
 */
function brief(text) {
  if (typeof text !== 'string' || text.length <= 200) return text;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${text.slice(0, 40)} ... ${text.length} characters, ${digest}`;
}

class Arena {
  /** @param {import('../helpers/implementations').Implementation} implementation */
  constructor(implementation = loadNative()) {
    this.context = new Context(implementation);
    /** Names to listen for: the emitter of the original takes none that plain objects have. */
    this.names = [...FORBIDDEN, ...ORDINARY].filter((name) => implementation.name === 'native' || !(name in {}));
    /** @type {Map<string, Log>} logs by the token of the handshake */
    this.logs = new Map();
    /** @private */
    this.tokens = 0;
  }

  async open() {
    const { server, port } = await this.context.serve({ maxPayload: MAX_PAYLOAD, maxHandshakePayload: MAX_PAYLOAD });
    this.server = server;
    this.port = port;
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      const { token, pend } = handshake.payload;
      this.logs.set(token, this.spy(connection));
      if (!pend) handshake.resolve();
    });
    /** A client that behaves, connected from first to last. */
    this.witness = (await this.context.connect({ server, port }, { token: 'witness' })).client;
  }

  async close() {
    await this.context.dispose();
  }

  /**
   * Listens to everything a message might reach, and serves `echo`.
   *
   * @private
   * @param {any} connection
   * @returns {Log}
   */
  spy(connection) {
    /** @type {Log} */
    const log = [];
    const { Message } = this.server.constructor;
    for (const name of this.names) {
      connection.on(name, (/** @type {any[]} */ ...args) => {
        const [first] = args;
        if (first instanceof Message) log.push([name]);
        else if (name === '_error') log.push([name, first.code, brief(first.payload)]);
        else if (name === '_disconnected') log.push([name, first]);
        // What remains is the emitter's own: `newListener` for the listeners added here.
      });
    }
    connection.on('echo', (/** @type {any} */ message) => {
      if (message.id !== undefined) message.resolve(message.payload);
    });
    return log;
  }

  /**
   * @param {typeof PHASES[number]} phase
   * @returns {Promise<Target>}
   */
  async reach(phase) {
    const client = await this.context.open(this.port);
    const token = `t${++this.tokens}`;
    if (phase === 'fresh') return { client, log: [], texts: () => client.texts };
    if (phase === 'connected') {
      const connected = new Promise((resolve) => this.server.once('connection', resolve));
      await client.handshake({ token });
      await within(connected, 'connection');
    } else {
      client.json({ n: '_h', i: 'pending', p: { token, pend: true } });
      await client.fence();
    }
    const skip = client.texts.length;
    return { client, log: /** @type {Log} */ (this.logs.get(token)), texts: () => client.texts.slice(skip) };
  }

  /**
   * Runs `body`, which must not bring the process down nor keep the server from its work.
   *
   * @template T
   * @param {() => Promise<T>} body
   * @returns {Promise<T>}
   */
  async survive(body) {
    const { value, error, fatal } = await collectFatal(async () => {
      const result = await body();
      const { message } = await this.witness.request('echo', 'still served');
      assert.equal(message.p, 'still served');
      return result;
    });
    if (fatal.length) throw new Error('the process would have ended', { cause: fatal[0] });
    if (error) throw error;
    return /** @type {T} */ (value);
  }

  /** A newcomer is served as ever. */
  async newcomer() {
    const { client } = await this.reach('connected');
    assert.equal((await client.request('echo', 'hello')).message.p, 'hello');
    client.close(1000);
    assert.equal((await client.closed()).code, 1000);
  }
}

/**
 * Registers a suite of hostile input with an arena of its own, and that the arena is sound in the
 * end. The original does not stand it, so nothing is registered for it alone (`LINE_IMPL=original`).
 *
 * @param {string} subject
 * @param {(arena: Arena) => void} body
 */
function hostile(subject, body) {
  if (process.env.LINE_IMPL === 'original') return;
  describe(`hostile ${subject}`, () => {
    const arena = new Arena();
    before(() => arena.open());
    after(() => arena.close());
    body(arena);
    it('a newcomer is served as ever', () => arena.survive(() => arena.newcomer()));
  });
}

module.exports = { Arena, brief, hostile, PHASES, FORBIDDEN, ORDINARY, MAX_PAYLOAD };
