// @ts-check
'use strict';

/**
 * Tells the test something: one JSON value a line, written before the call returns (on Unix a pipe
 * is written to synchronously).
 * @param {unknown} value
 */
function report(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

module.exports = { report };
