// @ts-check
'use strict';

/** A quick selection of the Autobahn test suite; all of it is `npm run conformance`. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT } = require('../../scripts/run.js');
const { install } = require('../../conformance/python.js');
const { QUICK, SECTIONS, isPassed, runCases } = require('../../conformance/suite.js');

/**
 * @returns {string} The server's binary, as `cargo test` builds it. Without the whole workspace Cargo would choose other features
 *   of some dependencies, and compile these and the core once more.
 */
function build() {
  const args = ['build', '--quiet', '--locked', '--workspace', '--example', 'echo'];
  assert.equal(spawnSync('cargo', args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status, 0);
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  return path.join(target, 'debug', 'examples', process.platform === 'win32' ? 'echo.exe' : 'echo');
}

it('every section of the Autobahn test suite passes', async () => {
  const results = await runCases({ installed: install(), program: build(), patterns: QUICK });
  assert.deepEqual(results.filter((result) => !isPassed(result)), []);
  for (const section of Object.keys(SECTIONS)) {
    assert.ok(results.some(({ id }) => id.startsWith(`${section}.`)), `section ${section}`);
  }
});
