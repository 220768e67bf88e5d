// @ts-check
'use strict';

const fs = require('node:fs');

/**
 * CPU time of a process, in µs.
 * @param {number} pid
 * @returns {{all: number, js: number}} Of all its threads, and of the main thread, which runs JavaScript.
 */
function cpuOf(pid) {
  let all = 0;
  let js = 0;
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    const time = onCpu(`/proc/${pid}/task/${task}/schedstat`);
    all += time;
    if (Number(task) === pid) js = time;
  }
  return { all, js };
}

/** @param {string} file */
function onCpu(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8').split(' ', 1)[0]) / 1000;
  } catch {
    // The thread has ended meanwhile.
    return 0;
  }
}

/**
 * CPU time that processes use while something runs, in µs.
 * @param {number[]} pids
 * @param {() => Promise<unknown>} body
 * @returns {Promise<{all: number, js: number, each: number[]}>} Of all of them, and all threads of each.
 */
async function cpuDuring(pids, body) {
  const before = pids.map(cpuOf);
  await body();
  const used = pids.map(cpuOf).map((after, at) => ({ all: after.all - before[at].all, js: after.js - before[at].js }));
  return {
    all: used.reduce((sum, { all }) => sum + all, 0),
    js: used.reduce((sum, { js }) => sum + js, 0),
    each: used.map(({ all }) => all),
  };
}

module.exports = { cpuDuring };
