// @ts-check
'use strict';

/**
 * Runs commands at the same time. What a command prints is shown when it ends, in one piece, so that the output of
 * several is not mixed.
 */

const { spawn } = require('node:child_process');
const os = require('node:os');
const { ROOT } = require('./run.js');

/** @typedef {import('./run.js').Command} Command */

/**
 * @typedef {object} Options
 * @property {number} [priority] One of {@link PRIORITY}.
 * @property {Record<string, string>} [env] Further variables of the environment.
 */

/**
 * Priorities, as the system counts them: low is for work that leaves the processor to tests that wait for answers, and the
 * lowest for work that leaves it to that, too.
 */
const PRIORITY = { usual: 0, low: 10, lowest: 19 };

/**
 * @param {number} pid
 * @param {number} priority
 */
function lowerPriority(pid, priority) {
  try {
    os.setPriority(pid, priority);
  } catch {
    // It has ended already, or the system does not allow it: it runs with the usual priority.
  }
}

/**
 * Runs a command to its end, and then shows what it printed and how long it took.
 * @param {Command} command
 * @param {Options} [options]
 * @returns {Promise<boolean>} Whether it succeeded.
 */
async function runBuffered([shown, file, ...args], { priority = PRIORITY.usual, env = {} } = {}) {
  const begin = performance.now();
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  if (priority !== PRIORITY.usual && child.pid !== undefined) lowerPriority(child.pid, priority);
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  /** @type {string | undefined} */
  let problem;
  child.on('error', (error) => (problem = `${file} could not be run: ${error.message}\n`));
  const status = await new Promise((resolve) => child.on('close', resolve));
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const end = `${status === 0 ? 'done' : 'FAILED'} in ${seconds} s: ${shown}\n`;
  process.stdout.write(Buffer.concat([`> ${shown}\n`, ...output, problem ?? '', end].map((part) => Buffer.from(part))));
  return status === 0;
}

/**
 * Runs commands one after the other, all of them, also after one has failed.
 * @param {Command[]} commands
 * @param {Options} [options]
 * @returns {Promise<Command[]>} Those that failed.
 */
async function runLane(commands, options) {
  /** @type {Command[]} */
  const failed = [];
  for (const command of commands) {
    if (!(await runBuffered(command, options))) failed.push(command);
  }
  return failed;
}

/**
 * Runs commands, several at a time, each as soon as an earlier one has ended.
 * @param {Command[]} commands In the order in which they begin.
 * @param {number} jobs Most commands at a time.
 * @returns {Promise<Command[]>} Those that failed.
 */
async function runPool(commands, jobs) {
  const waiting = [...commands];
  /** @type {Command[]} */
  const failed = [];
  const work = async () => {
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) {
      if (!(await runBuffered(command))) failed.push(command);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  return failed;
}

module.exports = { PRIORITY, runLane, runPool };
