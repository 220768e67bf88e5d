// @ts-check
'use strict';

/**
 * Runs every test, or only the files given: `npm test -- __test__/emitter.test.js`. `--rust` runs those of Rust
 * alone, `--node` those that need the built addon and no Rust (but cargo, for licences), for a release of Node. The
 * results of `scripts/setup.js` must be there.
 */

const { spawnSync } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const { ALONE } = require('../__test__/alone.js');
const { ROOT, program, tool, runAll } = require('./run.js');
const { testFiles } = require('./test-files.js');

/** The readable report, which some versions of Node choose on terminals only; used where this Node has the option. */
const REPORTER = '--test-reporter=spec';

/** Files at a time: more than cores, because most tests mostly wait. */
const JOBS = Math.max(2, os.cpus().length) + 1;

/** @param {string} option Of the test runner: all that are used here came during Node 18. */
function isSupported(option) {
  return spawnSync(process.execPath, [option, '--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {string[]} files
 * @param {number} jobs Most files at a time.
 * @returns {import('./run.js').Command[]}
 */
function nodeTests(files, jobs) {
  if (files.length === 0) return [];
  const concurrency = `--test-concurrency=${jobs}`;
  // Without the option Node chooses how many.
  const canChoose = isSupported(concurrency);
  if (jobs === 1 && !canChoose && files.length > 1) return files.flatMap((file) => nodeTests([file], 1));
  const options = ['--test', ...(isSupported(REPORTER) ? [REPORTER] : []), ...(canChoose ? [concurrency] : [])];
  const shown = files.length === 1 ? files[0] : `(${files.length} files)`;
  return [[`node ${options.join(' ')} ${shown}`, process.execPath, ...options, ...files]];
}

/**
 * First the files that can run together, several at a time; then each of the others alone.
 * @param {string[]} files
 * @returns {import('./run.js').Command[]}
 */
function allNodeTests(files) {
  const isAlone = (/** @type {string} */ file) => Object.hasOwn(ALONE, file.replaceAll(path.sep, '/'));
  return [...nodeTests(files.filter((file) => !isAlone(file)), JOBS), ...nodeTests(files.filter(isAlone), 1)];
}

/** The suite that runs against a server without Node: part of the tests of Rust. */
const OF_RUST = '__test__/conformance/autobahn.test.js';

// The models of threads have their own command.
const RUST = [program('cargo', 'test', '--workspace', '--exclude', 'line-socket-native-models', '--locked')];
const TYPES = [tool('typescript/bin/tsc', '-p', '__test__/types')];

/** What the options run, in place of everything. @type {Record<string, () => import('./run.js').Command[]>} */
const PARTS = {
  '--rust': () => RUST,
  '--node': () => allNodeTests(testFiles().filter((file) => file !== OF_RUST)),
};

const args = process.argv.slice(2);
const part = PARTS[args[0]];
if (part !== undefined) {
  runAll(part());
} else if (args.length > 0) {
  runAll(allNodeTests(args.map((file) => path.relative(ROOT, path.resolve(file)))));
} else {
  runAll([...RUST, ...TYPES, ...allNodeTests(testFiles())]);
}
