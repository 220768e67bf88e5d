// @ts-check
'use strict';

/**
 * Python with the Autobahn test suite and the package `websockets`, in `target/conformance`: made on the
 * first run, which needs the Python package index, and again when what it is made from changes.
 */

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { withLockSync } = require('../scripts/lock.js');
const { ROOT } = require('../scripts/run.js');

const HOME = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'conformance');
const REQUIREMENTS = path.join(__dirname, 'requirements.txt');
const SUITE = 'autobahntestsuite==25.10.1';

/** Something that has to be installed first; the message says what. */
class MissingError extends Error {}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {string} What it prints.
 */
function run(program, args) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** @throws {MissingError} When there is no Python 3 that can make virtual environments. */
function checkPython() {
  const hint = 'install Python 3.10 or later with venv (Debian: apt-get install python3-venv)';
  const { error, status } = spawnSync('python3', ['-c', 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))']);
  if (error) throw new MissingError(`python3 was not found: ${hint}`);
  if (status !== 0) throw new MissingError(`python3 is too old, or cannot make virtual environments: ${hint}`);
}

/**
 * Sees that all is installed.
 * @returns {{python: string, suite: string, version: string}} Python, the suite's package, and what version it is.
 */
function install() {
  const made = createHash('sha256').update(fs.readFileSync(REQUIREMENTS)).update(SUITE).digest('hex').slice(0, 12);
  const home = path.join(HOME, made);
  const scripts = process.platform === 'win32' ? 'Scripts' : 'bin';
  const python = path.join(home, 'venv', scripts, 'python');
  const target = path.join(home, 'suite');
  const ready = path.join(home, 'ready');
  /** Another process may have installed it while this one waited. */
  const installMissing = () => {
    if (fs.existsSync(ready)) return;
    checkPython();
    fs.rmSync(home, { recursive: true, force: true });
    console.log(`installing ${SUITE} in ${path.relative(ROOT, home)}`);
    run('python3', ['-m', 'venv', path.join(home, 'venv')]);
    const pip = [python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps'];
    run(pip[0], [...pip.slice(1), '-r', REQUIREMENTS]);
    // Its sources, whatever Python they are for: cases.py reads them.
    const anyPython = ['--ignore-requires-python', '--python-version', '2.7', '--only-binary', ':all:'];
    run(pip[0], [...pip.slice(1), ...anyPython, '--target', target, SUITE]);
    fs.writeFileSync(ready, '');
  };
  if (!fs.existsSync(ready)) withLockSync(path.join(HOME, `${made}.lock`), installMissing);
  return { python, suite: path.join(target, 'autobahntestsuite'), version: SUITE };
}

module.exports = { install, MissingError };
