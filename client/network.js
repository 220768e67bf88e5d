// @ts-check
'use strict';

const { succeeds } = require('../common/succeeds.js');
const { listen } = require('./listen.js');

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
    // Without `removeEventListener` the watch could not be ended. Browsers have both.
    FULL: if (![target?.addEventListener, target?.removeEventListener].every((each) => typeof each === 'function')) return;
    ends.push(listen(target, type, handle));
  };
  // It throws where a global is not what its name says. Then there is nothing to watch.
  succeeds(() => {
    const { document } = global;
    watch(global, 'online', () => changed(true));
    watch(global, 'offline', () => changed(false));
    watch(document, 'visibilitychange', () => succeeds(() => document.visibilityState === 'visible' && changed(true)));
  });
  return () => ends.forEach(succeeds);
}

module.exports = { watchNetwork };
