// @ts-check
'use strict';

// The programs that can count instructions.

const { spawnSync } = require('node:child_process');

/** A reason not to count that the user can remove. */
class CounterError extends Error {}

/**
 * @typedef {object} Counter Something that runs a program and counts its instructions.
 * @property {string} name What it is called in the baseline: counts of different counters differ.
 * @property {string} command What to run.
 * @property {string[]} args What to put before the program and its arguments.
 * @property {RegExp} pattern Finds the count in what it prints to standard error.
 */

/**
 * An emulator: counts the same on every machine of an architecture, however busy.
 * @type {Counter}
 */
const CALLGRIND = {
  name: 'callgrind',
  command: 'valgrind',
  args: ['--tool=callgrind', '--callgrind-out-file=/dev/null'],
  pattern: /Collected : (\d+)/,
};

/**
 * The processor's own counters, which virtual machines often do not have.
 * @type {Counter}
 */
const PERF = {
  name: 'perf',
  command: 'perf',
  args: ['stat', '-x', ',', '-e', 'instructions:u', '--'],
  pattern: /^(\d+),[^,]*,instructions/m,
};

/**
 * The first counter that works here.
 * @returns {Counter} It.
 * @throws {CounterError} When there is none, with what to install.
 */
function chooseCounter() {
  const counter = [CALLGRIND, PERF].find((one) => {
    const { stderr } = spawnSync(one.command, [...one.args, 'true'], { encoding: 'utf8' });
    return stderr !== null && one.pattern.test(stderr);
  });
  if (!counter) {
    throw new CounterError(
      'nothing here can count instructions: valgrind is not installed (Debian and Ubuntu: apt-get install valgrind),\n'
        + 'and perf is not installed either, or the machine gives it no counters',
    );
  }
  return counter;
}

/**
 * The instructions of one run.
 * @param {Counter} counter What to count with.
 * @param {string} program The program.
 * @param {string[]} args Its arguments.
 * @returns {number} Instructions, from start to exit.
 * @throws {CounterError} When the program fails or nothing was counted.
 */
function instructions(counter, program, args) {
  const { status, stderr, error } = spawnSync(counter.command, [...counter.args, program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const found = counter.pattern.exec(stderr ?? '');
  if (status !== 0 || !found) {
    throw new CounterError(`${counter.name} could not run ${args.join(' ')}:\n${error?.message ?? stderr}`);
  }
  return Number(found[1]);
}

module.exports = { chooseCounter, CounterError, instructions };
