// @ts-check
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const bench = path.join(__dirname, '..');
const root = path.join(bench, '..');

/** A reason not to run that the user can remove. */
class SetupError extends Error {}

/**
 * Installs and builds what the benchmark needs.
 * @param {{ours: boolean}} needs Whether the native addon is measured.
 * @throws {SetupError} When the machine or the checkout is not fit.
 */
function setup({ ours }) {
  checkMachine();
  installPeers();
  buildLoad();
  if (ours) {
    buildAddon();
    checkAddon();
  }
}

function checkMachine() {
  if (process.platform !== 'linux') {
    throw new SetupError('the benchmark needs Linux: it pins processes with taskset and reads /proc');
  }
  if (os.cpus().length < 2) {
    throw new SetupError('the benchmark needs two CPU cores: one for the server, one for the load');
  }
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
  } catch {
    throw new SetupError('the benchmark needs taskset (Debian: package util-linux)');
  }
}

/** Installs the peers unless they are there as the lock file says. */
function installPeers() {
  const wanted = path.join(bench, 'package-lock.json');
  const installed = path.join(bench, 'node_modules/.package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(wanted).mtimeMs) return;
  console.error('installing the peers (bench/package.json) ...');
  run('npm', ['ci', '--no-audit', '--no-fund'], bench);
  // npm keeps the times of files it does not write again.
  fs.utimesSync(installed, new Date(), new Date());
}

function buildLoad() {
  console.error('building the load generator (crates/load) ...');
  const args = ['build', '--release', '--quiet', '--locked', '--package', 'line-socket-native-load'];
  run('cargo', [...args, '--target-dir', 'target'], root);
}

/** Builds the addon for release: the one that is there may have been built for the tests. */
function buildAddon() {
  run(process.execPath, ['scripts/build.js'], root);
}

/** Loads the package in a separate process, because the benchmark itself does not need it. */
function checkAddon() {
  try {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(root)})`], { stdio: 'pipe' });
  } catch (error) {
    const lines = String(error.stderr).split('\n');
    throw new SetupError(
      'this package cannot be loaded; is the native addon built? Run "npm run build" in the root of the\n' +
      `checkout, or leave it out with --peers. ${lines.find((text) => text.includes('Error')) ?? lines[0]}`,
    );
  }
}

/**
 * Runs a program to its end.
 * @param {string} program The program.
 * @param {string[]} args Its arguments.
 * @param {string} cwd Its working directory.
 */
function run(program, args, cwd) {
  try {
    execFileSync(program, args, { cwd, stdio: ['ignore', 2, 2] });
  } catch (error) {
    throw new SetupError(`"${program} ${args.join(' ')}" failed in ${path.relative(root, cwd)}: ${error.message}`);
  }
}

module.exports = { buildAddon, setup, SetupError };
