// @ts-check
'use strict';

/**
 * Runs every test, or only the files given: `npm test -- __test__/emitter.test.js`. What
 * `scripts/setup.js` makes must be there.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT, program, tool, runAll } = require('./run.js');

/** Folders with tests for Node's test runner. */
const FOLDERS = ['__test__', 'bench/test'];

/**
 * Options of the test runner, used where this Node has them: all of them came during Node 18.
 * - `spec` is the readable report, which some versions choose on terminals only;
 * - one file at a time, for the tests measure times and one suite has fixed ports.
 */
const OPTIONS = ['--test-reporter=spec', '--test-concurrency=1'];

/**
 * The test files of a folder and those in it. Named one by one: Node 18 has no patterns here.
 * @param {string} folder Path from the root.
 * @returns {string[]} Paths from the root, sorted.
 */
function testFiles(folder) {
  const entries = fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return testFiles(file);
      return entry.name.endsWith('.test.js') ? [file] : [];
    })
    .sort();
}

/** @param {string} option */
function isSupported(option) {
  return spawnSync(process.execPath, [option, '--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {string[]} files
 * @returns {import('./run.js').Command}
 */
function nodeTests(files) {
  const options = ['--test', ...OPTIONS.filter(isSupported)];
  const shown = files.length === 1 ? files[0] : `(${files.length} files)`;
  return [`node ${options.join(' ')} ${shown}`, process.execPath, ...options, ...files];
}

const chosen = process.argv.slice(2).map((file) => path.relative(ROOT, path.resolve(file)));
if (chosen.length > 0) {
  runAll([nodeTests(chosen)]);
} else {
  runAll([
    // The models of threads are a check of their own.
    program('cargo', 'test', '--workspace', '--exclude', 'line-socket-native-models', '--locked'),
    tool('typescript/bin/tsc', '-p', '__test__/types'),
    nodeTests(FOLDERS.flatMap(testFiles)),
  ]);
}
