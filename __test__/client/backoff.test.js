// @ts-check
'use strict';

/** The delays before reconnecting. What the original does is in `contract/reconnect.test.js`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { backoff } = require('../../client/reconnect.js');

const OPTIONS = { initialDelay: 1000, multiply: 2, maxDelay: 30000, randomness: 0.5, fullJitter: true };

/**
 * @param {() => void} body
 * @param {number} random what `Math.random` gives meanwhile
 */
function withRandom(random, body) {
  const { random: original } = Math;
  Math.random = () => random;
  try {
    body();
  } finally {
    Math.random = original;
  }
}

describe('fullJitter', () => {
  it('draws from 0 to an exponentially growing delay', () => {
    withRandom(1, () => {
      const most = [0, 1, 2, 3, 4, 5, 6, 5000].map((attempt) => backoff(OPTIONS, attempt));
      assert.deepEqual(most, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    });
    withRandom(0, () => assert.equal(backoff(OPTIONS, 3), 0));
    withRandom(0.25, () => assert.equal(backoff(OPTIONS, 3), 2000));
  });

  it('is spread evenly', () => {
    const delays = Array.from({ length: 4000 }, () => backoff(OPTIONS, 4));
    const quarters = [0, 0, 0, 0];
    for (const delay of delays) quarters[Math.min(3, Math.floor(delay / 4000))]++;
    for (const count of quarters) assert.ok(count > 800 && count < 1200, String(quarters));
  });
});

describe('without fullJitter', () => {
  it('grows by multiply times the attempt, and adds a random part', () => {
    const options = { ...OPTIONS, fullJitter: false };
    withRandom(0, () => {
      assert.deepEqual([0, 1, 2, 3, 20].map((attempt) => backoff(options, attempt)), [1000, 2000, 4000, 6000, 30000]);
    });
    withRandom(1, () => assert.deepEqual([0, 20].map((attempt) => backoff(options, attempt)), [1500, 45000]));
  });
});
