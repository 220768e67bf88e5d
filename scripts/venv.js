// @ts-check
'use strict';

/**
 * Virtual environments of Python in `target`: made when they are first needed, which needs the Python package index,
 * and again when what they are made from changes.
 */

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { withLockSync } = require('./lock.js');
const { ROOT } = require('./run.js');

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
 * The pip that installs into a new environment: that of the system, where it can, because giving every environment its own
 * takes longer than most packages.
 * @param {string} python Of the environment.
 * @returns {[string, ...string[]]} What to run.
 */
function pipFor(python) {
  const args = ['-m', 'pip', '--python', python];
  if (spawnSync('python3', [...args, '--version'], { stdio: 'ignore' }).status === 0) return ['python3', ...args];
  run(python, ['-m', 'ensurepip']);
  return [python, '-m', 'pip'];
}

/**
 * @typedef {object} Environment
 * @property {string} home Folder of everything that was installed.
 * @property {string} python Its interpreter.
 * @property {(name: string) => string} program The path of a program that a package has brought.
 */

/**
 * Sees that an environment is there.
 * @param {object} wishes
 * @param {string} wishes.name Folder in `target`.
 * @param {string} wishes.requirements The file that lists its packages, with versions.
 * @param {string} [wishes.others] What else it is made from: another text is another environment.
 * @param {(environment: Environment, pip: (...args: string[]) => void) => void} [wishes.finish] Installs the rest.
 * @returns {Environment}
 * @throws {MissingError} When Python is missing.
 */
function environment({ name, requirements, others = '', finish = () => {} }) {
  const top = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), name);
  const made = createHash('sha256').update(fs.readFileSync(requirements)).update(others).digest('hex').slice(0, 12);
  const home = path.join(top, made);
  const isWindows = process.platform === 'win32';
  const program = (/** @type {string} */ file) => path.join(home, 'venv', isWindows ? 'Scripts' : 'bin', isWindows ? `${file}.exe` : file);
  const found = { home, python: program('python'), program };
  const ready = path.join(home, 'ready');
  const installMissing = () => {
    // Another process may have installed it while this one waited.
    if (fs.existsSync(ready)) return;
    checkPython();
    fs.rmSync(home, { recursive: true, force: true });
    console.log(`installing ${path.relative(ROOT, requirements)} in ${path.relative(ROOT, home)}`);
    run('python3', ['-m', 'venv', '--without-pip', path.join(home, 'venv')]);
    const [command, ...before] = pipFor(found.python);
    // Python compiles what is imported by itself; pip would compile everything.
    const options = ['-q', '--disable-pip-version-check', '--no-compile', '--no-deps'];
    const pip = (/** @type {string[]} */ ...args) => void run(command, [...before, 'install', ...options, ...args]);
    pip('-r', requirements);
    finish(found, pip);
    fs.writeFileSync(ready, '');
  };
  if (!fs.existsSync(ready)) withLockSync(path.join(top, `${made}.lock`), installMissing);
  return found;
}

module.exports = { environment, MissingError };
