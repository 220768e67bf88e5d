// @ts-check
'use strict';

/** Every test file that measures something is marked, in `alone.js`, as one that runs alone or as one that need not. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { testFiles } = require('../scripts/test-files');
const { QUIET, ALONE, UNDISTURBED, LONG } = require('./alone');

const ROOT = path.join(__dirname, '..');

/** Reading a clock, memory or CPU time. */
const MEASURES = /\b(?:performance\.now|hrtime|Date\.now|memoryUsage|memoryStatus|cpuUsage|resourceUsage|getHeapStatistics)\b|\/schedstat\b|\bnew Usage\b/;

/** Programs of a test's own folder that it runs, by name or by path. */
const PROGRAM = /'((?:[\w-]+\/)*[\w-]+\.js)'/g;

/** Programs that are no tests' own: measuring is their work, and `npm test` runs them for a short time. */
const PROGRAM_FOLDERS = ['.', 'children'];

/** @param {string} file */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/**
 * @param {string} file A test file.
 * @returns {boolean} Whether it measures, or a program that it runs does.
 */
function measures(file) {
  const text = read(file);
  const folder = path.dirname(file);
  const programs = [...text.matchAll(PROGRAM)].flatMap(([, name]) => PROGRAM_FOLDERS.map((each) => path.posix.join(folder, each, name)));
  return [text, ...programs.filter((program) => fs.existsSync(path.join(ROOT, program))).map(read)].some((each) => MEASURES.test(each));
}

const files = testFiles();
const marked = [QUIET, ALONE, UNDISTURBED].flatMap((list) => Object.keys(list));

it('every test file that reads a clock, memory or CPU time is marked', () => {
  const found = files.filter((file) => file !== '__test__/alone.test.js' && measures(file) && !marked.includes(file));
  assert.deepEqual(found, [], 'add them to QUIET or ALONE in __test__/alone.js when they bound what they measure from above, else to UNDISTURBED');
});

it('every mark is of a test file that is there, and and of one list', () => {
  assert.deepEqual([...marked, ...LONG].filter((file) => !files.includes(file)), []);
  assert.equal(new Set(marked).size, marked.length);
});

it('every mark that a file is undisturbed is needed', () => {
  assert.deepEqual(Object.keys(UNDISTURBED).filter((file) => files.includes(file) && !measures(file)), []);
});
