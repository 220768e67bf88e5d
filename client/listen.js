// @ts-check
'use strict';

/**
 * Listens to an event of an `EventTarget`.
 * @param {any} target Nothing happens without one.
 * @param {string} type
 * @param {() => void} call
 * @returns {() => void} Ends it.
 */
function listen(target, type, call) {
  target?.addEventListener(type, call);
  return () => target?.removeEventListener(type, call);
}

module.exports = { listen };
