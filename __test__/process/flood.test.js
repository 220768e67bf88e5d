// @ts-check
'use strict';

/** A peer that sends faster than the application handles is bounded in memory (contract section 4). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

const MIB = 1024 * 1024;

/** Bytes of a frame, and how many: 200 MiB in all. */
const SIZE = 200;
const COUNT = 2 ** 20;

/** How much the resident memory may grow: half of what is sent. */
const LIMIT = 100 * MIB;

// Memory is read in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('200 MiB of small messages while JavaScript is blocked', () => {
    for (const [clients, blocked] of [[1, 3000], [64, 1000]]) {
      it(`from ${clients}, ${blocked} ms: wait at the peers, and are all handled afterwards, in order`, withScene(
        async (scene) => {
          const server = scene.child('flooded.js', [blocked, clients]);
          const peers = scene.child('flooder.js', [await server.report(), COUNT, SIZE, clients]);
          const { handled, misplaced, whileBlocked, overall } = await server.report(40000);
          assert.equal(await peers.report(), 'answered');
          assert.deepEqual({ handled, misplaced }, { handled: COUNT, misplaced: 0 });
          assert.ok(whileBlocked < LIMIT, `grew by ${Math.round(whileBlocked / MIB)} MiB while blocked`);
          assert.ok(overall < LIMIT, `grew by ${Math.round(overall / MIB)} MiB overall`);
          await Promise.all([server.succeeded(), peers.succeeded()]);
        },
      ));
    }
  });
}
