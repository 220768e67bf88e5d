// @ts-check
'use strict';

const LineError = require('./line-error.js');
const { encrypt } = require('./secure-context.js');
const { ServerErrorCode } = require('./enums.js');
const { POLICY_RULES, setPolicy } = require('./policy.js');
const { checkCompression, compressionWords } = require('./compression.js');

/** @typedef {import('./native.js').NativeServer} NativeServer */

/** Largest number of milliseconds, or of bytes for one message or queue, that the core can hold. */
const MAX = 0xffffffff;

/** Defaults of the options that have one. */
const DEFAULTS = Object.freeze({
  responseTimeout: 10000,
  handshakeTimeout: 60000,
  pingInterval: 15000,
});

/**
 * What an option must be: a test, and the same for people.
 * @typedef {[test: (value: any) => boolean, what: string]} Rule
 */

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

/** Options that may not be left undefined once named, as with the original. */
const REQUIRED = { responseTimeout: TIME, handshakeTimeout: TIME, pingInterval: TIME };

/** @type {{[name: string]: Rule}} */
const OPTIONAL = {
  host: [(value) => typeof value === 'string' && value !== '', 'must be a host name or IP address'],
  port: [isPort, 'must be an integer from 0 to 65535'],
  listen: [isListen, 'must be an object with the path of a Unix domain socket: { path: string, mode?: number }'],
  ipv6Only: [(value) => typeof value === 'boolean', 'must be a boolean'],
  reusePort: [(value) => typeof value === 'boolean', 'must be a boolean'],
  backlog: [(value) => isCount(value) && value > 0 && value <= 0x7fffffff, 'must be a positive integer'],
  ioThreads: [(value) => isCount(value) && value >= 1 && value <= 64, 'must be an integer from 1 to 64'],
  maxPayload: BYTES,
  closeTimeout: TIME,
  upgradeTimeout: TIME,
  maxBufferedBytes: SOME_BYTES,
  highWaterMark: SOME_BYTES,
  maxFragments: COUNT,
  maxHeaderBytes: [(value) => isCount(value) && value >= 256 && value <= 0x100000, 'must be an integer from 256 to 1048576'],
  maxHeaders: [(value) => isCount(value) && value >= 1 && value <= 10000, 'must be an integer from 1 to 10000'],
  maxConnections: COUNT,
  maxConnectionsPerAddress: COUNT,
  maxPendingSends: COUNT,
  messagesPerSecond: COUNT,
  bytesPerSecond: BYTES,
  rateBurst: TIME,
  rateTimeout: TIME,
  busyPoll: [(value) => typeof value === 'boolean', 'must be a boolean'],
  slowConsumer: [(value) => value === 'close' || value === 'drop', "must be 'close' or 'drop'"],
  verifyClient: FUNCTION,
  handleProtocols: FUNCTION,
  clientTracking: [(value) => typeof value === 'boolean', 'must be a boolean'],
  server: [isHttpServer, 'must be a server of node:http or node:https'],
  noServer: [(value) => typeof value === 'boolean', 'must be a boolean'],
};

/** @type {{[name: string]: Rule}} */
const RULES = { ...REQUIRED, ...OPTIONAL, ...POLICY_RULES };

/** Options that can be set later, checked again, and what holds when they are not given. */
const LIVE = Object.freeze({
  responseTimeout: DEFAULTS.responseTimeout,
  handshakeTimeout: DEFAULTS.handshakeTimeout,
  pingInterval: DEFAULTS.pingInterval,
  closeTimeout: 30000,
  upgradeTimeout: 10000,
  maxPayload: 100 * 1024 * 1024,
  maxBufferedBytes: 16 * 1024 * 1024,
  highWaterMark: 1024 * 1024,
  slowConsumer: 'close',
  maxFragments: 131072,
  maxHeaderBytes: 16384,
  maxHeaders: 100,
  maxConnections: 100000,
  maxConnectionsPerAddress: 32768,
  maxPendingSends: 65536,
  messagesPerSecond: 100000,
  bytesPerSecond: 128 * 1024 * 1024,
  rateBurst: 1000,
  rateTimeout: 60000,
  busyPoll: true,
  perMessageDeflate: false,
});

/** @param {unknown} value */
function isCount(value) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @param {unknown} value */
function isPort(value) {
  // Environment variables are strings: `port: process.env.PORT` is common.
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return isCount(port) && /** @type {number} */ (port) <= 65535;
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

/**
 * @param {string} name
 * @param {any} value
 * @throws {LineError} `sInvalidOptions`
 */
function check(name, value) {
  // An option may have any name, `constructor` too.
  const required = Object.hasOwn(REQUIRED, name);
  const rule = /** @type {Rule | undefined} */ (Object.hasOwn(RULES, name) ? RULES[name] : undefined);
  if (rule === undefined || rule[0](value)) return;
  // `null` stands for "not given" in the options of the original's socket layer.
  if (!required && (value === undefined || value === null)) return;
  const shown = typeof value === 'string' ? `"${value}"` : describe(value);
  throw new LineError(ServerErrorCode.INVALID_OPTIONS, `"options.${name}" ${rule[1]}; got ${shown}`);
}

/** @param {unknown} value */
function describe(value) {
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * The options of a server: a plain object, checked. Some stay live: what is set later is
 * checked too, and holds for messages and connections that come later.
 * @param {unknown} given
 * @param {NativeServer} native
 * @returns {any}
 * @throws {LineError} `sInvalidOptions`
 */
function makeOptions(given, native) {
  if (typeof given !== 'object' || given === null) {
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `The options must be an object; got ${describe(given)}`);
  }
  const options = /** @type {any} */ ({ ...DEFAULTS, ...given });
  Object.keys({ ...REQUIRED, ...options }).forEach((name) => check(name, options[name]));
  if (options.protocols && options.handleProtocols) {
    const text = '"options.protocols" and "options.handleProtocols" both choose the subprotocol: give one of them';
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, text);
  }
  checkCompression(options.perMessageDeflate, options.ioThreads);

  const values = /** @type {any} */ ({});
  /** @param {string} name */
  const apply = (name) => {
    if (name === 'perMessageDeflate') native.compression(compressionWords(values[name]));
    if (!Object.hasOwn(SETTINGS, name)) return;
    const [setting, convert] = SETTINGS[name];
    native.configure(setting, convert(values[name] ?? /** @type {any} */ (LIVE)[name]));
  };
  for (const name of [...Object.keys(LIVE), ...Object.keys(POLICY_RULES)]) {
    const initial = options[name];
    const wasGiven = Object.hasOwn(options, name);
    if (initial !== undefined && initial !== null) values[name] = own(initial);
    Object.defineProperty(options, name, {
      configurable: true,
      enumerable: wasGiven,
      get: () => values[name] ?? (wasGiven ? initial : undefined),
      set(value) {
        check(name, value);
        if (Object.hasOwn(POLICY_RULES, name)) applyPolicy({ ...values, [name]: value }, native);
        if (name === 'perMessageDeflate') checkCompression(value, options.ioThreads);
        if (value === undefined || value === null) delete values[name];
        else values[name] = own(value);
        apply(name);
      },
    });
    apply(name);
  }
  applyPolicy(values, native);
  encrypt(options.tls, native);
  return options;
}

/**
 * @param {any} options
 * @param {NativeServer} native
 * @throws {LineError} `sInvalidOptions`
 */
function applyPolicy(options, native) {
  const problem = setPolicy(options, native);
  if (problem) throw new LineError(ServerErrorCode.INVALID_OPTIONS, problem);
}

/**
 * What is kept of an option's value: of a list a copy that cannot be changed, for nobody would notice.
 * @param {unknown} value
 */
function own(value) {
  return Array.isArray(value) ? Object.freeze([...value]) : value;
}

/**
 * What the core is told for an option: its setting and how that follows from the option's value.
 * @type {{[name: string]: [setting: string, convert: (value: any) => number]}}
 */
const SETTINGS = {
  handshakeTimeout: ['handshakeTimeout', atMost],
  pingInterval: ['pingInterval', atMost],
  closeTimeout: ['closeTimeout', atMost],
  upgradeTimeout: ['upgradeTimeout', atMost],
  // Below one byte means no limit, as with the original.
  maxPayload: ['maxPayload', (bytes) => (bytes < 1 ? Number.MAX_SAFE_INTEGER : bytes)],
  maxBufferedBytes: ['maxBufferedBytes', (bytes) => bytes],
  highWaterMark: ['highWaterMark', (bytes) => bytes],
  maxFragments: ['maxFragments', (count) => atMost(count || MAX)],
  maxHeaderBytes: ['maxHeaderBytes', (bytes) => bytes],
  maxHeaders: ['maxHeaders', (count) => count],
  maxConnections: ['maxConnections', (count) => count],
  maxConnectionsPerAddress: ['maxConnectionsPerAddress', (count) => count],
  messagesPerSecond: ['messagesPerSecond', atMost],
  bytesPerSecond: ['bytesPerSecond', atMost],
  rateBurst: ['rateBurst', atMost],
  rateTimeout: ['rateTimeout', atMost],
  busyPoll: ['busyPoll', Number],
  slowConsumer: ['dropBroadcasts', (policy) => Number(policy === 'drop')],
};

/** @param {number} count A number the core keeps in 32 bits. */
function atMost(count) {
  return Math.min(count, MAX);
}

/**
 * The number of sends of one connection that may wait for answers.
 * @param {any} options The server's.
 * @returns {number} `Infinity` for no limit.
 */
function maxPendingSends(options) {
  return (options.maxPendingSends ?? LIVE.maxPendingSends) || Infinity;
}

module.exports = { makeOptions, maxPendingSends };
