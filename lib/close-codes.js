// @ts-check
'use strict';

/** The close codes that server and client send (`facts/close-codes.js`), and which ones an application may send. */

const codes = require('../common/close-codes.js');
const { shown } = require('./shown.js');

/** Bytes of UTF-8 a close reason may have (RFC 6455, 5.5). */
const MAX_REASON = 123;

/**
 * Why a close code or reason cannot be sent; undefined when it can (RFC 6455, 7.4).
 * @param {unknown} code
 * @param {unknown} reason
 * @returns {string | undefined}
 */
function closeProblem(code, reason) {
  const number = /** @type {number} */ (code);
  const valid =
    Number.isInteger(code) &&
    ((number >= 1000 && number <= 1013 && ![1004, 1005, 1006].includes(number)) ||
      (number >= 3000 && number <= 4999));
  if (!valid) return `The close code must be 1000-1003, 1007-1013 or 3000-4999, got ${shown(code)}`;
  if (typeof reason !== 'string') return `The close reason must be a string, got ${typeof reason}`;
  const bytes = Buffer.byteLength(reason);
  if (bytes > MAX_REASON) return `The close reason must be at most ${MAX_REASON} bytes, got ${bytes}`;
  return undefined;
}

module.exports = { ...codes, closeProblem };
