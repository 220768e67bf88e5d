// @ts-check
'use strict';

/**
 * A function, or another member of an object, as it was before a test put a fake in its place. The fake timers of Jest,
 * Vitest and Sinon keep what they have replaced.
 * @param {any} owner Such as `globalThis`.
 * @param {string} name
 * @returns {any}
 */
function genuine(owner, name) {
  let found = owner[name];
  for (let clock = found?.clock; clock?.[`_${name}`]; clock = found.clock) found = clock[`_${name}`];
  return found;
}

module.exports = { genuine };
