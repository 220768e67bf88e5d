// @ts-check
'use strict';

/**
 * Watches what a browser knows of the network and the page: whether it is online or no longer, and
 * whether the page is looked at again, whose timers may have slept. Elsewhere nothing happens, whatever
 * of these globals there is: server rendering, React Native and tests define some of them in part.
 * @param {(isBack: boolean) => void} changed `isBack`: whether connecting may succeed now.
 * @returns {() => void} Ends the watch.
 */
function watchNetwork(changed) {
  const global = /** @type {any} */ (globalThis);
  /** @type {(() => void)[]} */
  const ends = [];
  const watch = (/** @type {any} */ target, /** @type {string} */ type, /** @type {() => void} */ handle) => {
    // Without the second the watch would have no end. Browsers have both.
    FULL: if (![target?.addEventListener, target?.removeEventListener].every((each) => typeof each === 'function')) return;
    quietly(() => target.addEventListener(type, handle));
    ends.push(() => quietly(() => target.removeEventListener(type, handle)));
  };
  quietly(() => {
    const { document } = global;
    watch(global, 'online', () => changed(true));
    watch(global, 'offline', () => changed(false));
    watch(document, 'visibilitychange', () => document.visibilityState === 'visible' && changed(true));
  });
  return () => ends.forEach((end) => end());
}

/** @param {() => void} call May throw where a global is not what its name says. */
function quietly(call) {
  try {
    call();
  } catch {
    // Then there is nothing to watch.
  }
}

module.exports = { watchNetwork };
