// @ts-check
'use strict';

/**
 * Runs every test, or only the files given: `npm test -- __test__/emitter.test.js`. `--rust` runs those of Rust
 * alone, `--node` those that need the built addon and no Rust (but cargo, for licences), for a release of Node. The
 * results of `scripts/setup.js` must be there.
 */

const path = require('node:path');
const { runPool } = require('./pool.js');
const { ROOT, report, run } = require('./run.js');
const { ALL_BUT_MODELS, JOBS, TYPES, cargoTest, makeRunFolder, nodeFiles, nodeTests, runMeasuring } = require('./test-commands.js');
const { testFiles } = require('./test-files.js');

/** @typedef {import('./run.js').Command} Command */

/**
 * First the files that can run together, several at a time; then those that measure something.
 * @param {string[]} files Paths from the root.
 * @returns {Promise<Command[]>} What failed.
 */
async function runNode(files) {
  const commands = nodeTests(files);
  // A single one shows what it prints at once.
  if (files.length === 1) return runEach(Object.values(commands).flat());
  makeRunFolder();
  return [...(await runPool(commands.together, JOBS)), ...(await runMeasuring(commands))];
}

/** @param {Command[]} commands @returns {Command[]} What failed. */
const runEach = (commands) => commands.filter((command) => !run(command));

const runRust = () => runEach([cargoTest(...ALL_BUT_MODELS)]);

async function main() {
  const args = process.argv.slice(2);
  if (args[0] === '--rust') return runRust();
  if (args[0] === '--node') return runNode(nodeFiles());
  if (args.length > 0) return runNode(args.map((file) => path.relative(ROOT, path.resolve(file))));
  return [...runRust(), ...runEach(TYPES), ...(await runNode(testFiles()))];
}

main().then(report);
