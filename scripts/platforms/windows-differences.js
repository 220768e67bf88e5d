// @ts-check
'use strict';

/** Test files that do not run under Wine, and why. @type {{files: RegExp, why: string}[]} */
const APART = [
  { files: /browser|docs\/|guides|readme|examples|package\/|release\/|deploy\/|types|reference/, why: 'not of Windows: programs, browsers and documents of the checkout, tested on Linux' },
  { files: /conformance|soak|chaos|original\//, why: 'starts programs that are not there for Windows, or takes too long under Wine' },
  { files: /bench\//, why: 'the benchmark is for Linux' },
  { files: /cluster\//, why: 'needs a Redis server, or processes of `cluster`' },
];

/**
 * Tests that fail, by file and name, and why.
 * @type {Record<string, Record<string, string>>}
 */
const LISTED = {};

module.exports = { APART, LISTED };
