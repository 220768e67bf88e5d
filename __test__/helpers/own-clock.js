// @ts-check
'use strict';

/**
 * A clock that stands still while other processes have the processor. To be required before the code that is tested,
 * which takes it in place of the real one.
 */

const environment = require('../../lib/runtime/environment.js');

const real = environment.now;

/** @returns {number} Milliseconds that this process has run. */
function ownTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

let now = real;
environment.now = () => now();

/** @param {import('node:test').TestContext} test Has the clock as long as it runs. */
function useOwnClock(test) {
  now = ownTime;
  test.after(() => (now = real));
}

/** @param {number} ms Keeps the thread busy for so long. */
function burn(ms) {
  const end = ownTime() + ms;
  while (ownTime() < end);
}

module.exports = { burn, ownTime, useOwnClock };
