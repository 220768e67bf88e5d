// @ts-check
'use strict';

/** Checks of options that have a rule for each room, and of the objects and counts in them. */

const LineError = require('../../common/line-error.js');
const { refuseUnknown } = require('./unknown-options.js');
const { ServerErrorCode } = require('../enums.js');

/** The most that the core can hold. */
const MAX = 0xffffffff;

/**
 * @param {unknown} got What an option was given.
 * @returns {string} As error messages show it.
 */
function shown(got) {
  if (typeof got === 'string') return `"${got}"`;
  if (typeof got !== 'object' || got === null) return String(got);
  return isObject(got) ? 'an object' : Object.prototype.toString.call(got);
}

/**
 * @param {string} name
 * @param {string} what It must be.
 * @param {unknown} got
 */
function invalid(name, what, got) {
  return new LineError(ServerErrorCode.INVALID_OPTIONS, `"${name}" ${what}; got ${shown(got)}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} [least]
 */
function checkCount(name, value, least = 1) {
  const isCount = Number.isInteger(value) && Number(value) >= least && Number(value) <= MAX;
  if (!isCount) throw invalid(name, `must be an integer from ${least} to ${MAX}`, value);
}

/**
 * @param {unknown} value
 * @returns {value is object} Whether it is an object with properties alone, of this realm or another: not a `Map`, which
 *   would look empty.
 */
function isObject(value) {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Checks an option that has a rule for each room, by its name or by a prefix that ends in `*`.
 * @param {string} option Its name.
 * @param {any} rules Its value.
 * @param {{example: string, shape: string, keys: readonly string[]}} words What the option and a rule look like, and what
 *   a rule may have.
 * @param {(name: string, rule: any) => void} checkRule Checks a rule, of which it is given the name.
 * @throws {LineError} `sInvalidOptions`, naming what is not valid.
 */
function checkRules(option, rules, { example, shape, keys }, checkRule) {
  if (rules === undefined || rules === null) return;
  if (!isObject(rules)) {
    throw invalid(`options.${option}`, `must be an object with an object for each room or prefix: ${example}`, rules);
  }
  for (const [room, rule] of Object.entries(rules)) {
    const name = `options.${option}[${JSON.stringify(room)}]`;
    if (room.slice(0, -1).includes('*')) throw invalid(name, 'must have its * at the end, where it stands for any rest', rule);
    if (!isObject(rule)) throw invalid(name, `must be an object: ${shape}`, rule);
    refuseUnknown(name, rule, keys);
    checkRule(name, rule);
  }
}

module.exports = { MAX, checkCount, checkRules, invalid, isObject, shown };
