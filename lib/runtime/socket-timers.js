// @ts-check
'use strict';

/**
 * Timers by the timeouts of sockets, which nothing replaces. They are for programs in which `node:test` had replaced all
 * others before the package was loaded. None of them keeps the process alive.
 */

const { Socket } = require('node:net');

/** A timeout of 0 would be none. */
const SHORTEST = 1;

/**
 * @param {() => void} run
 * @param {number} delay Milliseconds.
 * @returns {any} For {@link clearSocketTimer}; it has the `unref` of a timer.
 */
function setSocketTimeout(run, delay) {
  const socket = new Socket();
  return socket.setTimeout(Math.max(delay, SHORTEST), () => {
    clearSocketTimer(socket);
    run();
  });
}

/**
 * @param {() => void} run
 * @param {number} delay Milliseconds.
 * @returns {any} As of {@link setSocketTimeout}.
 */
function setSocketInterval(run, delay) {
  const socket = new Socket();
  const wait = () => socket.setTimeout(Math.max(delay, SHORTEST));
  socket.on('timeout', () => {
    // Before the call, which may end it.
    wait();
    run();
  });
  return wait();
}

/** @param {any} timer */
function clearSocketTimer(timer) {
  timer?.setTimeout(0);
  timer?.removeAllListeners('timeout');
}

module.exports = { setSocketTimeout, setSocketInterval, clearSocketTimer };
