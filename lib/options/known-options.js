// @ts-check
'use strict';

const { constants: { MAX_STRING_LENGTH } } = require('node:buffer');

/**
 * The options of a server: what each must be, what holds when it is not given, and what the core is
 * told. A new option needs a line here, and is described in `types/options.d.ts` and in `docs/reference/options.md`.
 */

const { POLICY_RULES } = require('./policy.js');

/** Largest number of milliseconds, or of bytes for one message or queue, that the core can hold. */
const MAX = 0xffffffff;

/**
 * What an option must be: a test, and the same for people.
 * @typedef {[test: (value: any) => boolean, what: string]} Rule
 */

/**
 * @typedef {object} Option
 * @property {Rule} [rule] What it must be; options without a rule are checked where they are used.
 * @property {boolean} [isRequired] It may not be left undefined once named, as with the original.
 * @property {boolean} [isLive] It is in force at once when it is set while the server runs.
 * @property {any} [initial] What holds for a live option that is not given.
 * @property {(value: any) => any} [core] What the core is told: its setting of the same name.
 */

/** @param {unknown} value */
function isCount(value) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @type {Rule} */
const TIME = [isCount, 'must be a positive integer or zero, in milliseconds'];
/** @type {Rule} */
const BYTES = [isCount, 'must be a positive integer or zero, in bytes'];
/** @type {Rule} */
const SOME_BYTES = [(value) => isCount(value) && value > 0, 'must be a positive integer, in bytes'];
/** @type {Rule} */
const COUNT = [isCount, 'must be a positive integer or zero'];
/** @type {Rule} */
const FUNCTION = [(value) => typeof value === 'function', 'must be a function'];
/** @type {Rule} */
const FLAG = [(value) => typeof value === 'boolean', 'must be a boolean'];

/**
 * @param {number} least
 * @param {number} most
 * @returns {Rule}
 */
function range(least, most) {
  return [(value) => isCount(value) && value >= least && value <= most, `must be an integer from ${least} to ${most}`];
}

/** @param {any} value */
function isPort(value) {
  // Environment variables are strings: `port: process.env.PORT` is common.
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return isCount(port) && port <= 65535;
}

/** @param {any} value */
function isListen(value) {
  if (typeof value !== 'object' || value === null) return false;
  const { path, mode = 0 } = value;
  return typeof path === 'string' && /^[^\0]+$/.test(path) && isCount(mode) && mode <= 0o777;
}

/** @param {any} value */
function isHttpServer(value) {
  return typeof value === 'object' && ['on', 'off', 'listenerCount', 'address'].every((name) => typeof value?.[name] === 'function');
}

/** @param {number} count A number the core keeps in 32 bits. */
function atMost(count) {
  return Math.min(count, MAX);
}

/** @template T @param {T} value */
function same(value) {
  return value;
}

/** @type {Readonly<{[name: string]: Option}>} */
const OPTIONS = Object.freeze({
  responseTimeout: { rule: TIME, isRequired: true, isLive: true, initial: 10000 },
  handshakeTimeout: { rule: TIME, isRequired: true, isLive: true, initial: 60000, core: atMost },
  pingInterval: { rule: TIME, isRequired: true, isLive: true, initial: 15000, core: atMost },
  closeTimeout: { rule: TIME, isLive: true, initial: 30000, core: atMost },
  upgradeTimeout: { rule: TIME, isLive: true, initial: 10000, core: atMost },

  host: { rule: [(value) => typeof value === 'string', 'must be a host name or IP address'] },
  port: { rule: [isPort, 'must be an integer from 0 to 65535'] },
  listen: { rule: [isListen, 'must be an object with the path of a Unix domain socket: { path: string, mode?: number }'] },
  ipv6Only: { rule: FLAG },
  reusePort: { rule: FLAG },
  backlog: { rule: [(value) => isCount(value) && value > 0 && value <= 0x7fffffff, 'must be a positive integer'] },
  ioThreads: { rule: range(1, 64) },
  server: { rule: [isHttpServer, 'must be a server of node:http or node:https'] },
  noServer: { rule: FLAG },
  tls: {},
  verifyClient: { rule: FUNCTION },
  handleProtocols: { rule: FUNCTION },
  clientTracking: { rule: FLAG },

  // Below one byte means no limit, as with the original: but for what JavaScript can hold as one string.
  maxPayload: {
    rule: BYTES,
    isLive: true,
    initial: 100 * 1024 * 1024,
    core: (bytes) => Math.min(bytes < 1 ? MAX_STRING_LENGTH : bytes, MAX_STRING_LENGTH),
  },
  maxHandshakePayload: { rule: BYTES, isLive: true, initial: 64 * 1024, core: same },
  maxInflatingBytes: { rule: BYTES, isLive: true, initial: 256 * 1024 * 1024, core: same },
  maxBufferedBytes: { rule: SOME_BYTES, isLive: true, initial: 16 * 1024 * 1024, core: same },
  highWaterMark: { rule: SOME_BYTES, isLive: true, initial: 1024 * 1024, core: same },
  errors: {
    rule: [(value) => value === 'full' || value === 'public', "must be 'full' or 'public'"],
    isLive: true,
    initial: 'full',
  },
  slowConsumer: {
    rule: [(value) => value === 'close' || value === 'drop', "must be 'close' or 'drop'"],
    isLive: true,
    initial: 'close',
    core: same,
  },
  maxFragments: { rule: COUNT, isLive: true, initial: 131072, core: (count) => atMost(count || MAX) },
  maxHeaderBytes: { rule: range(256, 0x100000), isLive: true, initial: 16384, core: same },
  maxHeaders: { rule: range(1, 10000), isLive: true, initial: 100, core: same },
  maxConnections: { rule: COUNT, isLive: true, initial: 100000, core: same },
  maxConnectionsPerAddress: { rule: COUNT, isLive: true, initial: 32768, core: same },
  maxPendingSends: { rule: COUNT, isLive: true, initial: 65536 },
  messagesPerSecond: { rule: COUNT, isLive: true, initial: 100000, core: atMost },
  bytesPerSecond: { rule: BYTES, isLive: true, initial: 128 * 1024 * 1024, core: atMost },
  rateBurst: { rule: TIME, isLive: true, initial: 1000, core: atMost },
  rateTimeout: { rule: TIME, isLive: true, initial: 60000, core: atMost },
  busyPoll: { rule: FLAG, isLive: true, initial: true, core: same },
  history: {},
  historyBytes: { rule: SOME_BYTES, isLive: true, initial: 64 * 1024 * 1024, core: same },
  perMessageDeflate: { isLive: true, initial: false },

  ...Object.fromEntries(Object.entries(POLICY_RULES).map(([name, rule]) => [name, { rule, isLive: true }])),
});

/** Options that applications of the original pass although they have no effect there either, and why they have none. */
const WITHOUT_EFFECT = new Map([
  ['handshakePayload', 'it is for clients to send a payload with the handshake'],
  ['noDelay', 'small messages are never held back (TCP_NODELAY)'],
  ['disableHixie', 'connections of that draft of WebSocket are never served'],
]);

module.exports = { OPTIONS, WITHOUT_EFFECT };
