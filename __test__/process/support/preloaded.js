// @ts-check
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * A library of C beside this file, to be preloaded into child processes (Linux only; needs a C compiler, as building the addon
 * does).
 */
class Preloaded {
  /** Where it is, with what belongs to it. */
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-preloaded-'));

  /** @param {string} source */
  constructor(source) {
    const library = path.join(this.folder, 'library.so');
    execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', library, path.join(__dirname, source)]);
    /** Environment of a process that it is preloaded into. @type {Record<string, string>} */
    this.env = { LD_PRELOAD: library };
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { Preloaded };
