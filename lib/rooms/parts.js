// @ts-check
'use strict';

/** Work on each of many connections, done in parts: the event loop turns between two parts. */

const { afterTurn, now } = require('../runtime/environment.js');

/** Longest time of one part, in ms. */
const SHARE = 4;

/**
 * @param {import('../binding/native.js').NativeServer} native
 * @param {number} key Of `selectMembers`.
 * @param {() => boolean} act Does it with some of the connections. False ends it: none is left, or enough are done. It
 *   is called at once for the first time.
 * @returns {Promise<void>} Rejects with what `act` throws.
 */
function inParts(native, key, act) {
  return new Promise((resolve, reject) => {
    const go = () => {
      try {
        const end = now() + SHARE;
        while (act()) {
          if (now() < end) continue;
          afterTurn(go);
          return;
        }
        resolve();
      } catch (error) {
        reject(error);
      }
      native.dropMembers(key);
    };
    go();
  });
}

module.exports = { inParts };
