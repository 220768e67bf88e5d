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
 * @param {readonly string[]} values
 * @param {string} [why] Reason why there are no other values.
 * @returns {Rule}
 */
function choice(values, why = '') {
  return [(value) => values.includes(value), `must be ${values.map((value) => `'${value}'`).join(' or ')}${why}`];
}

module.exports = { BYTES, COUNT, FLAG, FUNCTION, SOME_BYTES, STRING, TIME, choice, isCount, range };
