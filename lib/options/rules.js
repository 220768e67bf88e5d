// @ts-check
'use strict';

/**
 * The rule of an option: a test of its value, and the text for errors.
 * @typedef {[test: (value: any) => boolean, what: string]} Rule
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
/** @type {Rule} */
const STRING = [(value) => typeof value === 'string', 'must be a string'];

/**
 * @param {number} least
 * @param {number} most
 * @returns {Rule}
 */
function range(least, most) {
  return [
    (value) => Number.isInteger(value) && value >= least && value <= most,
    `must be an integer from ${least} to ${most}`,
  ];
}

/**
 * @param {readonly string[]} values Two or more.
 * @param {string} [why] Reason why there are no other values.
 * @returns {Rule}
 */
function choice(values, why) {
  const shown = values.map((value) => `'${value}'`);
  const list = `${shown.slice(0, -1).join(', ')} or ${shown[shown.length - 1]}`;
  return [(value) => values.includes(value), `must be ${list}${why === undefined ? '' : `: ${why}`}`];
}

/** Largest number of milliseconds, or of bytes or messages, that the core can hold. */
const MAX = 0xffffffff;

/**
 * The rule of an entry of a table that is generated from `facts/`.
 * @param {{kind: string, least?: number, most?: number, values?: string[], why?: string}} entry
 * @returns {Rule | undefined} Undefined for what the table cannot express.
 */
function ruleOf({ kind, least = 0, most = MAX, values = [], why }) {
  switch (kind) {
    case 'ms': return TIME;
    case 'bytes': return least > 0 ? SOME_BYTES : BYTES;
    case 'count': return COUNT;
    case 'integer': return range(least, most);
    case 'boolean': return FLAG;
    case 'string': return STRING;
    case 'choice': return choice(values, why);
    case 'function': return FUNCTION;
    default: return undefined;
  }
}

module.exports = { FLAG, MAX, choice, isCount, range, ruleOf };
