// @ts-check
'use strict';

const { isJson } = require('../common/json.js');
const { failure, text } = require('../common/failure.js');
const { succeeds } = require('../common/succeeds.js');
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

/** Options that are absent by default, with the defaults within them. */
const OPTIONAL = { queue: { max: 100, ttl: 30000 }, positions: null, redirectOrigins: null, webSocket: null };

/** Numbers that are 1 or more; the others may be 0. */
const FROM_ONE = /^(initialDelay|multiply|maxDelay|interval|window|max)$/;
// /facts

/**
 * @param {unknown} value
 * @returns {boolean}
 */
const isObject = (value) => Object(value) === value;

/**
 * @param {unknown} condition
 * @param {string} name Of the option.
 * @param {string} [what] It must be.
 */
function assertOption(condition, name, what) {
  let message = name;
  FULL: message = `"${name}" must be ${what}`;
  if (!condition) throw failure(ErrorCode.INVALID_OPTIONS, undefined, message);
}

/**
 * Puts defaults where options have none, into the object itself as the original does: what an
 * application changes there later holds. A frozen object is copied.
 * @param {any} given
 * @param {Record<string, any>} defaults
 * @param {string} name For messages.
 * @returns {any}
 * @throws {LineError} `cInvalidOptions`
 */
function fill(given = {}, defaults, name) {
  assertOption(isObject(given), name, text`an object`);
  // A `Map` has no options by name.
  FULL: assertOption(Array.isArray(given) || !(Symbol.iterator in given), name, text`an object`);
  FULL: checkNames(given, { ...defaults, ...(defaults === DEFAULTS && OPTIONAL) }, defaults === DEFAULTS ? '' : `${name}.`);
  const options = Object.isExtensible(given) ? given : { ...given };
  for (const [key, standard] of Object.entries(defaults)) {
    const { [key]: value = standard } = options;
    const filled = isObject(standard) ? fill(options[key], standard, key) : value;
    // A getter that gives the same value stays. The build for a `<script>` tag replaces it.
    let isThere = false;
    FULL: isThere = key in options && options[key] === filled;
    if (!isThere) options[key] = filled;
    if (typeof standard === 'number') {
      const isNumber = Number.isInteger(standard) ? Number.isInteger : Number.isFinite;
      const least = +FROM_ONE.test(key);
      assertOption(isNumber(value) && value >= least, key, text`a number, ${least} or more`);
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
  const options = fill(given, DEFAULTS, 'options');
  const { reconnectOptions, uptimeOptions, queue, webSocket } = options;
  assertOption(reconnectOptions.maxDelay >= reconnectOptions.initialDelay, 'maxDelay', text`initialDelay or more`);
  assertOption(uptimeOptions.window >= uptimeOptions.interval, 'window', text`interval or more`);
  if (queue) options.queue = fill(queue, OPTIONAL.queue, 'queue');
  // Positions are an object, and no `Map`.
  FULL: {
    const { positions } = options;
    assertOption(!positions || (isObject(positions) && !(Symbol.iterator in positions)), 'positions', text`an object`);
  }
  assertOption(!webSocket || typeof webSocket === 'function', 'webSocket', text`a class`);
  assertOption(succeeds(() => options.redirectOrigins?.map((/** @type {string} */ each) => new URL(each))), 'redirectOrigins', text`a list of origins`);
  assertOption(isJson(options.handshake.payload), 'payload', text`JSON`);
  return options;
}

/**
 * Checks the options of one call. The build for a `<script>` tag does not.
 * @param {any} given
 * @param {Record<string, any>} known What there is, by name.
 * @throws {LineError} `cInvalidOptions`
 */
function checkCall(given, known) {
  FULL: {
    assertOption(isObject(given), 'options', text`an object`);
    checkNames(given, known);
    const { signal, max = 1 } = given;
    assertOption(!signal || typeof signal.addEventListener === 'function', 'signal', text`an AbortSignal`);
    assertOption(typeof max === 'number' && max >= 1, 'max', text`a number, 1 or more`);
  }
}

module.exports = { assertOption, checkCall, clientOptions, isObject };
