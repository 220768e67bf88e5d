// @ts-check
'use strict';

/** Starting and stopping again and again leaves nothing behind. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

// Descriptors and threads are counted in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('60 times start() and stop()', () => {
    for (const kind of ['same', 'new']) {
      it(`leave no descriptor, thread or room behind, ${kind} server each time`, withScene(async (scene) => {
        const child = scene.child('restart.js', [kind]);
        const { before, after, rounds } = await child.report();
        assert.deepEqual(rounds, [{ members: 1, left: [null, 0, null] }]);
        assert.ok(after.descriptors <= before.descriptors, `${before.descriptors} -> ${after.descriptors} descriptors`);
        assert.ok(after.threads <= before.threads, `${before.threads} -> ${after.threads} threads`);
        await child.succeeded();
      }));
    }
  });
}
