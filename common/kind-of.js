// @ts-check
'use strict';

/**
 * The kind of a value, of any realm: `Promise`, `RegExp`, `Error` and so on.
 * @param {unknown} value
 */
const kindOf = (value) => ({}).toString.call(value).slice('[object '.length, -1);

/** @type {(value: unknown) => value is string} */
const isString = (value) => typeof value === 'string';

module.exports = { isString, kindOf };
