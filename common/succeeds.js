// @ts-check
'use strict';

/**
 * Calls a function that may throw.
 * @param {() => unknown} call
 * @returns {boolean} Whether it has not thrown.
 */
function succeeds(call) {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

module.exports = { succeeds };
