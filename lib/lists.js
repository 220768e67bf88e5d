// @ts-check
'use strict';

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

module.exports = { isListOf };
