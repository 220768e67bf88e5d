// @ts-check
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * The wall clock of a child process, to be set while it runs (Linux only; needs a C compiler, as
 * building the addon does).
 */
class WallClock {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-clock-'));
  #shift = path.join(this.#folder, 'shift');

  constructor() {
    const library = path.join(this.#folder, 'clock-shift.so');
    execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', library, path.join(__dirname, 'clock-shift.c')]);
    this.shift(0);
    /** Environment of the process whose clock it is. */
    this.env = { LD_PRELOAD: library, CLOCK_SHIFT: this.#shift };
  }

  /** @param {number} seconds Ahead of the system's clock. */
  shift(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the process has mapped the file.
    fs.writeFileSync(this.#shift, bytes, { flag: fs.existsSync(this.#shift) ? 'r+' : 'w' });
  }

  remove() {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

module.exports = { WallClock };
