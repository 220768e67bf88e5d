// @ts-check
'use strict';

/** Runs the commands of the other scripts in this folder, each announced by one line. */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

/** The checkout, where every command runs. */
const ROOT = path.join(__dirname, '..');

/**
 * A command: what is shown, then the program and its arguments.
 * @typedef {[shown: string, program: string, ...args: string[]]} Command
 */

/**
 * A program on the `PATH`.
 * @param {string} name
 * @param {string[]} args
 * @returns {Command}
 */
function program(name, ...args) {
  return [[name, ...args].join(' '), name, ...args];
}

/**
 * A program of a development dependency. The shell script that npm makes for it is not used: on Windows it is a
 * `.cmd` file, which only a shell can run.
 * @param {string} file Its main file, e.g. `typescript/bin/tsc`, under `node_modules`.
 * @param {string[]} args
 * @returns {Command}
 */
function tool(file, ...args) {
  const shown = [path.basename(file, '.js'), ...args].join(' ');
  return [shown, process.execPath, path.join(ROOT, 'node_modules', file), ...args];
}

/**
 * Runs a command to its end, and says how long it took.
 * @param {Command} command
 * @returns {boolean} Whether it succeeded.
 */
function run([shown, file, ...args]) {
  console.log(`> ${shown}`);
  const begin = performance.now();
  const { error, status } = spawnSync(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`${file} could not be run: ${error.message}`);
  console.log(`${status === 0 ? 'done' : 'FAILED'} in ${((performance.now() - begin) / 1000).toFixed(1)} s: ${shown}`);
  return status === 0;
}

/**
 * Runs all commands, also after one has failed. Sets the exit code, and lists the failed ones.
 * @param {Command[]} commands
 */
function runAll(commands) {
  report(commands.filter((command) => !run(command)));
}

/**
 * Lists commands that have failed, and sets the exit code; does nothing when there are none.
 * @param {Command[]} failed
 */
function report(failed) {
  if (failed.length === 0) return;
  console.error(['Failed:', ...failed.map(([shown]) => `  ${shown}`)].join('\n'));
  process.exitCode = 1;
}

module.exports = { ROOT, program, tool, run, runAll, report };
