// @ts-check
'use strict';

/**
 * Watches what a browser knows of the network and the page: whether it is online or no longer, and
 * whether the page is looked at again, whose timers may have slept. Elsewhere nothing happens.
 * @param {(isBack: boolean) => void} changed `isBack`: whether connecting may succeed now.
 * @returns {() => void} Ends the watch.
 */
function watchNetwork(changed) {
  const { document } = /** @type {any} */ (globalThis);
  const handle = (/** @type {any} */ { type }) => {
    if (type !== 'visibilitychange' || document.visibilityState === 'visible') changed(type !== 'offline');
  };
  const each = (/** @type {string} */ method) => {
    for (const type of ['online', 'offline']) /** @type {any} */ (globalThis)[method]?.(type, handle);
    document?.[method]('visibilitychange', handle);
  };
  each('addEventListener');
  return () => each('removeEventListener');
}

module.exports = { watchNetwork };
