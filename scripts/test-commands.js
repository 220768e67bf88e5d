// @ts-check
'use strict';

/** The commands of `npm test`, for it and for `npm run check`, which runs other checks at the same time. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ALONE, LONG, QUIET } = require('../__test__/alone.js');
const { targetFolder } = require('./addon.js');
const { runPool } = require('./pool.js');
const { program, tool } = require('./run.js');
const { testFiles } = require('./test-files.js');

/** @typedef {import('./run.js').Command} Command */

/** The readable report, which some versions of Node choose on terminals only; used where this Node has the option. */
const REPORTER = '--test-reporter=spec';

/** Files at a time: more than cores, because most tests mostly wait. */
const JOBS = Math.max(2, os.cpus().length) + 2;

/** The suite that runs against a server without Node: part of the tests of Rust. */
const OF_RUST = '__test__/conformance/autobahn.test.js';

/** The models of threads have a command of their own, and everybody who changes threads runs it. */
const MODELS = ['--package', 'line-socket-native-models'];
const ALL_BUT_MODELS = ['--workspace', '--exclude', 'line-socket-native-models'];

/** The server of the Autobahn test suite, which Cargo builds with all other targets. */
const ECHO = path.join(targetFolder(), 'debug/examples', process.platform === 'win32' ? 'echo.exe' : 'echo');

/** @param {string[]} args What to test. @returns {Command} */
const cargoTest = (...args) => program('cargo', 'test', '--locked', ...args);

/**
 * Makes a folder for what several test files need and only one of them makes, e.g. packages. It is removed when this process
 * ends; the files have its path as `LINE_RUN`.
 */
function makeRunFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-run-'));
  process.env.LINE_RUN = folder;
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
}

/** @type {Command[]} */
const TYPES = [tool('typescript/bin/tsc', '-p', '__test__/types')];

/** Options for a test file that runs in a process by itself, as files do here. The test runner would be one more. */
function nodeOptions() {
  const isSupported = spawnSync(process.execPath, [REPORTER, '--version'], { stdio: 'ignore' }).status === 0;
  return isSupported ? [REPORTER] : [];
}

/**
 * The commands of test files.
 * @param {string[]} files
 * @returns {{together: Command[], quiet: Command[], alone: Command[]}} Those that can run together, in the best order: the
 *   longest begin first. Then those that run three at a time, and those that run alone.
 */
function nodeTests(files) {
  const options = nodeOptions();
  const names = files.map((file) => file.replaceAll(path.sep, '/'));
  const commandOf = (/** @type {string} */ name) => /** @type {Command} */ ([`node ${name}`, process.execPath, ...options, name]);
  const [isQuiet, isAlone] = [QUIET, ALONE].map((list) => (/** @type {string} */ name) => Object.hasOwn(list, name));
  const rank = (/** @type {string} */ name) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);
  return {
    together: names.filter((name) => !isQuiet(name) && !isAlone(name)).sort((a, b) => rank(a) - rank(b)).map(commandOf),
    quiet: Object.keys(QUIET).filter((name) => names.includes(name)).map(commandOf),
    alone: names.filter(isAlone).map(commandOf),
  };
}

/** @returns {string[]} The files that need the built addon and no Rust (but cargo, for licences). */
function nodeFiles() {
  return testFiles().filter((file) => file !== OF_RUST);
}

/** Files of `QUIET` at a time. */
const QUIET_JOBS = 3;

/**
 * Runs test files that measure something, after all others.
 * @param {{quiet: Command[], alone: Command[]}} commands
 * @returns {Promise<Command[]>} Those that failed.
 */
async function runMeasuring({ quiet, alone }) {
  return [...(await runPool(quiet, os.cpus().length > 1 ? QUIET_JOBS : 1)), ...(await runPool(alone, 1))];
}

module.exports = { ALL_BUT_MODELS, ECHO, JOBS, MODELS, OF_RUST, TYPES, cargoTest, makeRunFolder, nodeFiles, nodeTests, runMeasuring };
