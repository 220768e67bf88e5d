// @ts-check
'use strict';

/**
 * Everything that continuous integration checks: the linters, the dependencies, the files for
 * deployments, the models of threads, and every test. All steps run; if one fails, the whole fails. The
 * results of `scripts/setup.js` must be there.
 *
 * Most tests of JavaScript mostly wait. Compilers run at the same time with low priority, and linters with the lowest: the
 * tests of Rust wait for the compilers, and nothing waits for the linters. The tests that measure something come last, alone.
 * A file of tests that failed, or a command of Cargo, is run once more, when nothing else runs; if it passes then, the whole does
 * not fail, and it is listed as unsteady.
 */

const { spawnSync } = require('node:child_process');
const { PRIORITY, runLane, runPool } = require('./pool.js');
const { ROOT, program, report, run } = require('./run.js');
const { ALL_BUT_MODELS, ECHO, JOBS, MODELS, OF_RUST, TYPES, cargoTest, makeRunFolder, nodeFiles, nodeTests, runMeasuring } = require('./test-commands.js');

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

/**
 * Arguments of Cargo that leave tables of lines out of the crates of the workspace, which then compile a fifth faster. A panic says
 * its line without them; only backtraces, which nobody reads here, do not.
 */
const WITHOUT_LINES = ['core', 'native', 'native-fuzz', 'native-instructions', 'native-load', 'native-models'].flatMap((name) => [
  '--config', `profile.dev.package.line-socket-${name}.debug=false`,
]);

/** @param {import('./run.js').Command} command Of cargo. @returns {import('./run.js').Command} */
const withoutLines = ([shown, ...words]) => [shown, ...words, ...WITHOUT_LINES];

/**
 * The crates, for clippy's checks and for the tests. The dependencies of the models would bring further features of those that
 * the others share with the addon, which Cargo would then compile once more: the models are built by themselves.
 * @type {import('./run.js').Command[]}
 */
const CRATES = [ALL_BUT_MODELS, MODELS].map((crates) => withoutLines(program('cargo', 'build', '--all-targets', '--locked', ...crates)));

/**
 * The tests of Rust, in lanes that take about as long: those within libraries, and the others with the models of threads. All lanes
 * name the packages that were built together: for others Cargo would choose other features.
 */
const RUST_TESTS = [
  [[...ALL_BUT_MODELS, '--lib']],
  [[...ALL_BUT_MODELS, '--bins', '--examples', '--test', '*'], [...ALL_BUT_MODELS, '--doc'], MODELS],
].map((lane) => lane.map((tests) => withoutLines(cargoTest(...tests))));

/** Tells the test of `OF_RUST` where its program is. */
const OF_ECHO = { LINE_ECHO: ECHO };

/** Linters, in two lanes. @type {import('./run.js').Command[][]} */
const LINTING = [
  [script('lint.js', '--compiled')],
  // The scripts get cargo-deny and hadolint when those are missing.
  [script('dependencies.js', '--install'), script('deployment.js', '--install'), ...TYPES],
];

/**
 * Runs tests again that failed, one after the other.
 * @param {import('./run.js').Command[]} failed
 * @param {Record<string, string>} env
 * @returns {Promise<import('./run.js').Command[]>} Those that failed again.
 */
async function runAgain(failed, env) {
  const again = await runLane(failed, { env });
  const unsteady = failed.filter((command) => !again.includes(command)).map(([shown]) => `  ${shown}`);
  if (unsteady.length > 0) console.error(['Unsteady, passed only when run again; mend the test, or what it tests:', ...unsteady].join('\n'));
  return again;
}

async function main() {
  const missing = Object.entries(COMPONENTS).filter(([, command]) => !hasCommand(command));
  const components = missing.map(([component]) => program('rustup', 'component', 'add', component));
  const failed = components.filter((command) => !run(command));
  makeRunFolder();
  const commands = nodeTests(nodeFiles());
  const rust = async () => {
    const compiled = await runLane(CRATES, { priority: PRIORITY.low, env: BY_CLIPPY });
    const lanes = RUST_TESTS.map((tests) => runLane(tests, { env: BY_CLIPPY }));
    const ofRust = runLane(nodeTests([OF_RUST]).together, { env: OF_ECHO });
    return { compiled, ofRust: await ofRust, tests: (await Promise.all(lanes)).flat() };
  };
  const linting = LINTING.map((lane) => runLane(lane, { priority: PRIORITY.lowest }));
  const [together, { compiled, ofRust, tests }, ...linted] = await Promise.all([runPool(commands.together, JOBS), rust(), ...linting]);
  const measuring = await runMeasuring(commands);
  const again = [...(await runAgain([...together, ...ofRust, ...measuring], OF_ECHO)), ...(await runAgain(tests, BY_CLIPPY))];
  report([...failed, ...compiled, ...linted.flat(), ...again]);
}

main();
