// @ts-check
'use strict';

/** Connections that have ended leave nothing behind, in JavaScript, in the core or in the system. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

// Descriptors are counted in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('2,000 connections that joined rooms, talked and went, a third of them by reset', () => {
    it('are collected, their rooms gone, their descriptors closed', withScene(async (scene) => {
      const child = scene.child('crowd.js', [], { nodeArgs: ['--expose-gc'] });
      const seen = await child.report(20000);
      assert.deepEqual(seen, { made: 2000, collected: 2000, members: 0, rooms: [], descriptors: 0 });
      await child.succeeded();
    }));
  });
}
