// @ts-check
'use strict';

/** A peer that sends faster than the application handles is bounded in memory (contract section 4). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

const MIB = 1024 * 1024;

/** Frames that are sent in all. */
const COUNT = 2 ** 20;

/**
 * Clients, time for which JavaScript is blocked (ms), bytes of a frame, and MiB by which the resident
 * memory may grow. The marks allow for 16 MiB of messages, and for 1,000 clients for 16 MiB of JavaScript's young objects; the
 * rest is room for what has been read of each client, 4 to 16 KiB, and for the allocator.
 */
const FLOODS = [
  [1, 4000, 500, 100],
  [64, 1000, 200, 100],
  [1000, 1000, 200, 48],
];

// Memory is read in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('small messages while JavaScript is blocked', () => {
    for (const [clients, blocked, size, limit] of FLOODS) {
      const sent = `${size} MiB from ${clients} clients in ${blocked} ms`;
      it(`${sent}: wait at the peers, and are all handled afterwards, in order`, withScene(
        async (scene, test) => {
          const count = Math.floor(COUNT / clients) * clients;
          const server = scene.child('flooded.js', [blocked, clients]);
          const peers = scene.child('flooder.js', [await server.report(), count, size, clients]);
          const { handled, misplaced, whileBlocked, overall } = await server.report(40000);
          assert.equal(await peers.report(), 'answered');
          assert.deepEqual({ handled, misplaced }, { handled: count, misplaced: 0 });
          const grown = `grew by ${Math.round(whileBlocked / MIB)} MiB while blocked, ${Math.round(overall / MIB)} overall`;
          test.diagnostic(grown);
          assert.ok(Math.max(whileBlocked, overall) < limit * MIB, grown);
          await Promise.all([server.succeeded(), peers.succeeded()]);
        },
      ));
    }
  });
}
