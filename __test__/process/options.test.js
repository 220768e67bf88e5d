// @ts-check
'use strict';

/** Every option: which values are refused, when it is given and when it is set later. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');

const { Server } = loadNative();
const known = require('../../lib/options/known-options.js');

const NO_NUMBERS = ['1', 'x', true, {}, [], () => {}, Symbol('s'), 1n];
const NO_COUNTS = [-1, 0.5, NaN, Infinity, ...NO_NUMBERS];
const NO_STRINGS = [0, 1, true, {}, [], () => {}];
const NO_FUNCTIONS = ['x', 0, 1, true, {}, []];

/** Stand for "not given", except where an option is required once named. */
const NOTHING = [undefined, null];

/**
 * Values that each option takes, and some that it does not.
 * @type {Record<string, {good: unknown[], bad: unknown[]}>}
 */
const OPTIONS = {
  responseTimeout: { good: [0, 1, 10000, Number.MAX_SAFE_INTEGER], bad: [...NO_COUNTS, ...NOTHING] },
  handshakeTimeout: { good: [0, 1, 10000, Number.MAX_SAFE_INTEGER], bad: [...NO_COUNTS, ...NOTHING] },
  pingInterval: { good: [0, 1, 10000, Number.MAX_SAFE_INTEGER], bad: [...NO_COUNTS, ...NOTHING] },
  closeTimeout: { good: [0, 1, 30000, Number.MAX_SAFE_INTEGER, ...NOTHING], bad: NO_COUNTS },
  upgradeTimeout: { good: [0, 1, 30000, Number.MAX_SAFE_INTEGER, ...NOTHING], bad: NO_COUNTS },
  maxPayload: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxHandshakePayload: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxInflatingBytes: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxBufferedBytes: { good: [1, 2 ** 40, ...NOTHING], bad: [0, ...NO_COUNTS] },
  highWaterMark: { good: [1, 2 ** 40, ...NOTHING], bad: [0, ...NO_COUNTS] },
  maxFragments: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxHeaderBytes: { good: [256, 1024 * 1024, ...NOTHING], bad: [0, 255, 1024 * 1024 + 1, ...NO_COUNTS] },
  maxHeaders: { good: [1, 10000, ...NOTHING], bad: [0, 10001, ...NO_COUNTS] },
  maxConnections: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxConnectionsPerAddress: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  maxGatheredBytes: { good: [1, 2 ** 40, ...NOTHING], bad: [0, ...NO_COUNTS] },
  maxPendingSends: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  messagesPerSecond: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  bytesPerSecond: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  rateBurst: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  rateTimeout: { good: [0, 1, 2 ** 40, ...NOTHING], bad: NO_COUNTS },
  slowConsumer: { good: ['close', 'drop', ...NOTHING], bad: ['', 'Close', 'block', ...NO_STRINGS] },
  ioThreads: { good: [1, 64, ...NOTHING], bad: [0, 65, ...NO_COUNTS] },
  host: { good: ['127.0.0.1', '::1', 'fe80::1%eth0', 'localhost', '', ...NOTHING], bad: NO_STRINGS },
  port: {
    good: [0, 65535, '0', '65535', ...NOTHING],
    bad: [-1, 65536, 0.5, NaN, Infinity, '', ' 1', '-1', '0x50', '1e3', '65536', true, {}, [], () => {}],
  },
  listen: {
    good: [{ path: '/tmp/socket' }, { path: '/tmp/socket', mode: 0o660 }, ...NOTHING],
    // The system would take a path with NUL for the part before it.
    bad: [{}, [], { path: '' }, { path: 1 }, { path: '/tmp/so\0cket' }, '/tmp/socket', 80, true, { path: 'a', mode: 0o1777 }, { path: 'a', mode: '660' }],
  },
  ipv6Only: { good: [true, false, ...NOTHING], bad: [0, 1, 'true', {}, []] },
  reusePort: { good: [true, false, ...NOTHING], bad: [0, 1, 'true', {}, []] },
  path: { good: ['/', '/chat', ...NOTHING], bad: ['', 'chat', ...NO_STRINGS] },
  allowedOrigins: {
    good: [['https://a.example', 'http://*.a.example:*', 'null'], [], ['*'], ...NOTHING],
    bad: ['https://a.example', [/a/], [1], ['a.example'], ['https://a.example/'], {}, 0, true],
  },
  requireOrigin: { good: [true, false, ...NOTHING], bad: [0, 1, 'true', {}, []] },
  protocols: { good: [['a', 'b.c-d'], ['a'], ...NOTHING], bad: [[], 'a', [1], [''], ['a b'], ['a\nb'], {}, 0, true] },
  trustProxy: {
    good: [true, false, 0, 1, 'loopback', '127.0.0.1, 10.0.0.0/8', ['::1', 'linklocal', 'uniquelocal'], [], ...NOTHING],
    bad: [-1, 0.5, NaN, Infinity, '', 'localhost', ['10.0.0.0/0'], [1], [null], {}, () => true],
  },
  proxyHeaders: { good: ['x-forwarded', 'forwarded', ...NOTHING], bad: ['', 'Forwarded', ...NO_STRINGS] },
  backlog: { good: [1, 511, 2 ** 31 - 1, ...NOTHING], bad: [0, 2 ** 31, ...NO_COUNTS] },
  errors: { good: ['full', 'public', ...NOTHING], bad: ['', 'Public', 'none', ...NO_STRINGS] },
  verifyClient: { good: [() => true, async () => {}, ...NOTHING], bad: NO_FUNCTIONS },
  handleProtocols: { good: [() => '', ...NOTHING], bad: NO_FUNCTIONS },
  busyPoll: { good: [true, false, ...NOTHING], bad: [0, 1, 'true', {}, []] },
  clientTracking: { good: [true, false, ...NOTHING], bad: [0, 1, 'true', {}, []] },
  server: { good: NOTHING, bad: [{}, 1, true] },
  noServer: { good: [true, false, ...NOTHING], bad: ['true', 1, {}] },
  history: {
    good: [{}, { news: { size: 1, ttl: 1 } }, { '*': { size: 1, ttl: 1, maxReplay: 1, whenDown: 'local' } }, ...NOTHING],
    bad: [1, 'news', true, [], { news: 1 }, { news: {} }, { news: { size: 0, ttl: 1 } }, { 'a*b': { size: 1, ttl: 1 } }],
  },
  presence: {
    good: [{}, { 'a*': {} }, { a: { leaveDelay: 0, events: 'each' } }, { '': { leaveDelay: null } }, ...NOTHING],
    bad: [5, [], 'room', { a: 5 }, { a: { leaveDelay: -1 } }, { a: { events: 'all' } }, { a: { leaveDelays: 1 } }, { 'a*b': {} }],
  },
  historyBytes: { good: [1, 2 ** 40, ...NOTHING], bad: [0, ...NO_COUNTS] },
  perMessageDeflate: { good: [true, false, {}, { threshold: 0 }, ...NOTHING], bad: [0, 1, 'true', [], { treshold: 0 }] },
};

/** Options that are in force while the server runs: they are checked whenever they are set. */
const LIVE = [
  'errors',
  'responseTimeout',
  'handshakeTimeout',
  'pingInterval',
  'closeTimeout',
  'upgradeTimeout',
  'maxPayload',
  'maxHandshakePayload',
  'maxInflatingBytes',
  'maxBufferedBytes',
  'highWaterMark',
  'slowConsumer',
  'maxFragments',
  'maxHeaderBytes',
  'maxHeaders',
  'maxConnections',
  'maxConnectionsPerAddress',
  'maxPendingSends',
  'maxGatheredBytes',
  'messagesPerSecond',
  'bytesPerSecond',
  'rateBurst',
  'rateTimeout',
  'busyPoll',
  'historyBytes',
  'path',
  'allowedOrigins',
  'requireOrigin',
  'protocols',
  'trustProxy',
  'proxyHeaders',
  'perMessageDeflate',
];

/** @param {unknown} value */
function show(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/**
 * @param {() => unknown} body Gives a value to an option.
 * @param {string} name
 * @param {unknown} value
 */
function assertRefused(body, name, value) {
  /** @type {any} */
  let error;
  try {
    body();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof Server.Error, `${show(value)}: not a LineError: ${error}`);
  assert.equal(error.code, 'sInvalidOptions');
  assert.ok(error.message.includes(`options.${name}`), error.message);
}

describe('options', () => {
  for (const [name, { good, bad }] of Object.entries(OPTIONS)) {
    it(`${name} may be ${good.map(show).join(', ')}`, () => {
      for (const value of good) assert.deepEqual(new Server({ [name]: value }).options[name], value, show(value));
    });

    it(`${name} may not be ${bad.map(show).join(', ')}`, () => {
      for (const value of bad) assertRefused(() => new Server({ [name]: value }), name, value);
    });
  }

  it('must be an object', () => {
    for (const value of [null, 1, 'x', true, Symbol('s')]) {
      assert.throws(() => new Server(value), { name: 'LineError', code: 'sInvalidOptions' }, show(value));
    }
  });

  it('that are unknown are kept, as the original does', () => {
    assert.equal(new Server({ ofTheApplication: 1 }).options.ofTheApplication, 1);
  });

  it('are those that are known, each of them', () => {
    assert.deepEqual(Object.keys(OPTIONS).concat('tls', 'adapter').sort(), Object.keys(known.OPTIONS).sort());
    assert.deepEqual([...LIVE].sort(), Object.keys(known.OPTIONS).filter((name) => known.OPTIONS[name].isLive).sort());
  });

  it('of names that every object has are no options', () => {
    assert.equal(Object.hasOwn(new Server(JSON.parse('{"constructor":1,"__proto__":{"port":-1}}')).options, 'port'), false);
  });
});

describe('options set later', () => {
  for (const name of LIVE) {
    const { good, bad } = OPTIONS[name];

    it(`${name} takes what it may be`, () => {
      const { options } = new Server();
      for (const value of good) {
        options[name] = value;
        assert.deepEqual(options[name], value ?? undefined, show(value));
      }
    });

    it(`${name} refuses what it may not be, and keeps the value it had`, () => {
      const { options } = new Server({ [name]: good[1] });
      for (const value of bad) {
        assertRefused(() => (options[name] = value), name, value);
        assert.deepEqual(options[name], good[1], show(value));
      }
    });
  }
});
