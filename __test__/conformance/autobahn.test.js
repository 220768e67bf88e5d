// @ts-check
'use strict';

/** A quick selection of the Autobahn test suite; all of it is `npm run conformance`. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { ROOT } = require('../../scripts/run.js');
const { ALL_BUT_MODELS, ECHO } = require('../../scripts/test-commands.js');
const { install } = require('../../conformance/python.js');
const { QUICK, SECTIONS, isPassed, runCases } = require('../../conformance/suite.js');

/**
 * @returns {string} The server's binary. `npm run check` has built it with all crates, and names it. For other crates than those,
 *   Cargo would choose other features of some dependencies, and compile these and the core once more.
 */
function build() {
  if (process.env.LINE_ECHO !== undefined) return process.env.LINE_ECHO;
  const args = ['build', '--quiet', '--locked', ...ALL_BUT_MODELS, '--example', 'echo'];
  assert.equal(spawnSync('cargo', args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status, 0);
  return ECHO;
}

it('every section of the Autobahn test suite passes', async () => {
  const results = await runCases({ installed: install(), program: build(), patterns: QUICK });
  assert.deepEqual(results.filter((result) => !isPassed(result)), []);
  for (const section of Object.keys(SECTIONS)) {
    assert.ok(results.some(({ id }) => id.startsWith(`${section}.`)), `section ${section}`);
  }
});
