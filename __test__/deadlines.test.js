// @ts-check
'use strict';

/** Entries that expire: in order, once, and never when they were taken out before. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { delay } = require('./helpers/timing');
const { burn, useOwnClock } = require('./helpers/own-clock.js');
const { FakeServer } = require('./helpers/inbox.js');
const { Deadlines, cancel } = require('../lib/connection/deadlines.js');

/** @param {(count: number) => boolean} chore */
const atOnce = (chore) => void chore(Infinity);

/** @param {number} name */
function entry(name) {
  return { name, due: 0, queue: undefined, previous: undefined, next: undefined };
}

it('entries expire in the order they were added, without those that were cancelled', async () => {
  /** @type {number[]} */
  const expired = [];
  const deadlines = new Deadlines(atOnce, (/** @type {ReturnType<typeof entry>} */ { name }) => expired.push(name));
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
  const deadlines = new Deadlines(atOnce, () => {});
  const entries = [entry(1), entry(2), entry(3)];
  entries.forEach((each) => deadlines.add(each, 1e9));
  cancel(entries[1]);
  assert.equal(entries[0].next, entries[2]);
  assert.deepEqual(entries[1], { ...entry(2), due: entries[1].due });
});

it('entries expire faster than an event loop that is kept busy adds others', async (test) => {
  // Other processes delay what is added and what expires in different ways.
  useOwnClock(test);
  let waiting = 0;
  let added = 0;
  const server = new FakeServer(() => {
    burn(0.01);
    deadlines.add(entry(added), 5);
    waiting += 1;
    added += 1;
  });
  const deadlines = new Deadlines((chore) => server.inbox.addChore(chore), () => {
    burn(0.01);
    waiting -= 1;
  });
  let most = 0;
  server.receive(1, 1e9);
  while (added < 40_000) {
    most = Math.max(most, waiting);
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.events = [0, 0];
  test.diagnostic(`at most ${most} were waiting`);
  assert.ok(most < 4000, `${most} were waiting`);
});

it('what was not due when the timer fired expires with a later one: its answer may be behind the events waited for', async () => {
  /** @type {((count: number) => boolean)[]} */
  const chores = [];
  /** @type {number[]} */
  const expired = [];
  const deadlines = new Deadlines((chore) => void chores.push(chore), (/** @type {ReturnType<typeof entry>} */ { name }) => expired.push(name));
  deadlines.add(entry(1), 20);
  await delay(15);
  const second = entry(2);
  deadlines.add(second, 20);
  while (expired.length === 0) {
    while (chores.length === 0) await delay(1);
    const isDueAlready = second.due <= performance.now();
    // The events before take this long.
    await delay(30);
    assert.equal(chores.shift()?.(Infinity), false);
    if (isDueAlready) return;
  }
  assert.deepEqual(expired, [1]);
  while (chores.length === 0) await delay(1);
  chores[0](Infinity);
  assert.deepEqual(expired, [1, 2]);
});
