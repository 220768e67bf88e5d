// @ts-check
'use strict';

const { after, now } = require('./timers.js');

/**
 * Pings the server when nothing has come from it for a while.
 * @param {{pingInterval: number}} options ms; 0 is never.
 * @param {() => void} ping
 */
function heartbeat(options, ping) {
  /** @type {(() => void) | undefined} Ends the timer, which runs from the first message on, unless a ping is under way. */
  let stop;
  /** When something came last, in ms. */
  let heardAt = 0;

  // One timer an interval, not one a message.
  const wait = (/** @type {number} */ ms) => {
    stop = after(() => {
      stop = undefined;
      const { pingInterval } = options;
      const left = pingInterval - (now() - heardAt);
      // Not longer than an interval: the clock may have been set back.
      if (left > 0) wait(Math.min(left, pingInterval));
      else ping();
    }, ms);
  };

  return {
    /** Something came from the server. */
    heard() {
      heardAt = now();
      if (!stop && options.pingInterval) wait(options.pingInterval);
    },
    stopTimer() {
      stop?.();
      stop = undefined;
    },
  };
}

module.exports = { heartbeat };
