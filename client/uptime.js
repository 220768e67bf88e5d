// @ts-check
'use strict';

const { after, noop } = require('./timers.js');

/**
 * Measures how much of the time the client is connected, by looking now and then.
 * @param {{uptime: boolean, uptimeOptions: any}} options
 * @param {() => boolean} isConnected
 */
function measureUptime({ uptime, uptimeOptions: { interval, window } }, isConnected) {
  /** @type {boolean[]} */
  let samples = [];
  const look = () => {
    samples.push(isConnected());
    if (samples.length > Math.round(window / interval)) samples.shift();
    wait();
  };
  let stop = noop;
  const wait = () => (stop = after(look, interval, true));
  if (uptime) wait();

  return {
    /** @returns {number | undefined} 0 to 1; undefined when it is not measured. */
    share: () => (uptime ? samples.filter(Boolean).length / (samples.length || 1) : undefined),
    stopTimer() {
      stop();
      samples = [];
    },
  };
}

module.exports = { measureUptime };
