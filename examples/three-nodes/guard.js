// @ts-check
'use strict';

/**
 * Ends the parts of the demo when the demo has been killed and cannot do it. It is a process of its own, which reads from the
 * demo and notices when nobody is there any more.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { createInterface } = require('node:readline');

class Guard {
  #child;

  /** @param {string} folder Removed when the demo has been killed. */
  constructor(folder) {
    // A group of its own: Ctrl-C in a terminal does not reach it.
    this.#child = spawn(process.execPath, [__filename, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#child.unref();
    /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (this.#child.stdin)).unref();
  }

  /** @param {number} pid A process that leads a group. */
  add(pid) {
    this.#child.stdin.write(`+${pid}\n`);
  }

  /** @param {number} pid One that has ended. */
  remove(pid) {
    this.#child.stdin.write(`-${pid}\n`);
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** @param {string} folder */
function run(folder) {
  /** @type {Set<number>} */
  const pids = new Set();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const pid = Number(line.slice(1));
      if (line.startsWith('+')) pids.add(pid);
      else pids.delete(pid);
    })
    .on('close', () => {
      if (pids.size === 0) return;
      pids.forEach(kill);
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    });
}

if (require.main === module) run(process.argv[2]);

module.exports = { Guard };
