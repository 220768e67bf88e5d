// @ts-check
'use strict';

/**
 * Locks between processes, for tools that several test files need and that are installed when they are first needed.
 * A lock is a file that holds the id of its owner's process.
 */

const fs = require('node:fs');
const path = require('node:path');

/** Time between two attempts, in ms. */
const INTERVAL = 100;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Takes a lock that is free. The lock of a process that ended without releasing it is removed.
 * @param {string} file Its folder is made.
 * @returns {boolean} Whether this process has it now.
 */
function tryLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  try {
    const owner = Number(fs.readFileSync(file, 'utf8'));
    // 0 when the owner has not written its id yet.
    if (owner > 0 && !isAlive(owner)) fs.rmSync(file, { force: true });
  } catch (error) {
    // It was released meanwhile.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  return false;
}

/**
 * Runs a function while no other process holds the lock, and blocks this process until then.
 * @template T
 * @param {string} file
 * @param {() => T} body
 * @returns {T}
 */
function withLockSync(file, body) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (!tryLock(file)) Atomics.wait(sleeper, 0, 0, INTERVAL);
  try {
    return body();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/**
 * The same for functions that return a promise; the process is not blocked.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
async function withLock(file, body) {
  while (!tryLock(file)) await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  try {
    return await body();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

module.exports = { withLock, withLockSync };
