// @ts-check
'use strict';

/**
 * Reports a value to the test as one line of JSON, written before the call returns (on Unix, writes to a pipe are
 * synchronous).
 * @param {unknown} value
 */
function report(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

module.exports = { report };
