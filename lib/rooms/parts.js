// @ts-check
'use strict';

/** Work on each of many connections, done in parts beside events: the event loop turns meanwhile. */

const { now } = require('../runtime/environment.js');
const { kInbox, kNative } = require('../symbols.js');

/** Longest time of the first part, in ms, which is done at once. */
const SHARE = 1;

/**
 * @param {import('../server/server.js').Server} server
 * @param {number} key Of `selectMembers`.
 * @param {() => boolean} act Does it with some of the connections. False ends it: none is left, or enough are done. It
 *   is called at once for the first time.
 * @returns {Promise<void>} Rejects with what `act` throws.
 */
function inParts(server, key, act) {
  return new Promise((resolve, reject) => {
    /**
     * @param {number} count How often it may act.
     * @param {number} end When it may not act again.
     * @returns {boolean} Whether more is left.
     */
    const actOn = (count, end) => {
      try {
        for (let done = 0; act(); ) {
          done += 1;
          if (done >= count || now() >= end) return true;
        }
        resolve();
      } catch (error) {
        reject(error);
      }
      server[kNative].dropMembers(key);
      return false;
    };
    if (actOn(Infinity, now() + SHARE)) server[kInbox].addChore((count) => actOn(count, Infinity));
  });
}

module.exports = { inParts };
