// @ts-check
'use strict';

/** What a connection costs that does nothing. `npm run bench -- --cases idle` measures 10,000 of them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

/** Connections before the first measure: what is loaded and compiled for them is not charged to the others. */
const BEFORE = 200;

const IDLE = 4000;

/** Bytes that one may take of JavaScript's heap: 640, when this was written. */
const HEAP = 750;

/** Bytes of memory that one may take in all: 2,600, when this was written. */
const RESIDENT = 3000;

/** The room for young objects stays as it is, which would else grow by more than what is measured. */
const NODE_ARGS = ['--expose-gc', '--max-semi-space-size=1'];

// Memory is read in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('4,000 idle connections with five listeners each', () => {
    it('take little memory', withScene(async (scene, test) => {
      const idlers = scene.child('idlers.js', [], { nodeArgs: NODE_ARGS });
      const port = await idlers.report();
      const control = await scene.open(port);
      await control.handshake('control');
      /** @param {number} count */
      const admit = async (count) => {
        for (let i = 0; i < count; i++) await (await scene.open(port)).handshake();
        control.json({ n: 'measure' });
        return idlers.report();
      };
      const before = await admit(BEFORE);
      const after = await admit(IDLE);
      const heap = Math.round((after.heap - before.heap) / IDLE);
      const resident = Math.round((after.resident - before.resident) / IDLE);
      test.diagnostic(`each ${heap} bytes of heap, ${resident} bytes in all`);
      assert.ok(heap <= HEAP, `${heap} bytes of heap`);
      assert.ok(resident <= RESIDENT, `${resident} bytes in all`);
      control.json({ n: 'stop' });
      await idlers.succeeded();
    }));
  });
}
