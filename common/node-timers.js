// @ts-check
'use strict';

/**
 * Timers and clock of Node. Tests replace them by fakes, before the package is loaded or for a while afterwards
 * (`jest.useFakeTimers()`), and the package must not wait for a callback that a fake never calls. So they are
 * those of when it was loaded, or those that the fakes have replaced. They come from `node:timers`: what is global
 * under jsdom and in Electron's windows are the timers of browsers, and the legacy fakes of Jest keep nothing.
 */

const { genuine } = require('./genuine.js');
const { clearSocketTimer, setSocketInterval, setSocketTimeout } = require('./socket-timers.js');

// Bundles of the client as an ES module have no `require`.
/** @type {typeof import('node:timers')} */
const timers = /** @type {any} */ (process).getBuiltinModule?.('node:timers') ?? require('node:timers');
/** @type {typeof import('node:perf_hooks')} */
const { performance } = /** @type {any} */ (process).getBuiltinModule?.('node:perf_hooks') ?? require('node:perf_hooks');

/** Whether `node:test` had replaced timers: its fakes keep nothing. They are private methods, bound. */
const areLost = ['setTimeout', 'setInterval', 'setImmediate'].some((name) => genuine(timers, name).name.startsWith('bound #'));

const setTimeout = areLost ? setSocketTimeout : genuine(timers, 'setTimeout');
const setInterval = areLost ? setSocketInterval : genuine(timers, 'setInterval');
const setImmediate = areLost ? (/** @type {() => void} */ run) => setSocketTimeout(run, 0) : genuine(timers, 'setImmediate');
/** @type {typeof globalThis.clearTimeout} */
const clearTimeout = areLost ? clearSocketTimer : genuine(timers, 'clearTimeout');
/** @type {typeof globalThis.clearInterval} */
const clearInterval = areLost ? clearSocketTimer : genuine(timers, 'clearInterval');

/** @type {() => number} Sinon puts its fake before that of the prototype. */
const sinceStart = (Object.getPrototypeOf(performance).now ?? performance.now).bind(performance);

/** @type {typeof process.hrtime} */
const hrtime = genuine(process, 'hrtime');

function sinceBoot() {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Milliseconds on a clock that never jumps. `performance.now` of Node 18 asks `process.hrtime`, which fakes replace as well. */
const now = Number.parseInt(process.versions.node, 10) < 20 ? sinceBoot : sinceStart;

module.exports = { clearInterval, clearTimeout, now, setImmediate, setInterval, setTimeout };
