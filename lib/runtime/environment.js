// @ts-check
'use strict';

/**
 * Timers, clock and queues of Node, whatever a test has put in their place (`common/node-timers.js`).
 * Timers and immediates run in the asynchronous context of the load, outside the `AsyncLocalStorage` of the
 * handler that set them (contract section 5, Contexts).
 */

const { AsyncResource } = require('node:async_hooks');
const { genuine } = require('../../common/genuine.js');
const { clearInterval, clearTimeout, now, setImmediate, setInterval, setTimeout } = require('../../common/node-timers.js');

/** Longest delay of a timer in Node, in ms. Node replaces longer ones by 1 ms. */
const MAX_DELAY = 0x7fffffff;

/** The context in which the package was loaded. `requireManualDestroy`: it is never destroyed. */
const root = new AsyncResource('LineSocket', { requireManualDestroy: true });

/** @type {typeof process.nextTick} */
const nextTick = genuine(process, 'nextTick');
const settled = Promise.resolve();
const { then } = Promise.prototype;

/**
 * @template T
 * @param {() => T} run
 * @returns {T} What `run` returns, run in the context of the load.
 */
function outside(run) {
  return root.runInAsyncScope(run);
}

/**
 * Runs `run` when the running code has returned, as `queueMicrotask` does.
 * @param {() => void} run Must not throw: that would be an unhandled rejection.
 */
function microtask(run) {
  then.call(settled, run);
}

/**
 * Runs `run` once the code that is due now has run: what awaits, however often, and what `process.nextTick` was
 * given. Node empties the queue of microtasks before it runs what a microtask gave `process.nextTick`.
 * @param {() => void} run As of {@link microtask}.
 */
function afterDue(run) {
  microtask(() => nextTick(run));
}

/**
 * @param {() => void} run
 * @param {number} delay Milliseconds; longer than {@link MAX_DELAY} is cut to it.
 * @returns {NodeJS.Timeout}
 */
function setTimer(run, delay) {
  return root.runInAsyncScope(setTimeout, undefined, run, Math.min(delay, MAX_DELAY));
}

/**
 * @param {() => void} run
 * @param {number} delay As of {@link setTimer}.
 * @returns {NodeJS.Timeout}
 */
function setRepeatingTimer(run, delay) {
  return root.runInAsyncScope(setInterval, undefined, run, Math.min(delay, MAX_DELAY));
}

/**
 * Runs `run` once the event loop has looked for timers, sockets and signals.
 * @param {() => void} run
 * @returns {NodeJS.Immediate}
 */
function afterTurn(run) {
  return root.runInAsyncScope(setImmediate, undefined, run);
}

module.exports = {
  MAX_DELAY,
  afterDue,
  afterTurn,
  clearInterval,
  clearTimeout,
  microtask,
  nextTick,
  now,
  outside,
  setRepeatingTimer,
  setTimer,
};
