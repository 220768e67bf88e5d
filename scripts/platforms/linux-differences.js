// @ts-check
'use strict';

/** Test files that do not run on other kinds of Linux, and tests that fail there; each with its reason. */

/** @typedef {Pick<import('./files.js').Platform, 'apart' | 'listed'>} Differences */

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
  listed: {},
};

module.exports = { ARM64, MUSL };
