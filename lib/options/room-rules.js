// @ts-check
'use strict';

/** Checks of options that have a rule for each room, and of the objects in them. */

const LineError = require('../../common/line-error.js');
const { MAX, choice, range } = require('./rules.js');
const { refuseUnknown } = require('./unknown-options.js');
const { ServerErrorCode } = require('../enums.js');
const { isObject, shown } = require('../shown.js');

/**
 * @param {string} name
 * @param {string} what It must be.
 * @param {unknown} got
 */
function invalid(name, what, got) {
  return new LineError(ServerErrorCode.INVALID_OPTIONS, `"${name}" ${what}; got ${shown(got)}`);
}

/** @typedef {{[key: string]: import('./nested-table.js').Entry}} Table */

/** @param {Table} table @returns {string} What a rule looks like: `{ size, ttl, maxReplay? }`. */
function shapeOf(table) {
  return `{ ${Object.entries(table).map(([key, { isRequired }]) => (isRequired ? key : `${key}?`)).join(', ')} }`;
}

/**
 * Checks an option that has a rule for each room, by its name or by a prefix that ends in `*`.
 * @param {string} option Its name.
 * @param {any} rules Its value.
 * @param {string} example What the option looks like.
 * @param {Table} table What a rule may have: numbers, which the core holds in 32 bits, and choices.
 * @throws {LineError} `sInvalidOptions`, naming what is not valid.
 */
function checkRules(option, rules, example, table) {
  if (!isObject(rules)) {
    throw invalid(`options.${option}`, `must be an object with an object for each room or prefix: ${example}`, rules);
  }
  for (const [room, rule] of Object.entries(rules)) {
    const name = `options.${option}[${JSON.stringify(room)}]`;
    if (room.slice(0, -1).includes('*')) throw invalid(name, 'must have its * at the end, where it stands for any rest', rule);
    if (!isObject(rule)) throw invalid(name, `must be an object: ${shapeOf(table)}`, rule);
    refuseUnknown(name, rule, Object.keys(table));
    for (const [key, { values, least, isRequired }] of Object.entries(table)) {
      const value = /** @type {any} */ (rule)[key];
      const [test, what] = values === undefined ? range(least ?? 0, MAX) : choice(values);
      if ((isRequired || (value !== undefined && value !== null)) && !test(value)) throw invalid(`${name}.${key}`, what, value);
    }
  }
}

module.exports = { checkRules, invalid };
