// @ts-check
'use strict';

const { inspect } = require('node:util');

/**
 * Whether a promise is neither fulfilled nor rejected. Its text is the only thing that tells without
 * handling its rejection.
 * @param {Promise<unknown>} promise
 */
function isPending(promise) {
  return /^[^{']*\{\s+<pending>[,\s]/.test(inspect(promise, { depth: 0, customInspect: false }));
}

module.exports = { isPending };
