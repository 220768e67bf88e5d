// @ts-check
'use strict';

/** The addon in worker threads. The main thread of these processes never loads it. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

/** What each scenario of `children/workers.js` reports. */
const SCENARIOS = {
  'by itself': ['a worker serves, and ends by itself after stop()', [1, 'hello'], 0],
  exit: ['a worker ends itself under traffic', 3],
  two: ['one of two workers is terminated under traffic, the other still serves'],
  port: ['a worker is terminated under traffic, and its port is free for the next, 10 times'],
  descriptors: ['what the threads of 10 terminated workers had is given back'],
  'process exit': ['the process exits while two workers are under traffic'],
};

describe('worker threads', () => {
  for (const [scenario, [name, ...reports]] of Object.entries(SCENARIOS)) {
    it(String(name), withScene(async (scene) => {
      const child = scene.child('workers.js', [scenario]);
      await child.succeeded();
      const lines = await child.remainingLines();
      assert.deepEqual(lines.map((line) => JSON.parse(line)), [...reports, 'ok']);
    }));
  }
});
