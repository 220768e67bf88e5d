// @ts-check
'use strict';

/** Connections that have ended leave nothing behind, in JavaScript, in the core or in the system. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

/** Visitors before the first measure: allocators and Node's own caches grow with the first. */
const WARM_UP = 4000;

/** Visitors that are measured. `LINE_VISITORS=20000` is what runs every night. */
const VISITORS = Number(process.env.LINE_VISITORS ?? 8000);

const MIB = 1024 * 1024;

/**
 * How much the resident memory may grow by the visitors after the warm-up: 512 bytes for each, and not less than what
 * allocators need anyway.
 */
const LIMIT = Math.max(6 * MIB, VISITORS * 512);

/**
 * The second keeps the room for young objects at its size: it would else grow with the traffic, by up
 * to 24 MiB, whether anything leaks or not.
 */
const NODE_ARGS = ['--expose-gc', '--max-semi-space-size=2'];

/** How long the visitors may take, in ms; they take a third on a machine of their own. */
const PATIENCE = 120000;

/** @typedef {import('./support/scene').Scene} Scene */

// Descriptors and memory are read in /proc, which Linux has.
if (process.platform === 'linux') {
  describe(`${VISITORS} connections that joined rooms, talked and went, a third of them by reset`, () => {
    it('are collected; no memory, room, descriptor or promise is left', withScene(async (scene, test) => {
      const crowd = scene.child('crowd.js', [], { nodeArgs: NODE_ARGS });
      const port = await crowd.report();
      const control = await scene.open(port);
      await control.handshake('control');
      // It is heard, so that it is not pinged.
      const alive = setInterval(() => control.json({ n: 'alive' }), 5000);
      scene.defer(() => clearInterval(alive));

      /** @param {number} count */
      const visit = async (count) => {
        const visitors = scene.child('visitors.js', [port, count]);
        assert.equal(await visitors.report(PATIENCE), 'gone');
        await visitors.succeeded();
        control.json({ n: 'measure' });
        return crowd.report(30000);
      };
      const before = await visit(WARM_UP);
      const begin = performance.now();
      const after = await visit(VISITORS);
      const inMib = (/** @type {{memory: number}} */ { memory }) => (memory / MIB).toFixed(1);
      test.diagnostic(
        `${VISITORS} visitors in ${Math.round((performance.now() - begin) / 1000)} s: ` +
          `${after.made - before.made} handshakes, ${after.collected - before.collected} connections collected, ` +
          `${after.settled - before.settled} promises settled, ` +
          `memory ${inMib(before)} MiB before and ${inMib(after)} MiB after, ${after.descriptors} descriptors`,
      );

      assert.ok(after.made - before.made >= VISITORS * 0.9, `${after.made - before.made} handshakes`);
      assert.deepEqual([after.ended, after.collected], [after.made, after.made], 'ended, collected');
      assert.equal(after.sent, 3 * after.made);
      assert.equal(after.settled, after.sent, 'promises');
      // The control connection is still there.
      assert.deepEqual([after.connections, after.rooms], [1, 0], 'connections, rooms');
      assert.deepEqual([after.descriptors, after.threads], [before.descriptors, before.threads], 'descriptors, threads');
      const grown = after.memory - before.memory;
      assert.ok(grown < LIMIT, `grew by ${(grown / MIB).toFixed(1)} MiB`);
      control.json({ n: 'stop' });
      await crowd.succeeded();
    }));
  });
}
