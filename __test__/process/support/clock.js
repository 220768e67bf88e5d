// @ts-check
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Preloaded } = require('./preloaded');

/** The wall clock of a child process, to be set while it runs. */
class WallClock extends Preloaded {
  #shift = path.join(this.folder, 'shift');

  constructor() {
    super('clock-shift.c');
    this.shift(0);
    this.env.CLOCK_SHIFT = this.#shift;
  }

  /** @param {number} seconds Ahead of the system's clock. */
  shift(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the process has mapped the file.
    fs.writeFileSync(this.#shift, bytes, { flag: fs.existsSync(this.#shift) ? 'r+' : 'w' });
  }
}

module.exports = { WallClock };
