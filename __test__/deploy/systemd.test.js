// @ts-check
'use strict';

/** `docs/deploy/line-socket.service`, as systemd reads it. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(__dirname, '../..', file), 'utf8');

const UNIT = read('docs/deploy/line-socket.service');

/** Exposure above which `systemd-analyze security` fails, from 0 to 100. */
const EXPOSURE = 20;

describe('line-socket.service', { skip: process.platform === 'linux' ? false : 'no systemd' }, () => {
  let folder = '';

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-unit-'));
    // The program must exist for the check.
    assert.ok(UNIT.includes('ExecStart=/usr/bin/node server.js'));
    fs.writeFileSync(path.join(folder, 'line-socket.service'), UNIT.replace('/usr/bin/node', process.execPath));
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** @param {string[]} args */
  function analyze(...args) {
    const { status, stdout, stderr, error } = spawnSync('systemd-analyze', [...args, path.join(folder, 'line-socket.service')], {
      encoding: 'utf8',
    });
    assert.equal(error, undefined, 'systemd-analyze is needed (Debian: apt-get install systemd)');
    return { status, stdout, stderr };
  }

  it('has no mistakes', () => {
    const { status, stderr } = analyze('verify', '--man=no');
    // Other units of the machine are read as well, and may have some.
    assert.deepEqual(stderr.split('\n').filter((line) => line.includes('line-socket')), []);
    assert.equal(status, 0, stderr);
  });

  it('gives the service little to do harm with', () => {
    const { status, stdout, stderr } = analyze('security', '--offline=yes', `--threshold=${EXPOSURE}`);
    assert.equal(status, 0, stdout.slice(-300) + stderr);
  });

  it('leaves time and descriptors enough', () => {
    const number = (/** @type {string} */ name) => Number(new RegExp(`^${name}=(\\d+)s?$`, 'm').exec(UNIT)?.[1]);
    const drain = Number(/^const DRAIN = (\d+);/m.exec(read('examples/graceful-shutdown/server.js'))?.[1]);
    assert.ok(number('TimeoutStopSec') * 1000 > drain);
    const connections = Number(/@default (\d+)[\s*/]+maxConnections\?:/.exec(read('types/options.d.ts'))?.[1]);
    assert.ok(number('LimitNOFILE') > connections);
  });
});
