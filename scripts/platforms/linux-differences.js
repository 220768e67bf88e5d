// @ts-check
'use strict';

/** Test files that do not run on other kinds of Linux, and tests that fail there; each with its reason. */

/** @typedef {Pick<import('./files.js').Platform, 'apart' | 'listed'>} Differences */

const SLOW = 'it bounds a time from above, which the emulator exceeds';

/** @type {Differences} */
const MUSL = {
  apart: [
    {
      files: /package\/(bundling|install)/,
      why: "npm takes the machine's C library from /usr/bin/ldd, not from the Node that it runs in, and asks for the package for glibc",
    },
  ],
  listed: {},
};

/** @type {Differences} */
const ARM64 = {
  apart: [
    {
      files: /contract\/stop|rooms\/returning|deflate\/others|attach\/(process|resets)/,
      why: 'they start processes, which an emulated one cannot without binfmt_misc',
    },
  ],
  listed: {
    '__test__/attach/unserved.test.js': { '400 at once when only line servers listen': SLOW },
    '__test__/attach/unread-answer.test.js': { 'holds no seat for longer than upgradeTimeout': SLOW },
    '__test__/limits/draining.test.js': {
      'an exception of a listener reaches uncaughtException and stops nothing': 'it starts a process, which an emulated one cannot without binfmt_misc',
    },
  },
};

module.exports = { ARM64, MUSL };
