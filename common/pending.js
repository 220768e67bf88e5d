// @ts-check
'use strict';

// Bundles of the client as an ES module have no `require`.
const { inspect } = /** @type {any} */ (process).getBuiltinModule?.('node:util') ?? require('node:util');

/**
 * Whether a promise is neither fulfilled nor rejected. Only `inspect` can tell without handling a rejection.
 * @param {Promise<unknown>} promise
 */
function isPending(promise) {
  return /^[^{']*\{\s+<pending>[,\s]/.test(inspect(promise, { depth: 0, customInspect: false }));
}

module.exports = { isPending };
