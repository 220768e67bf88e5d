// @ts-check
'use strict';

// The client needs it too, and bundles of it as an ES module have no `require`.
const { inspect } = /** @type {any} */ (process).getBuiltinModule?.('node:util') ?? require('node:util');

/**
 * Whether a promise is neither fulfilled nor rejected. Its text is the only thing that tells without
 * handling its rejection.
 * @param {Promise<unknown>} promise
 */
function isPending(promise) {
  return /^[^{']*\{\s+<pending>[,\s]/.test(inspect(promise, { depth: 0, customInspect: false }));
}

module.exports = { isPending };
