// @ts-check
'use strict';

const { isJson } = require('../common/json.js');
const { failure, text } = require('../common/failure.js');
const { ErrorCode } = require('./enums.js');
const { checkNames } = require('./names.js');

/** @typedef {import('../types/client').ClientOptions} ClientOptions */
/** @typedef {import('../types/client').QueueOptions} QueueOptions */

/**
 * The options with their defaults.
 * @typedef {Omit<Required<ClientOptions>, 'queue'> & {
 *   handshake: Required<NonNullable<ClientOptions['handshake']>>,
 *   reconnectOptions: Required<NonNullable<ClientOptions['reconnectOptions']>>,
 *   queue: Required<QueueOptions> | false,
 * }} Settings
 */

// facts: client-options
/**
 * The defaults. What an option takes is seen from its default: where that is an integer, integers; where
 * it is a fraction, fractions too.
 */
const DEFAULTS = {
  handshake: { timeout: 30000, payload: undefined },
  responseTimeout: 10000,
  disconnectTimeout: 5000,
  pingInterval: 20000,
  maxPayload: 104857600,
  maxDepth: 1000,
  reconnect: true,
  reconnectOptions: { initialDelay: 1000, multiply: 1.5, maxDelay: 30000, randomness: 0.5, fullJitter: false, minUptime: 5000 },
  uptime: false,
  uptimeOptions: { interval: 5000, window: 300000 },
  followRedirections: false,
  watchNetwork: true,
};

/** Defaults of options that are absent by default. */
const QUEUE_DEFAULTS = { max: 100, ttl: 30000 };

/** Names of options that are absent by default. */
const OPTIONAL = ['queue', 'positions', 'redirectOrigins', 'webSocket'];

/** Numbers that are 1 or more; the others may be 0. */
const FROM_ONE = ['initialDelay', 'multiply', 'maxDelay', 'interval', 'window', 'max'];
// /facts

/** Names of options within others, with the path. */
const NESTED = Object.entries({ ...DEFAULTS, queue: QUEUE_DEFAULTS }).flatMap(([name, value]) =>
  Object.keys(value).map((each) => `${name}.${each}`),
);

/**
 * @param {unknown} value
 * @returns {boolean}
 */
const isObject = (value) => Object(value) === value;

/**
 * @param {boolean} condition
 * @param {string} name Of the option.
 * @param {string} [what] It must be.
 */
function assertOption(condition, name, what = 'valid') {
  if (!condition) throw failure(ErrorCode.INVALID_OPTIONS, undefined, `"${name}" must be ${what}`);
}

/**
 * Puts defaults where options have none, into the object itself as the original does: what an
 * application changes there later holds. A frozen object is copied.
 * @param {any} given
 * @param {Record<string, any>} defaults
 * @param {string} name For messages.
 * @param {string[]} [others] Names of options without a default.
 * @param {string[]} [nested] Names of options within others, with the path.
 * @returns {any}
 * @throws {LineError} `cInvalidOptions`
 */
function fill(given, defaults, name, others = [], nested = []) {
  assertOption(isObject(given), name, text`an object`);
  checkNames(given, [...Object.keys(defaults), ...others], nested);
  const options = Object.isExtensible(given) ? given : { ...given };
  for (const [key, standard] of Object.entries(defaults)) {
    let value = options[key];
    if (isObject(standard)) value = fill(value === undefined ? {} : value, standard, key);
    else if (value === undefined) value = standard;
    options[key] = value;
    if (typeof standard === 'number') {
      const isNumber = Number.isInteger(standard) ? Number.isInteger(value) : Number.isFinite(value);
      const least = Number(FROM_ONE.includes(key));
      assertOption(isNumber && value >= least, key, text`a number, ${least} or more`);
    } else if (typeof standard === 'boolean') {
      assertOption(typeof value === 'boolean', key, text`a boolean`);
    }
  }
  return options;
}

/**
 * The options with their defaults.
 * @param {any} given
 * @returns {Settings}
 * @throws {LineError} `cInvalidOptions`
 */
function clientOptions(given) {
  const options = fill(given, DEFAULTS, 'options', OPTIONAL, NESTED);
  const { reconnectOptions, uptimeOptions, handshake, positions, queue, webSocket, redirectOrigins } = options;
  assertOption(reconnectOptions.maxDelay >= reconnectOptions.initialDelay, 'maxDelay', text`initialDelay or more`);
  assertOption(uptimeOptions.window >= uptimeOptions.interval, 'window', text`interval or more`);
  if (queue) options.queue = fill(queue, QUEUE_DEFAULTS, 'queue');
  // What is no object has no positions.
  FULL: assertOption(!positions || isObject(positions), 'positions', 'an object');
  assertOption(!webSocket || typeof webSocket === 'function', 'webSocket', text`a class`);
  try {
    redirectOrigins?.forEach((/** @type {string} */ each) => new URL(each));
  } catch {
    assertOption(false, 'redirectOrigins', text`a list of origins`);
  }
  assertOption(isJson(handshake.payload), 'payload', text`JSON`);
  return options;
}

module.exports = { assertOption, clientOptions, isObject };
