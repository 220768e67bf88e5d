// @ts-check
'use strict';

/**
 * `lib/emitter/emitter.js` against `event-emitter-extra` 0.1.7: the same random operations on both give the
 * same results and the same calls of handlers, also when handlers change the emitter meanwhile.
 */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const Emitter = require('../lib/emitter/emitter.js');
const { randomRun } = require('./helpers/emitter-random');

// Not the main entry, which replaces the global `Promise` and `Object.assign`.
// @ts-expect-error -- It has types for its main entry only.
const Original = require('event-emitter-extra/dist/commonjs.modern.js');

describe('random operations', () => {
  it('give the same results and calls, for every seed', () => {
    let compared = 0;
    let calls = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const original = randomRun(Original, seed, 200);
      // The original breaks when a newListener handler removes the event being added to; from there on
      // the two are in different states.
      const broken = original.findIndex((line) => /"threw":"Cannot read properties of undefined/.test(line));
      const end = broken === -1 ? original.length : broken;
      assert.deepEqual(randomRun(Emitter, seed, 200).slice(0, end), original.slice(0, end), `seed ${seed}`);
      compared += end;
      calls += original.slice(0, end).filter((line) => line.startsWith('handler')).length;
    }
    assert.ok(compared > 20_000, `${compared} lines compared`);
    assert.ok(calls > 5_000, `${calls} calls of handlers compared`);
  });
});
