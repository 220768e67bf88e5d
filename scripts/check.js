// @ts-check
'use strict';

/**
 * Everything that continuous integration checks: the linters, the dependencies, the files for
 * deployments, the models of threads, and every test. All steps run; if one fails, the whole fails. The
 * results of `scripts/setup.js` must be there.
 *
 * Most tests of JavaScript mostly wait. Linters and compilers run at the same time, with low priority. The tests that
 * measure something come last, alone.
 */

const { spawnSync } = require('node:child_process');
const { runLane, runPool } = require('./pool.js');
const { ROOT, program, report, run } = require('./run.js');
const { JOBS, OF_RUST, TYPES, cargoTest, nodeFiles, nodeTests, runMeasuring } = require('./test-commands.js');

/** Parts of the Rust toolchain that minimal ones leave out, and the commands they bring to cargo. */
const COMPONENTS = { clippy: 'clippy', rustfmt: 'fmt' };

/** @param {string} command Of cargo. */
function hasCommand(command) {
  return spawnSync('cargo', [command, '--version'], { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

/**
 * @param {string} name In this folder.
 * @param {string[]} args
 * @returns {import('./run.js').Command}
 */
function script(name, ...args) {
  return [['node', `scripts/${name}`, ...args].join(' '), process.execPath, `${__dirname}/${name}`, ...args];
}

/**
 * The environment in which clippy compiles the crates of the workspace, as rustc would: they are checked and compiled for the
 * tests at once. `cargo clippy`, which hands arguments to clippy in the same way, would compile all dependencies once more,
 * for checks only.
 */
const BY_CLIPPY = {
  RUSTC_WORKSPACE_WRAPPER: 'clippy-driver',
  CLIPPY_ARGS: ['-D', 'warnings', ''].join('__CLIPPY_HACKERY__'),
};

/** The crates, for clippy's checks and for the tests. @type {import('./run.js').Command[]} */
const CRATES = [program('cargo', 'build', '--workspace', '--all-targets', '--locked')];

/** Linters. @type {import('./run.js').Command[]} */
const LINTING = [
  script('lint.js', '--compiled'),
  ...TYPES,
  // They get cargo-deny and hadolint when those are missing.
  script('dependencies.js', '--install'),
  script('deployment.js', '--install'),
];

async function main() {
  const missing = Object.entries(COMPONENTS).filter(([, command]) => !hasCommand(command));
  const components = missing.map(([component]) => program('rustup', 'component', 'add', component));
  const failed = components.filter((command) => !run(command));
  const commands = nodeTests(nodeFiles());
  const rust = async () => [
    ...(await runLane(CRATES, { isLow: true, env: BY_CLIPPY })),
    ...(await runLane(LINTING, { isLow: true })),
    // With the models of threads.
    ...(await runLane([cargoTest()], { env: BY_CLIPPY })),
    ...(await runLane(nodeTests([OF_RUST]).together)),
  ];
  for (const each of await Promise.all([rust(), runPool(commands.together, JOBS)])) failed.push(...each);
  failed.push(...(await runMeasuring(commands)));
  report(failed);
}

main();
