// @ts-check
'use strict';

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/**
 * What has happened so far, in numbers.
 * @param {NativeServer} native
 * @param {number} turnedAway Upgrades refused before they reached the native side.
 * @returns {import('../../types/stats.d.ts').ServerStats} A new object.
 */
function readStats(native, turnedAway) {
  const stats = native.core.stats();
  stats.refused.stopping += turnedAway;
  return stats;
}

module.exports = { readStats };
