// @ts-check
'use strict';

/** The option `history`: which rooms keep their last messages. The core keeps them (`crates/core/src/hub/history.rs`). */

const LineError = require('../../common/line-error.js');
const { refuseUnknown } = require('./unknown-options.js');
const { ServerErrorCode } = require('../enums.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/** The most that the core can hold. */
const MAX = 0xffffffff;

/** Messages of one replay unless `maxReplay` says otherwise. */
const MAX_REPLAY = 300;

const KEYS = Object.freeze(['size', 'ttl', 'maxReplay', 'whenDown']);

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
 * @param {any} history The option.
 * @throws {LineError} `sInvalidOptions`, naming what is not valid in it.
 */
function checkHistory(history) {
  if (history === undefined || history === null) return;
  if (!isObject(history)) {
    throw invalid('options.history', 'must be an object with an object for each room or prefix: { "news": { size, ttl } }', history);
  }
  for (const [room, rule] of Object.entries(history)) {
    const name = `options.history[${JSON.stringify(room)}]`;
    if (room.slice(0, -1).includes('*')) throw invalid(name, 'must have its * at the end, where it stands for any rest', rule);
    if (!isObject(rule)) throw invalid(name, 'must be an object: { size, ttl, maxReplay?, whenDown? }', rule);
    refuseUnknown(name, rule, KEYS);
    const { size, ttl, maxReplay, whenDown } = /** @type {any} */ (rule);
    checkCount(`${name}.size`, size);
    checkCount(`${name}.ttl`, ttl);
    if (maxReplay !== undefined && maxReplay !== null) checkCount(`${name}.maxReplay`, maxReplay);
    if (![undefined, null, 'wait', 'local'].includes(whenDown)) throw invalid(`${name}.whenDown`, "must be 'wait' or 'local'", whenDown);
  }
}

/**
 * Tells the core.
 * @param {any} history The option, checked.
 * @param {NativeServer} native
 */
function applyHistory(history, native) {
  for (const [room, { size, ttl, maxReplay }] of Object.entries(history ?? {})) {
    native.core.keepHistory(room, { size, ttl, maxReplay: maxReplay ?? MAX_REPLAY });
  }
}

module.exports = { checkHistory, applyHistory, checkCount, invalid, isObject, shown };
