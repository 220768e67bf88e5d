// @ts-check
'use strict';

const { genuine } = require('../common/genuine.js');

/**
 * Time. The functions are those of when this module was loaded, or what fake timers had replaced then: a test that
 * replaces globals for a while must not stop a client that works meanwhile. Node has more of them than the globals, and
 * `node.js` gives those.
 */
let { setTimeout: start, clearTimeout: stop, queueMicrotask: nextMicrotask } = globalThis;
/** @type {{now(): number}} */
let clock = Date;
FULL: {
  start = genuine(globalThis, 'setTimeout');
  stop = genuine(globalThis, 'clearTimeout');
  nextMicrotask = genuine(globalThis, 'queueMicrotask');
  clock = genuine(globalThis, 'Date');
}
const settled = Promise.resolve();

/** Longest delay of a timer, in ms; a longer one would fire at once. */
const LONGEST = 0x7fffffff;

/**
 * Calls a function later.
 * @param {() => void} callback
 * @param {number} ms However many; 0, and what is no time, such as `NaN`, is never.
 * @param {boolean} [isIdle] Whether the wait is no reason to keep a Node process alive.
 * @returns {() => void} Ends the wait.
 */
function after(callback, ms, isIdle) {
  /** @type {any} A number in browsers. */
  let timer;
  const wait = () => {
    timer = start(() => ((ms -= LONGEST) > 0 ? wait() : callback()), Math.min(ms, LONGEST));
    FULL: if (isIdle) timer.unref?.();
  };
  if (ms > 0) wait();
  return () => stop(timer);
}

const noop = () => {};

/** Milliseconds, for differences of time. */
const now = () => clock.now();

/**
 * Has time go by other functions than the global ones.
 * @param {{setTimeout: any, clearTimeout: any, now: () => number}} timers
 */
function useTimers(timers) {
  ({ setTimeout: start, clearTimeout: stop } = timers);
  clock = timers;
}

/**
 * Calls a function that does not throw, once the running code is done. Unlike `queueMicrotask` promises
 * are not replaced by fake timers.
 * @param {() => void} call
 */
const soon = (call) => void settled.then(call);

/**
 * Throws an error to the top of the program.
 * @param {unknown} error
 */
const throwLater = (error) =>
  nextMicrotask(() => {
    throw error;
  });

module.exports = { after, noop, now, soon, throwLater, useTimers };
