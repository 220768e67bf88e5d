// @ts-check
'use strict';

/** `scripts/platforms/loader.js`: a program that is started by another dynamic loader. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { withLoader } = require('../../scripts/platforms/loader');

const isHere = process.platform === 'linux' && process.arch === 'x64';

describe('withLoader', { skip: !isHere }, () => {
  it('has the system start the program by that loader', () => {
    const source = fs.readFileSync('/bin/true');
    const [loader] = /\/[\w/.-]*ld-(?:linux|musl)-[\w.-]*/.exec(source.toString('latin1')) ?? assert.fail('no loader');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-loader-'));
    try {
      const link = path.join(folder, 'a-loader-with-a-long-name');
      const program = path.join(folder, 'program');
      fs.writeFileSync(program, withLoader(source, link), { mode: 0o755 });
      const run = () => spawnSync(program);
      assert.equal(/** @type {any} */ (run().error)?.code, 'ENOENT', 'the loader is not there');
      fs.symlinkSync(loader, link);
      assert.deepEqual([run().error, run().status], [undefined, 0]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('throws for a program without a loader', () => {
    const header = Buffer.alloc(64);
    header.writeBigUInt64LE(64n, 32);
    assert.throws(() => withLoader(header, '/lib/ld.so'), /no dynamic loader/);
  });
});
