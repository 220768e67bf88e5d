// @ts-check
'use strict';

/**
 * Everything that continuous integration checks: the linters, the dependencies, the files for
 * deployments, the models of threads, then every test. All steps run; if one fails, the whole fails. The
 * results of `scripts/setup.js` must be there.
 */

const { spawnSync } = require('node:child_process');
const { ROOT, program, runAll } = require('./run.js');

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

const missing = Object.entries(COMPONENTS).filter(([, command]) => !hasCommand(command));

runAll([
  ...missing.map(([component]) => program('rustup', 'component', 'add', component)),
  script('lint.js'),
  // They get cargo-deny and hadolint when those are missing.
  script('dependencies.js', '--install'),
  script('deployment.js', '--install'),
  program('cargo', 'test', '--locked', '--package', 'line-socket-native-models'),
  script('test.js'),
]);
