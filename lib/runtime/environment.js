// @ts-check
'use strict';

/**
 * What the package uses of its environment, kept from when it was loaded. Tests replace globals for a
 * while (`jest.useFakeTimers()`), and nothing here may wait for a callback that a replaced global never
 * calls. Timers and immediates run in the asynchronous context of the load, and so outside the
 * `AsyncLocalStorage` of the handler that happened to set them (contract section 5, Contexts).
 */

const { AsyncResource } = require('node:async_hooks');
const { performance } = require('node:perf_hooks');

const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = globalThis;

/** Longest time, in ms, that a timer of Node's can wait. It takes longer ones for 1 ms. */
const MAX_DELAY = 0x7fffffff;

/** The context in which the package was loaded. `requireManualDestroy`: it is never destroyed. */
const root = new AsyncResource('LineSocket', { requireManualDestroy: true });

const { nextTick } = process;
const settled = Promise.resolve();
const { then } = Promise.prototype;

/** @type {() => number} Milliseconds on a clock that never jumps. */
const now = performance.now.bind(performance);

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
 * @param {() => void} run What it throws would be an unhandled rejection: it must not throw.
 */
function microtask(run) {
  then.call(settled, run);
}

/**
 * Runs `run` once the code that is due now has run: what awaits, and what `process.nextTick` was given.
 * @param {() => void} run As of {@link microtask}.
 */
function afterDue(run) {
  nextTick(microtask, run);
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
  clearImmediate,
  clearInterval,
  clearTimeout,
  microtask,
  nextTick,
  now,
  outside,
  setRepeatingTimer,
  setTimer,
};
