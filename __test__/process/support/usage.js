// @ts-check
'use strict';

const fs = require('node:fs');
const { until } = require('../../helpers/timing');

/** Descriptors and threads of this process, from /proc of Linux. */
class Usage {
  constructor() {
    /** The descriptor that reads the folder is one of those it finds. */
    this.descriptors = fs.readdirSync('/proc/self/fd').length - 1;
    this.threads = fs.readdirSync('/proc/self/task').length;
  }
}

/**
 * Waits until no more is open than before: sockets and threads end some time after they are told to.
 * @param {Usage} before
 * @returns {Promise<Usage>} The usage then; more than before when the time is up.
 */
async function settledUsage(before) {
  const isBack = () => {
    const now = new Usage();
    return now.descriptors <= before.descriptors && now.threads <= before.threads;
  };
  await until(isBack, 'back to the usage before', 2000).catch(() => {});
  return new Usage();
}

/**
 * A value in KiB of /proc/self/status, in bytes.
 * @param {'VmRSS' | 'VmHWM'} name Resident memory, and the most there has been of it.
 * @returns {number}
 */
function memoryStatus(name) {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
  if (found === null) throw new Error(`/proc/self/status has no ${name}`);
  return Number(found[1]) * 1024;
}

module.exports = { Usage, settledUsage, memoryStatus };
