// @ts-check
'use strict';

/**
 * A text of a message, as the native side gives it. A large one is UTF-8, of which a string is made only when a handler
 * asks for it: that takes 5 ms for each MiB that is not ASCII, whoever has sent it.
 * @typedef {string | Buffer} RawText
 */

/**
 * @param {RawText} raw
 * @returns {string}
 */
function textOf(raw) {
  return typeof raw === 'string' ? raw : raw.toString();
}

module.exports = { textOf };
