// @ts-check
'use strict';

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
  };
  /** @type {any} */
  const timer = uptime && setInterval(look, interval);
  // Looking is no reason to keep a Node process alive; timers of browsers are numbers.
  timer.unref?.();

  return {
    /** @returns {number | undefined} 0 to 1; undefined when it is not measured. */
    share: () => (uptime ? samples.filter(Boolean).length / (samples.length || 1) : undefined),
    end() {
      clearInterval(timer);
      samples = [];
    },
  };
}

module.exports = { measureUptime };
