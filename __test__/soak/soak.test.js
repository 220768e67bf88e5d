// @ts-check
'use strict';

/** One minute of the soak; people run longer ones: `npm run soak -- --minutes 10`. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { withScene } = require('../process/support/scene');

const MINUTE = 60000;

/** Time for starting, stopping and collecting, in ms. */
const AROUND = 60000;

// What a process has open is read in /proc, which Linux has.
if (process.platform === 'linux') {
  it('a minute of mixed traffic, with restarts: nothing goes wrong, and nothing is left', withScene(async (scene, test) => {
    const soak = scene.run(path.join(__dirname, 'run.js'), ['--minutes', 1]);
    const { code } = await soak.exited(MINUTE + AROUND);
    const lines = await soak.remainingLines();
    lines.forEach((line) => test.diagnostic(line));
    assert.equal(code, 0, lines.join('\n'));
    assert.equal(lines.at(-1), 'passed');
    assert.equal(lines.filter((line) => / handshakes\/s .* 0 faults$/.test(line)).length, 6, lines.join('\n'));
  }));
}
