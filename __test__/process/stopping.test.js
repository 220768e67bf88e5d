// @ts-check
'use strict';

/** `stop()` and `worker.terminate()` come to an end with several io threads, whatever is being opened. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

/** For how long each way of ending is repeated, in ms. Without the wait for openings it takes some 100 ends to hang. */
const TIME = 2500;

describe('a server with several io threads to which clients are connecting', () => {
  for (const [kind, what] of [
    ['stop', 'stop() resolves'],
    ['drain', 'stop({ drain }) resolves'],
    ['terminate', 'worker.terminate() resolves'],
  ]) {
    it(`${what}, every time`, { timeout: 30000 }, withScene(async (scene, test) => {
      const child = scene.child('stopper.js', [kind, TIME]);
      const ends = await child.report(25000);
      test.diagnostic(`${ends} ends`);
      assert.equal(typeof ends, 'number', `end ${ends}`);
      assert.ok(ends > 0);
    }));
  }
});
