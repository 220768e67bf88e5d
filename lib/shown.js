// @ts-check
'use strict';

/** What values of the application are, and how the messages of errors show them. */

const { brief } = require('../common/failure.js');
const { reasonOf } = require('../common/json.js');

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
 * Whether a value is a list of which each entry passes a test. `every` alone passes over holes.
 * @template T
 * @param {unknown} value
 * @param {(entry: any) => boolean} test
 * @returns {value is T[]}
 */
function isListOf(value, test) {
  return Array.isArray(value) && [...value].every(test);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function shown(value) {
  if (typeof value === 'string') return `"${brief(value)}"`;
  if (typeof value === 'bigint') return `${value}n`;
  try {
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) return 'an array';
    return isObject(value) ? 'an object' : Object.prototype.toString.call(value);
  } catch {
    // A proxy, or a function, that throws.
    return `what cannot be shown (${typeof value})`;
  }
}

/**
 * @param {string} name Of a message.
 * @param {unknown} cause What `JSON.stringify` threw.
 * @returns {string} What an error says of its payload.
 */
const unwritable = (name, cause) => `The payload of ${shown(name)} cannot be written as JSON: ${reasonOf(cause)}`;

module.exports = { isListOf, isObject, shown, unwritable };
