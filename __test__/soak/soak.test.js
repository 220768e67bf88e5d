// @ts-check
'use strict';

/** Some seconds of the soak. `npm run soak` runs it for ten minutes, as every night does; `-- --minutes N` for others. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { withScene } = require('../process/support/scene');

/** How long it runs, in minutes: with one stop in between, and one line of figures, which comes every ten seconds. */
const MINUTES = 0.25;

/** Time for running, starting, stopping and collecting, in ms. */
const LIMIT = MINUTES * 60000 + 60000;

// What a process has open is read in /proc, which Linux has.
if (process.platform === 'linux') {
  it('some seconds of mixed traffic, with a restart: nothing goes wrong, and nothing is left', withScene(async (scene, test) => {
    const soak = scene.run(path.join(__dirname, 'run.js'), ['--minutes', MINUTES]);
    const { code } = await soak.exited(LIMIT);
    const lines = await soak.remainingLines();
    lines.forEach((line) => test.diagnostic(line));
    assert.equal(code, 0, lines.join('\n'));
    assert.equal(lines.at(-1), 'passed');
    assert.equal(lines.filter((line) => / handshakes\/s .* 0 faults$/.test(line)).length, 1, lines.join('\n'));
    assert.ok(lines.some((line) => / handshakes, 2 stops; /.test(line)), lines.join('\n'));
  }));
}
