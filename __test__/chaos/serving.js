// @ts-check
'use strict';

/** What a server of the chaos does, in whichever thread: it serves one round. */

const http = require('node:http');
const https = require('node:https');
const { loadNative } = require('../helpers/implementations');
const { identity } = require('../helpers/tls');
const { delay, until } = require('../helpers/timing');
const { Gaps } = require('./gaps');
const { ANSWER_TIME, DRAIN, END_BOUND, ROOMS, Random } = require('./plan');

/** @typedef {import('./plan').Plan} Plan */

/** Time between two broadcasts, in ms. */
const NEWS_INTERVAL = 20;

/** The certificates that take turns. */
const IDENTITIES = ['server', 'renewed', 'rsa'];

/** Time by which timers may be early, in ms. */
const EARLY = 5;

/** Time for promises to settle once their connections have ended, in ms. */
const SETTLING = 2000;

const { Server } = loadNative();

/** What a test has the server do wrong, to see that it is found: see `faults.test.js`. */
const WRONG = process.env.CHAOS_FAULT;

/** How often it does that: once in so many times. */
const WRONG_EVERY = 20;

/** For how long it blocks this thread, in ms: most of it may go to others where the machine is busy. */
const BLOCK = 1500;

/**
 * What the server knows of one honest connection.
 * @typedef {object} Entry
 * @property {number} next Number of the next message.
 * @property {number} asked Requests that were handled.
 * @property {number} answered Requests that were answered.
 * @property {number} noted Messages without an id.
 * @property {number} late Requests that were answered, but came while the server drained, which waits for the answers
 *   to earlier ones alone, or were answered when what is left may have been cut.
 */

/** @param {number} time In ms, for which this thread is kept busy. */
function burn(time) {
  const end = performance.now() + time;
  while (performance.now() < end);
}

/** What flooders ask for, as in `process/children/beset.js`. @type {Record<string, (message: any, connection: any) => void>} */
const FLOODED = {
  cheap: (message) => message.resolve(1),
  read: (message) => message.resolve(message.payload.length),
  burn: (message) => {
    burn(1);
    message.resolve();
  },
  await: async (message) => {
    await null;
    await null;
    burn(1);
    message.resolve();
  },
  tick: (message) => {
    process.nextTick(() => {
      burn(1);
      message.resolve();
    });
  },
  ask: (message, connection) => {
    connection.send('question', undefined, 20).catch(() => {});
    message.resolve();
  },
  throw: (message) => message.resolve(1n),
  large: (message) => message.resolve('x'.repeat(64 * 1024)),
  reject: (message) => message.reject(Object.assign(new Error('rejected'), { big: 1n })),
};

class Serving {
  /** @type {import('node:http').Server | undefined} */
  #web;
  /** Those of the HTTP server. @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  /** @type {any} */
  #server;
  #random;
  /** By the key that the client has sent with its handshake. @type {Record<string, Entry>} */
  #entries = {};
  #count = { came: 0, went: 0, sent: 0, settled: 0, news: 0, renewals: 0 };
  /** @type {(NodeJS.Timeout)[]} */
  #timers = [];
  #gaps;
  #isEnding = false;
  #answers = 0;
  #asked = 0;
  /** From when on connections may be cut. */
  #cutAt = Infinity;

  /**
   * @param {Plan} plan
   * @param {Float64Array} longest See {@link Gaps}.
   * @param {(message: {fault: string} | {doubt: string}) => void} tell Called for what goes wrong.
   */
  constructor(plan, longest, tell) {
    this.plan = plan;
    this.fault = (/** @type {string} */ fault) => tell({ fault });
    this.#random = new Random(plan.seed).fork();
    this.#gaps = new Gaps(longest, tell);
  }

  /** @returns {Promise<number>} The port. */
  async start() {
    const { way, ioThreads, deflate, hasRates } = this.plan;
    const options = {
      handshakeTimeout: ANSWER_TIME,
      perMessageDeflate: deflate && { threshold: 64 },
      ...(hasRates ? {} : { messagesPerSecond: 0, bytesPerSecond: 0 }),
    };
    this.#server =
      way === 'port' ? new Server({ ...options, host: '127.0.0.1', port: 0, ioThreads })
      : way === 'tls' ? new Server({ ...options, host: '127.0.0.1', port: 0, ioThreads, tls: identity('server') })
      : this.#attached(options);
    const server = this.#server;
    server.on('error', (/** @type {any} */ error) => this.fault(`the server's error event: ${error.stack}`));
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => this.#onHandshake(connection, message));
    server.on('connection', (/** @type {any} */ connection) => this.#onConnection(connection));
    await server.start();
    if (this.#web) await new Promise((resolve) => this.#web?.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.#timers = [
      setInterval(() => this.#broadcast(), NEWS_INTERVAL),
      setInterval(() => this.#renew(), this.plan.renewal),
    ];
    this.#gaps.begin();
    const address = /** @type {import('node:net').AddressInfo} */ ((this.#web ?? server).address());
    return address.port;
  }

  /** @param {Record<string, unknown>} options */
  #attached(options) {
    const web = this.plan.way === 'https' ? https.createServer(identity('server')) : http.createServer();
    this.#web = web;
    web.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    web.on('request', (_request, response) => response.end('served'));
    if (this.plan.way !== 'handed') return new Server({ ...options, server: web });
    const server = new Server({ ...options, noServer: true });
    web.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
    return server;
  }

  #broadcast() {
    const number = this.#count.news++;
    const isWrong = number % WRONG_EVERY === WRONG_EVERY - 1;
    if (isWrong && WRONG === 'block') burn(BLOCK);
    if (isWrong && WRONG === 'throw') throw new Error('as told');
    if (!(isWrong && WRONG === 'lose')) this.#server.broadcast('news', number);
    for (const room of ROOMS) this.#server.getRoom(room)?.broadcast('said', [room, this.#count.news]);
  }

  #renew() {
    const next = identity(this.#random.pick(IDENTITIES));
    if (this.plan.way === 'tls') this.#server.setSecureContext(next);
    else if (this.plan.way === 'https') /** @type {https.Server} */ (this.#web).setSecureContext(next);
    else return;
    this.#count.renewals += 1;
  }

  /** @param {any} connection @param {any} message */
  #onHandshake(connection, message) {
    this.#count.came += 1;
    connection.on('_disconnected', () => (this.#count.went += 1));
    // Those are never decided.
    if (message.payload === 'pending') return;
    if (message.payload === 'rejected') message.reject(new Error('as asked'));
    else message.resolve();
    const key = message.payload?.key;
    if (typeof key !== 'string') return;
    connection.key = key;
    this.#entries[key] = connection.entry = { next: 0, asked: 0, answered: 0, noted: 0, late: 0 };
  }

  /** @param {any} connection */
  #onConnection(connection) {
    connection.on('_error', () => {});
    connection.on('_disconnected', () => {
      if (connection.getRooms().length > 0) this.fault('a closed connection is in rooms');
    });
    if (connection.entry) this.#serve(connection, connection.entry);
    else this.#serveFlooder(connection);
  }

  /** @param {any} connection */
  #serveFlooder(connection) {
    for (const [name, handle] of Object.entries(FLOODED)) {
      connection.on(name, (/** @type {any} */ message) => handle(message, connection));
    }
  }

  /**
   * @param {any} connection
   * @param {Entry} entry
   */
  #serve(connection, entry) {
    /** Messages come in the order they were sent, each once. @param {number} number */
    const follow = (number) => {
      if (number !== entry.next) this.fault(`message ${number} of a connection came instead of ${entry.next}`);
      entry.next = number + 1;
    };
    /** @param {any} message @param {unknown} value @param {boolean} isInTime It came before the end. */
    const answer = (message, value, isInTime) => {
      if (connection.state !== 'connected') return;
      if (isInTime && performance.now() < this.#cutAt) entry.answered += 1;
      else entry.late += 1;
      // Of all connections: on a slow machine each asks less often than that.
      this.#answers += 1;
      const isWrong = this.#answers % WRONG_EVERY === 0;
      if (isWrong && WRONG === 'forget') return;
      message.resolve(value);
      if (isWrong && WRONG === 'end' && connection.key.startsWith('reconnect')) connection.close(4999, 'as told');
      if (isWrong && WRONG === 'twice') connection.sendWithoutResponse('_r', value).catch(() => {});
    };
    connection.on('ask', (/** @type {any} */ message) => {
      const { number } = message.payload;
      // As if it had never come.
      if (WRONG === 'miss' && ++this.#asked % WRONG_EVERY === 0) return;
      follow(number);
      entry.asked += 1;
      // Some of them later, out of order.
      const isInTime = !this.#isEnding;
      if (number % 5 === 0) setTimeout(() => answer(message, message.payload, isInTime), number % 30);
      else answer(message, message.payload, isInTime);
    });
    connection.on('note', (/** @type {any} */ message) => {
      follow(message.payload);
      entry.noted += 1;
    });
    connection.on('tally', (/** @type {any} */ message) => message.resolve([entry.asked, entry.noted, entry.answered + entry.late]));
    connection.on('refuse', (/** @type {any} */ message) => message.reject(new Error(message.payload)));
    connection.on('join', (/** @type {any} */ message) => {
      connection.joinRoom(message.payload);
      message.resolve();
    });
    connection.on('question', (/** @type {any} */ message) => this.#ask(connection, message));
  }

  /** Asks the client a sum, and is asked to answer when that has been answered. @param {any} connection @param {any} message */
  #ask(connection, message) {
    const [a, b] = message.payload;
    this.#count.sent += 1;
    connection.send('sum', [a, b], 0).then(
      (/** @type {number} */ sum) => {
        this.#count.settled += 1;
        if (sum !== a + b) this.fault(`a client's answer to ${a} + ${b} came as ${sum}`);
        if (connection.state === 'connected') message.resolve(sum);
      },
      (/** @type {any} */ error) => {
        this.#count.settled += 1;
        if (error.code !== 'scDisconnected') this.fault(`a send was rejected: ${error.code} ${error.message}`);
      },
    );
  }

  /**
   * Ends the round.
   * @returns {Promise<{took: number, entries: Record<string, Entry>, count: Record<string, number>}>} How long
   *   `stop()` took, in ms, and what was counted.
   */
  async end() {
    this.#timers.forEach(clearInterval);
    const server = this.#server;
    const begin = performance.now();
    this.#isEnding = true;
    this.#cutAt = begin + (this.plan.ending === 'drain' ? DRAIN - EARLY : 0);
    server.broadcast('last', this.#count.news);
    if (WRONG === 'slow') await delay(DRAIN + END_BOUND + 500);
    await server.stop(this.plan.ending === 'drain' ? { drain: DRAIN } : undefined);
    const took = performance.now() - begin;
    const { came, went } = this.#count;
    if (came !== went) this.fault(`stop() resolved when ${came - went} of ${came} connections had not ended`);
    const left = Object.keys(server.getConnections()).length;
    if (left > 0) this.fault(`${left} connections are there after stop()`);
    for (const room of ROOMS) if (server.getRoom(room) !== undefined) this.fault(`${room} is there after stop()`);
    await until(() => this.#count.sent === this.#count.settled, 'settled', SETTLING).catch(() => {
      this.fault(`${this.#count.sent - this.#count.settled} of ${this.#count.sent} sends have not settled after stop()`);
    });
    this.#gaps.end();
    const web = this.#web;
    // Node knows nothing of those amid a TLS handshake, and would wait for them.
    this.#sockets.forEach((socket) => socket.destroy());
    if (web) await new Promise((resolve) => web.close(resolve));
    return { took, entries: this.#entries, count: this.#count };
  }
}

/**
 * Reports what would end the process.
 * @param {(text: string) => void} fault
 */
function watchProcess(fault) {
  process.on('uncaughtException', (/** @type {any} */ error) => {
    // Of a handler that answers with what has no JSON.
    if (error.code !== 'mInvalidJson') fault(`uncaught: ${error.stack ?? error}`);
  });
  process.on('unhandledRejection', (/** @type {any} */ error) => fault(`unhandled: ${error?.stack ?? error}`));
}

module.exports = { Serving, watchProcess };
