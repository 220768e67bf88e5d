// @ts-check
'use strict';

/**
 * Ten seconds of the chaos; people run an hour of it: `npm run chaos -- --minutes 60`. And the chaos itself: its
 * choices can be repeated. `faults.test.js` has that a server that does wrong is found out.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { withScene } = require('../process/support/scene');
const { KINDS } = require('./floods');
const { ENDINGS, WAYS, planOf } = require('./plan');

const RUN = path.join(__dirname, 'run.js');

/** Time for processes to start and end, in ms. */
const AROUND = 60000;

describe('the plans of the chaos', () => {
  const plans = Array.from({ length: 60 }, (_, round) => planOf(7, round, KINDS));

  it('follow from the seed and the round', () => {
    assert.deepEqual(plans, Array.from({ length: 60 }, (_, round) => planOf(7, round, KINDS)));
    assert.notDeepEqual(plans, Array.from({ length: 60 }, (_, round) => planOf(8, round, KINDS)));
  });

  it('go through every way to listen with every end, and through most floods', () => {
    const pairs = new Set(plans.slice(0, 15).map(({ way, ending }) => `${way} ${ending}`));
    assert.equal(pairs.size, WAYS.length * ENDINGS.length);
    const kinds = new Set(plans.flatMap(({ floods }) => floods.map(({ kind }) => kind)));
    assert.ok(kinds.size > KINDS.length * 0.8, [...kinds].join(', '));
  });
});

// How long a thread was kept from running is known on Linux.
if (process.platform === 'linux') {
  describe('the chaos', () => {
    it('for ten seconds: nothing is lost or late, and everything ends', withScene(async (scene, test) => {
      const chaos = scene.run(RUN, ['--minutes', 10 / 60]);
      const { code } = await chaos.exited(AROUND);
      const lines = await chaos.remainingLines();
      lines.forEach((line) => test.diagnostic(line));
      assert.equal(code, 0, lines.join('\n'));
      assert.equal(lines.at(-1), 'passed');
    }));
  });
}
