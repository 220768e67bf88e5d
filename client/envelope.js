// @ts-check
'use strict';

const { isString } = require('../common/kind-of.js');

/**
 * @typedef {object} Envelope
 * @property {string} n Name.
 * @property {unknown} [p] Payload.
 * @property {string | number} [i] Id.
 * @property {unknown} [e] Error.
 */

/**
 * The envelope in a received WebSocket message; false or undefined when it is none (contract section 4).
 * @param {unknown} data A string; an `ArrayBuffer`, or its view, with UTF-8.
 * @param {number} maxDepth Levels that it may be nested; 0 is no limit.
 * @returns {Envelope | false | undefined}
 */
function readEnvelope(data, maxDepth) {
  try {
    const text = isString(data) ? data : new TextDecoder('utf8', { fatal: true }).decode(/** @type {any} */ (data));
    if (isDeeper(text, maxDepth || Infinity)) return undefined;
    const envelope = JSON.parse(text);
    const { n, i } = envelope;
    return isString(n) && (i === undefined || isString(i) || typeof i === 'number') && envelope;
  } catch {
    // Not JSON, or not UTF-8.
  }
  return undefined;
}

/**
 * Whether a JSON text is nested deeper than so many levels: code that walks through such a value by
 * recursion, as `JSON.stringify` does, runs out of stack.
 * @param {string} text
 * @param {number} max
 */
function isDeeper(text, max) {
  // Most are too short for it, since each level is opened and closed.
  if (text.length <= 2 * max) return false;
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length && depth <= max; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) isString = !isString;
    else if (isString) i += Number(code === 0x5c);
    // `[` and `{`, `]` and `}`, which differ from each other in that bit.
    else if ((code | 0x20) === 0x7b) depth++;
    else if ((code | 0x20) === 0x7d) depth--;
  }
  return depth > max;
}

/**
 * How many bytes a received WebSocket message had.
 * @param {any} data
 * @param {number} max Beyond which it does not matter by how much.
 * @returns {number}
 */
function sizeOf(data, max) {
  const length = data?.length ?? data?.byteLength;
  // A unit of UTF-16 is one to three bytes of UTF-8.
  const isClear = !isString(data) || length > max || length * 3 <= max;
  return isClear ? length : new TextEncoder().encode(data).length;
}

// facts: reserved-names
/**
 * Whether a name is reserved: it begins with `_`. Peers must not emit the library's own events, which do.
 * Names that begin and end with `__`, such as `__proto__`, are ordinary (contract section 4).
 * @param {string} name
 */
const isReserved = (name) => name.startsWith('_') && !(name.startsWith('__') && name.endsWith('__'));
// /facts

module.exports = { readEnvelope, sizeOf, isReserved };
