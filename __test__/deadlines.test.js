// @ts-check
'use strict';

/** Entries that expire: in order, once, and never when they were taken out before. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { delay } = require('./helpers/timing');

const wallClock = performance.now.bind(performance);

/** A clock that stands still while other processes have the processor. */
const ownClock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

let clock = wallClock;
// Before the code that is tested takes it.
require('../lib/runtime/environment.js').now = () => clock();

const { Deadlines, cancel } = require('../lib/connection/deadlines.js');

/** @param {number} name */
function entry(name) {
  return { name, due: 0, queue: undefined, previous: undefined, next: undefined };
}

it('entries expire in the order they were added, without those that were cancelled', async () => {
  /** @type {number[]} */
  const expired = [];
  const deadlines = new Deadlines((run) => run(), (/** @type {ReturnType<typeof entry>} */ { name }) => expired.push(name));
  const entries = Array.from({ length: 10 }, (_, name) => entry(name));
  entries.forEach((each) => deadlines.add(each, 20));
  [0, 4, 5, 9].forEach((name) => cancel(entries[name]));
  await delay(80);
  assert.deepEqual(expired, [1, 2, 3, 6, 7, 8]);
  cancel(entries[1]);
  deadlines.add(entries[0], 5);
  await delay(40);
  assert.deepEqual(expired.slice(6), [0], 'one that was taken out can wait again');
});

it('a cancelled entry is let go of at once, however long it had to wait', () => {
  const deadlines = new Deadlines((run) => run(), () => {});
  const entries = [entry(1), entry(2), entry(3)];
  entries.forEach((each) => deadlines.add(each, 1e9));
  cancel(entries[1]);
  assert.equal(entries[0].next, entries[2]);
  assert.deepEqual(entries[1], { ...entry(2), due: entries[1].due });
});

it('entries expire faster than an event loop that is kept busy adds others', async (test) => {
  // Other processes delay what is added and what expires in different ways.
  clock = ownClock;
  test.after(() => (clock = wallClock));
  let waiting = 0;
  /** @param {number} ms */
  const burn = (ms) => {
    const end = clock() + ms;
    while (clock() < end);
  };
  const deadlines = new Deadlines((run) => run(), () => {
    burn(0.01);
    waiting -= 1;
  });
  let most = 0;
  for (let turn = 0; turn < 100; turn += 1) {
    for (let count = 0; count < 800; count += 1) {
      burn(0.01);
      deadlines.add(entry(count), 5);
      waiting += 1;
    }
    most = Math.max(most, waiting);
    await new Promise((resolve) => setImmediate(resolve));
  }
  test.diagnostic(`at most ${most} were waiting`);
  assert.ok(most < 5 * 800, `${most} were waiting`);
});
