// @ts-check
'use strict';

// The program that is counted: built, asked for its cases, and run.

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { CounterError, instructions } = require('./counter');

/**
 * @typedef {object} Case Something to count.
 * @property {string} name Its name.
 * @property {number} iterations How often to do it at first.
 */

/**
 * Builds the program as the addon is built.
 * @returns {{program: string, rustc: string}} Where it is, and the compiler's version.
 * @throws {CounterError} When it cannot be built.
 */
function build() {
  console.error('building bench/instructions ...');
  try {
    const args = ['build', '--release', '--locked', '--message-format', 'json-render-diagnostics'];
    const messages = execFileSync('cargo', args, {
      cwd: __dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
    });
    const rustc = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim();
    // Only a program has one; a target directory may be set in many ways, and cargo knows them all.
    const [program] = messages.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line).executable ?? [])));
    return { program: path.resolve(program), rustc };
  } catch (error) {
    throw new CounterError(`the program could not be built: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * The cases of the program.
 * @param {string} program The program.
 * @returns {Case[]} All of them.
 */
function cases(program) {
  const lines = execFileSync(program, ['list'], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [name, iterations] = line.split(' ');
    return { name, iterations: Number(iterations) };
  });
}

/**
 * Instructions of one iteration, from the difference to a run with twice as many iterations: the start of the
 * program and the preparation of the case are the same in both runs.
 * @param {import('./counter').Counter} counter What to count with.
 * @param {string} program The program.
 * @param {Case} one The case.
 * @returns {number} Instructions, rounded.
 */
function count(counter, program, { name, iterations }) {
  const once = instructions(counter, program, [name, String(iterations)]);
  const twice = instructions(counter, program, [name, String(2 * iterations)]);
  return Math.round((twice - once) / iterations);
}

module.exports = { build, cases, count };
