// @ts-check
'use strict';

/**
 * Development tools that are got from PyPI, each by pip into a folder of its own in `target/tools`. What
 * is installed is what the tool's `requirements.txt` names, to the byte.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, program, run } = require('./run.js');

/**
 * Options of pip: every file must have one of the hashes in the list, what the list does not name is not
 * installed, and no package is built here, which would run code of its own.
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
 * The program of a tool: that on the `PATH`, else the one that was installed.
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
 * @returns {boolean} Whether it succeeded.
 */
function install(tool, requirements) {
  const [target, list] = [folderOf(tool), requirements].map((file) => path.relative(ROOT, file));
  return run(program('python3', '-m', 'pip', 'install', '--quiet', ...STRICT, '--target', target, '--requirement', list));
}

module.exports = { folderOf, find, install };
