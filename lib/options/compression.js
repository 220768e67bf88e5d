// @ts-check
'use strict';

/** The option `perMessageDeflate`: the checks of its own options, and their form for the core. */

const { kindOf } = require('../../common/kind-of.js');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const TABLE = require('./nested-table.js');
const { range, ruleOf } = require('./rules.js');
const { shown } = require('../shown.js');
const { nearestName, unknownOption } = require('./unknown-options.js');

/** @typedef {import('./rules.js').Rule} Rule */

const WINDOW = range(8, 15);
/** @type {Rule} */
const WINDOW_OR_FLAG = [
  (value) => typeof value === 'boolean' || WINDOW[0](value),
  'must be an integer from 8 to 15, or a boolean',
];

/** Rules of what the table cannot express. @type {{[name: string]: Rule | {[name: string]: Rule}}} */
const OTHERS = {
  serverMaxWindowBits: WINDOW_OR_FLAG,
  clientMaxWindowBits: WINDOW_OR_FLAG,
  concurrencyLimit: [(value) => Number.isInteger(value) && value >= 1, 'must be a positive integer'],
  zlibDeflateOptions: rulesOf(TABLE.zlibDeflateOptions),
  zlibInflateOptions: rulesOf(TABLE.zlibInflateOptions),
};

const RULES = rulesOf(TABLE.perMessageDeflate);

/**
 * @param {{[name: string]: import('./nested-table.js').Entry}} entries
 * @returns {any} A rule, or an object of rules, for each.
 */
function rulesOf(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, ruleOf(entry) ?? OTHERS[name]]));
}

/** Largest threshold that the core can hold; no message is as long. */
const MAX_THRESHOLD = 0x7fffffff;

/**
 * @param {string} path
 * @param {string} what
 * @param {unknown} [value]
 * @returns {never}
 */
function refuse(path, what, value) {
  const got = value === undefined ? '' : `; got ${shown(value)}`;
  throw new LineError(ServerErrorCode.INVALID_OPTIONS, `"options.${path}" ${what}${got}`);
}

/**
 * @param {string} path
 * @param {any} given
 * @param {{[name: string]: any}} rules
 */
function checkAll(path, given, rules) {
  for (const name of Object.keys(given)) {
    const value = given[name];
    const inner = `${path}.${name}`;
    const isSet = isGiven(value);
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules);
      // Options of Node that this server does not have may be present without a value.
      if (isSet || nearestName(name, known) !== undefined) throw unknownOption(`options.${path}`, name, known);
    }
    if (!isSet) continue;
    const rule = rules[name];
    if (!Array.isArray(rule)) {
      if (kindOf(value) !== 'Object') refuse(inner, 'must be an object', value);
      checkAll(inner, value, rule);
    } else if (!rule[0](value)) {
      refuse(inner, rule[1], value);
    }
  }
}

/**
 * Checks the option.
 * @param {any} option Neither missing nor a boolean.
 * @param {any} [ioThreads] The option `ioThreads`: as many messages are compressed at a time.
 * @throws {LineError} `sInvalidOptions`
 */
function checkCompression(option, ioThreads) {
  const path = 'perMessageDeflate';
  if (kindOf(option) !== 'Object') refuse(path, 'must be a boolean or an object', option);
  checkAll(path, option, RULES);
  const { zlibDeflateOptions: deflate, concurrencyLimit } = /** @type {any} */ (option);
  for (const name of ['level', 'memLevel']) {
    if (isGiven(option[name]) && isGiven(deflate?.[name])) {
      refuse(`${path}.${name}`, 'is given twice: here and in zlibDeflateOptions');
    }
  }
  const threads = ioThreads ?? 1;
  if (isGiven(concurrencyLimit) && concurrencyLimit < threads) {
    const what = `is less than the ${threads} threads of "options.ioThreads", which compress a message each`;
    refuse(`${path}.concurrencyLimit`, what, concurrencyLimit);
  }
}

/** @param {any} value */
function isGiven(value) {
  return value !== undefined && value !== null;
}

/**
 * The option in the form for the core.
 * @param {any} option `true` or an object, checked.
 * @returns {import('../binding/addon.d.ts').CompressionOptions}
 */
function compressionOptions(option) {
  const given = option === true ? {} : option;
  const deflate = given.zlibDeflateOptions ?? {};
  const inflate = given.zlibInflateOptions ?? {};
  const { perMessageDeflate: own, zlibDeflateOptions: ofDeflate, zlibInflateOptions: ofInflate } = TABLE;
  return {
    // Only `false` asks for context takeover: it costs every connection its memory.
    serverContextTakeover: given.serverNoContextTakeover === false,
    clientContextTakeover: given.clientNoContextTakeover === false,
    serverMaxWindowBits: given.serverMaxWindowBits ?? true,
    clientMaxWindowBits: given.clientMaxWindowBits ?? true,
    threshold: Math.min(given.threshold ?? own.threshold.initial, MAX_THRESHOLD),
    level: deflate.level ?? given.level ?? ofDeflate.level.initial,
    memLevel: deflate.memLevel ?? given.memLevel ?? ofDeflate.memLevel.initial,
    strategy: deflate.strategy ?? ofDeflate.strategy.initial,
    windowBits: deflate.windowBits ?? ofDeflate.windowBits.initial,
    chunkSize: deflate.chunkSize ?? ofDeflate.chunkSize.initial,
    inflateChunkSize: inflate.chunkSize ?? ofInflate.chunkSize.initial,
  };
}

module.exports = { checkCompression, compressionOptions };
