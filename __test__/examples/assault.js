// @ts-check
'use strict';

/**
 * What a hostile peer does to a server that people have copied from an example: bad HTTP requests, bad
 * frames, texts that are no messages, and, for each message and each key that the example's code knows,
 * payloads that it does not expect. The example has to be served on by its process.
 */

const net = require('node:net');
const { setImmediate: turn } = require('node:timers/promises');
const { encodeFrame } = require('../helpers/frames');
const { RawClient } = require('../helpers/raw-client');
const { complete, exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay } = require('../helpers/timing');
const { INVALID } = require('../hostile/texts');
const { MESSAGES } = require('../hostile/messages');
const { REQUESTS } = require('../hostile/requests');
const { VIOLATIONS } = require('../hostile/violations');

/**
 * @typedef {object} Entry How the example lets a client in.
 * @property {string[]} [paths] Of its line servers.
 * @property {string[]} [others] Paths of servers of other protocols.
 * @property {Record<string, string>} [headers] Of the upgrade.
 * @property {unknown} [token] Payload of a handshake that is resolved.
 * @property {import('node:tls').ConnectionOptions} [tls]
 * @property {{n: string, p: unknown}[]} [before] What a client sends first.
 * @property {Record<string, unknown>} [valid] What the example expects in a payload, by key.
 */

/** JSON texts of payloads that few handlers expect. Those in template strings, or as numbers, throw. */
const PAYLOADS = [
  ...['null', 'true', 'false', '0', '-1', '1.5', '-0', '1e308', '1e999', '9007199254740993', '""', '" "', '"x"'],
  ...['"__proto__"', '"constructor"', '"\\ud800"', '"\\u0000"', '"\\u001b[2J"', `"${'y'.repeat(5000)}"`, '[]', '[null]', '[[]]', '{}'],
  ...['{"toString":0,"valueOf":0}', '[{"toString":0,"valueOf":0}]', '{"toString":null,"valueOf":{"toString":0}}'],
  ...['{"__proto__":{"toString":0}}', '{"__proto__":null}', '{"constructor":null}', '{"length":1e308}', '{"length":-1}'],
  ...['{"then":1}', '{"toJSON":1}', '{"hasOwnProperty":0}', '{"name":{"toString":0,"valueOf":0},"message":"m"}'],
  `${'['.repeat(900)}${']'.repeat(900)}`,
];

/** Rejections, as answers to what a server asks. */
const ERRORS = ['"no"', '1', '[]', '{}', '{"name":"E","message":"m","stack":{"toString":0,"valueOf":0}}',
  '{"name":"E","message":"m","code":{"toString":0,"valueOf":0},"toString":0,"toJSON":0,"cause":{"toString":0}}'];

/** Request targets that parsers of URLs refuse, or read in their own way. */
const TARGETS = ['//', '///', '//?', '//[', '//[::1', '//:0', '//user@', '/\\', '*', '?', '#', 'http://', 'http://[', 'x:', ':',
  '/%', '/%zz', '/%00', '/%2e%2e/%2e%2e/etc/passwd', '/../../etc/passwd', '/__proto__', '/constructor', '/clients/', '/?a[b]=%',
  `/${'a'.repeat(8000)}`];

/** Code that sees requests before, or in place of, a server of this package. */
const READS_REQUESTS = /createServer|createSecureServer|express|fastify|koa|attach|verifyClient|handleUpgrade|req(?:uest)?\.(?:url|headers)|'upgrade'|'request'/i;

/** Where no code of an example sees requests, one in so many is sent: `hostile/requests.test.js` sends all of them. */
const FEW = 10;

/**
 * Of what breaks the protocol, examples see the close code alone, so each gets some of each code. `hostile/frames.test.js`
 * sends all.
 */
const OF_EACH_CODE = [...new Set(VIOLATIONS.map(({ code }) => code))].flatMap((code) => VIOLATIONS.filter((each) => each.code === code).slice(0, 5));

/** Messages to one connection, so few that the rates of no example are exceeded. */
const SHARE = 15;

/** Longer texts go to a connection of their own, which may be closed for them. */
const LONG = 8000;

/** Attacks at a time. */
const TOGETHER = 8;

/** Longest wait for an attack to be noticed, in ms: some are not meant to be answered. */
const SHORT = 300;

/**
 * @template T
 * @param {() => boolean} isRunning Whether there is somebody to attack.
 * @param {T[]} items
 * @param {(item: T, index: number) => Promise<unknown>} attack
 */
async function inTurn(isRunning, items, attack) {
  let next = 0;
  const work = async () => {
    while (next < items.length && isRunning()) {
      const index = next++;
      // Being refused or cut off is all right.
      await attack(items[index], index).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
}

/** @param {string[]} texts @returns {string[][]} */
function shares(texts) {
  const [long, short] = [texts.filter(({ length }) => length > LONG), texts.filter(({ length }) => length <= LONG)];
  const groups = long.map((text) => [text]);
  for (let at = 0; at < short.length; at += SHARE) groups.push(short.slice(at, at + SHARE));
  return groups;
}

/** Frames by text, which all examples are sent. @type {Map<string, Buffer>} */
const frames = new Map();

/** @param {string} text @returns {Buffer} The text in a frame. */
function frameOf(text) {
  const frame = frames.get(text) ?? encodeFrame({ payload: text });
  frames.set(text, frame);
  return frame;
}

/** @param {string} source @returns {string[]} What its handlers listen for. */
function namesIn(source) {
  return [...new Set([...source.matchAll(/\.on\('([a-z]\w*)', (?:async )?\(?message/g)].map(([, name]) => name))];
}

/** @param {string} source @returns {string[]} The keys of payloads that it reads. */
function keysIn(source) {
  const read = [...source.matchAll(/payload\)?\??\.(\w+)/g)].map(([, key]) => key);
  const taken = [...source.matchAll(/\{ ?([\w, ]+?) ?\} = [\w.]*payload/g)].flatMap(([, keys]) => keys.split(/, */));
  return [...new Set([...read, ...taken])];
}

/**
 * Payloads for code that reads these keys: anything, anything under every key, and under one of them while
 * the others hold what is expected.
 * @param {string[]} keys
 * @param {Record<string, unknown>} valid
 */
function payloadsFor(keys, valid) {
  const objects = PAYLOADS.flatMap((value) => [
    `{${keys.map((key) => `"${key}":${value}`)}}`,
    ...keys.map((bad) => `{${keys.map((key) => `"${key}":${key === bad ? value : JSON.stringify(valid[key] ?? 'x')}`)}}`),
  ]);
  return keys.length > 0 ? [...PAYLOADS, ...objects] : PAYLOADS;
}

class Assault {
  /**
   * @param {number} port
   * @param {() => boolean} isRunning Whether the example's process is.
   * @param {string} source Code of the example.
   * @param {Entry} [entry]
   */
  constructor(port, isRunning, source, entry = {}) {
    this.port = port;
    this.isRunning = isRunning;
    this.entry = entry;
    this.readsRequests = READS_REQUESTS.test(source);
    this.names = namesIn(source);
    this.payloads = payloadsFor(keysIn(source), entry.valid ?? {});
    this.paths = entry.paths ?? ['/'];
  }

  /** @param {string} path */
  open(path) {
    const { headers, tls } = this.entry;
    return RawClient.open({ port: this.port, path, headers, tls });
  }

  /** @param {string} path A client that has come in. */
  async enter(path) {
    const client = await this.open(path);
    await client.handshake(this.entry.token);
    for (const message of this.entry.before ?? []) client.json(message);
    return client;
  }

  /** Everything, in turn. */
  async run() {
    await this.requests();
    await this.resets();
    for (const path of this.paths) {
      await this.frames(path);
      await this.handshakes(path);
      await this.messages(path);
      await this.answers(path);
      await this.repeats(path);
    }
    for (const path of this.entry.others ?? []) {
      await this.frames(path);
      await inTurn(this.isRunning, shares(this.texts()), async (texts) => {
        const client = await this.open(path);
        client.send(Buffer.concat(texts.map(frameOf)));
        await delay(5);
        client.reset();
      });
    }
  }

  async requests() {
    const targets = TARGETS.flatMap((target) => [
      ...['GET', 'HEAD', 'POST', 'OPTIONS'].map((method) => `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      upgradeRequest({ path: target }),
      upgradeRequest({ path: target, headers: { Host: '[' } }),
    ]);
    const requests = [...targets.map((bytes) => ({ bytes, end: false })), ...REQUESTS];
    const sent = requests.filter((_, index) => this.readsRequests || index % FEW === 0);
    await inTurn(this.isRunning, sent, ({ bytes, end }) => exchange(this.port, bytes, { end, done: complete, patience: SHORT }));
  }

  /** Upgrades followed by a reset, at once, a little later, and when the answer has come. */
  async resets() {
    const paths = [...this.paths, ...(this.entry.others ?? []), '/nothing', '/nothing?'];
    const attempts = paths.flatMap((path) => Array.from({ length: 15 }, (_, index) => ({ path, index })));
    await inTurn(this.isRunning, attempts, async ({ path, index }) => {
      const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
      const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}));
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write(upgradeRequest({ path, headers: this.entry.headers }));
      await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
      if (index % 3 === 0) await Promise.race([answered, closed, delay(SHORT)]);
      for (let turns = 0; index % 3 === 1 && turns < index; turns += 1) await turn();
      socket.resetAndDestroy();
      await closed;
    });
  }

  /** @param {string} path */
  async frames(path) {
    await inTurn(this.isRunning, OF_EACH_CODE, async ({ bytes }, index) => {
      const client = await this.open(path);
      client.send(bytes);
      await Promise.race([client.ended, delay(20)]);
      if (index % 2 === 0) client.reset();
      else client.destroy();
    });
  }

  /** @param {string} path */
  async handshakes(path) {
    const texts = [...this.payloads.map((payload) => `{"n":"_h","i":"1","p":${payload}}`), '{"n":"_h","i":"1"}', '{"n":"_h"}'];
    await inTurn(this.isRunning, texts, async (text, index) => {
      const client = await this.open(path);
      client.text(text);
      client.text(text);
      // Some go before they are answered.
      if (index % 5 !== 0) await Promise.race([client.message(), client.ended, delay(SHORT)]);
      client.reset();
    });
  }

  texts() {
    const mine = this.names.flatMap((name) => this.payloads.flatMap((payload) => [
      `{"n":"${name}","i":"1","p":${payload}}`,
      `{"n":"${name}","p":${payload}}`,
    ]));
    const without = this.names.flatMap((name) => [`{"n":"${name}","i":"1"}`, `{"n":"${name}"}`]);
    return [...without, ...mine, ...INVALID.map(([, text]) => text), ...MESSAGES.map(({ text }) => text)];
  }

  /** @param {string} path */
  async messages(path) {
    await inTurn(this.isRunning, shares(this.texts()), async (texts, index) => {
      const client = await this.enter(path);
      client.send(Buffer.concat(texts.map(frameOf)));
      if (index % 4 !== 0) await Promise.race([client.fence(), client.ended, delay(SHORT)]);
      if (index % 2 === 0) client.reset();
      else client.destroy();
    });
    // A client that has not come in.
    await inTurn(this.isRunning, shares(this.texts()), async (texts) => {
      const client = await this.open(path);
      texts.forEach((text) => client.send(frameOf(text)));
      await Promise.race([client.fence(), client.ended, delay(SHORT)]);
      client.reset();
    });
  }

  /** What a server asks is answered wrongly. @param {string} path */
  async answers(path) {
    const results = [...PAYLOADS.map((payload) => `"p":${payload},"e":null`), ...ERRORS.map((error) => `"e":${error}`), '"e":null', '"p":1'];
    await inTurn(this.isRunning, results, async (result) => {
      const client = await this.enter(path);
      const asked = client.message(({ n, i }) => n !== '_r' && i !== undefined).catch(() => undefined);
      const question = await Promise.race([asked, delay(20)]);
      if (question) {
        client.text(`{"n":"_r","i":${JSON.stringify(question.message.i)},${result}}`);
        await Promise.race([client.fence(), delay(SHORT)]);
      }
      client.reset();
    });
  }

  /** The same request a hundred times, by a client that does not read and then is gone. @param {string} path */
  async repeats(path) {
    const texts = this.names.flatMap((name) => ['1e308', '"x"', JSON.stringify(this.entry.valid ?? {})].map((payload) => `{"n":"${name}","i":"1","p":${payload}}`));
    await inTurn(this.isRunning, texts, async (text) => {
      const client = await this.enter(path);
      client.socket.pause();
      client.send(Buffer.concat(Array.from({ length: 100 }, () => frameOf(text))));
      await delay(50);
      client.reset();
    });
  }

  /** A client that behaves is let in, and its handshake handled by the application. */
  async newcomer() {
    for (const path of this.paths) {
      // The server may still have to notice that an attacker with the same name is gone.
      for (let tries = 0; ; tries += 1) {
        const client = await this.open(path);
        const { message } = await client.handshake(this.entry.token);
        if (!message.e) await client.fence();
        client.destroy();
        if (!message.e) break;
        if (tries === 50) throw new Error(`refused: ${JSON.stringify(message.e)}`);
        await delay(100);
      }
    }
  }
}

module.exports = { Assault, PAYLOADS };
