// @ts-check
'use strict';

/**
 * What the package does in one turn of the event loop is bounded, whatever there is to do: events, sends that expire, promises
 * that are settled at once (contract section 5, Time). Times are those of this process alone.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { burn, ownTime, useOwnClock } = require('./helpers/own-clock.js');
const { withScene } = require('./process/support/scene');
const { FakeServer } = require('./helpers/inbox.js');
const { delay, until } = require('./helpers/timing');
const { collectFatal } = require('./helpers/uncaught');
const { Deadlines } = require('../lib/connection/deadlines.js');
const { Sequence } = require('../lib/binding/sequence.js');
const { Batch } = require('../lib/binding/batch.js');
const { RoundRobin } = require('../lib/binding/round-robin.js');
const { KIND, LANE, NONE, SIZE } = require('../lib/binding/layout.js');

/** Longest turn in ms: 5, and a step of eight that take 1 ms each by surprise. The rest is for garbage collection. */
const LONGEST = 20;

const NUMBERS = Array.from({ length: 200 }, (_, index) => index);

const turned = () => new Promise((resolve) => setImmediate(resolve));

/** @param {() => void} run */
const expiring = (run) => ({ run, due: 0, queue: undefined, previous: undefined, next: undefined });

/**
 * @param {() => boolean} isOver
 * @returns {Promise<number>} The longest time of the thread between two timers, in ms.
 */
async function longestTurn(isOver) {
  let longest = 0;
  for (let last = ownTime(); !isOver(); last = ownTime()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    longest = Math.max(longest, ownTime() - last);
  }
  return longest;
}

describe('a turn', () => {
  it('ends soon while events come that take long, at once or after they awaited', async (test) => {
    useOwnClock(test);
    let handled = 0;
    const server = new FakeServer(async () => {
      handled += 1;
      if (handled % 200 < 100) return;
      if (handled % 2 === 0) await null;
      burn(1);
    });
    server.receive(LANE.BACKLOGGED, 600);
    const longest = await longestTurn(() => handled >= 600);
    assert.ok(longest < LONGEST, `${longest} ms`);
  });

  it('is shared by what expires and events', async (test) => {
    useOwnClock(test);
    let handled = 0;
    let expired = 0;
    const server = new FakeServer(() => {
      burn(0.1);
      handled += 1;
    });
    const deadlines = new Deadlines((chore) => server.inbox.addChore(chore), (/** @type {any} */ { run }) => run());
    for (let count = 0; count < 2000; count += 1) {
      deadlines.add(expiring(async () => {
        await null;
        burn(0.1);
        expired += 1;
      }), 1 + (count % 2));
    }
    server.receive(LANE.BACKLOGGED, 10_000);
    const longest = await longestTurn(() => expired >= 2000);
    assert.ok(longest < LONGEST, `${longest} ms`);
    assert.ok(handled > 400 && handled < 2000, `${handled} events while 2000 expired`);
    server.events = [0, 0];
  });

  it('is shared by all servers of a thread', async (test) => {
    useOwnClock(test);
    const counts = Array(10).fill(0);
    let isOver = false;
    const servers = counts.map((_, index) => new FakeServer(() => {
      if (isOver) return;
      burn(0.1);
      counts[index] += 1;
    }));
    for (const server of servers) server.receive(LANE.BACKLOGGED, 1e6);
    const end = ownTime() + 300;
    const longest = await longestTurn(() => ownTime() >= end);
    isOver = true;
    for (const server of servers) server.events = [0, 0];
    assert.ok(longest < LONGEST, `${longest} ms`);
    assert.ok(Math.max(...counts) < 2 * Math.min(...counts), `events of each: ${counts}`);
    for (let count = 0; count < 10; count += 1) await turned();
  });

  it('serves connections without a backlog soon while much expires', async (test) => {
    useOwnClock(test);
    /** @type {number[]} */
    const waits = [];
    let begun = 0;
    const server = new FakeServer((lane) => {
      if (lane === LANE.SPARSE) waits.push(ownTime() - begun);
      else burn(0.05);
    });
    let left = 2000;
    server.inbox.addChore((count) => {
      for (let done = 0; done < count; done += 1) {
        burn(0.05);
        left -= 1;
        // A client's request comes, which the core does not wake for: it knows that the thread is at work.
        if (left % 200 !== 0) continue;
        begun = ownTime();
        server.events[LANE.SPARSE] += 1;
      }
      return left > 0;
    });
    server.receive(LANE.BACKLOGGED, 1000);
    while (left > 0 || waits.length < 10) await turned();
    assert.equal(waits.length, 10);
    waits.sort((a, b) => a - b);
    assert.ok(waits[7] < 6, `${waits}`);
    server.events = [0, 0];
  });
});

describe('a batch that takes long', () => {
  const honest = 31;

  it('does not hold up other connections: they are served in turn', async (test) => {
    useOwnClock(test);
    /** Slots of handled events. @type {number[]} */
    const handled = [];
    let isDear = false;
    const server = new FakeServer((slot) => {
      handled.push(slot);
      if (isDear) burn(1);
    });
    /** @param {number} each */
    const flood = (each) => {
      for (let slot = 2; slot < 22; slot += 1) server.slots.push(...Array(each).fill(slot));
    };
    flood(20);
    server.inbox.wake();
    while (handled.length < 400) await turned();
    isDear = true;
    flood(20);
    server.inbox.wake();
    for (const count of [410, 500, 600]) {
      while (handled.length < count) await turned();
      // A client's request comes, which the core does not wake for: it knows that the thread is at work.
      const before = handled.length;
      server.slots.push(honest);
      while (handled.lastIndexOf(honest) < before) await turned();
      const waited = handled.lastIndexOf(honest) - before;
      assert.ok(waited < 40, `${waited} events of others came first`);
    }
    while (handled.length < 803) await turned();
    assert.deepEqual(server.told.at(-1), [LANE.SPARSE, 0]);
    assert.ok(server.told.some(([, left]) => left > 0), 'batches are told of before all are handled');
  });

  it('keeps the order of each connection and bounds what is taken', async (test) => {
    useOwnClock(test);
    /** @type {number[]} */
    const handled = [];
    let most = 0;
    const sent = Array.from({ length: 12_000 }, (_, index) => 2 + (index % 3));
    const server = new FakeServer((slot) => {
      handled.push(slot);
      most = Math.max(most, sent.length - server.slots.length - handled.length);
      if (handled.length < 200) burn(0.5);
    });
    server.slots.push(...sent);
    server.inbox.wake();
    while (handled.length < sent.length) await turned();
    assert.deepEqual([2, 3, 4].map((slot) => handled.filter((of) => of === slot).length), [4000, 4000, 4000]);
    assert.ok(most < 2500, `${most} taken at once`);
  });

  it('leaves each event as it was: kinds, numbers, texts, and those that could not be read', () => {
    const batch = new Batch();
    const strings = ['"a string"', Buffer.from('"large"')];
    const records = [
      [KIND.MESSAGE, 3, 0, 4, 1, -2, NONE, 0],
      [KIND.UPGRADE, 3, 0, NONE, NONE, NONE, NONE, 7],
      [KIND.MESSAGE, 3, 2, NONE, NONE, -3, 2, 1],
      [KIND.CLOSED, 4, 0, NONE, NONE, -4, NONE, 4001],
      [KIND.ENGINE, 4, 0, NONE, NONE, NONE, NONE, 0],
      [KIND.OPENED, 4, 0, 3, NONE, NONE, NONE, 9],
    ];
    batch.words[0] = records.length;
    batch.words[1] = strings.length;
    records.forEach((record, index) => batch.words.set(record, SIZE.HEADER + index * SIZE.RECORD));
    const text = 'name1{}new';
    const begin = () => batch.begin(text, /** @type {any} */ ({ strings: () => strings }));
    begin();
    const expected = [];
    while (batch.isOpen) expected.push(batch.read(batch.next()));
    begin();
    const turns = new RoundRobin();
    turns.add(batch);
    assert.deepEqual([turns.size, turns.batches], [6, 1]);
    const got = [];
    while (turns.size > 0) {
      const one = turns.take();
      got.push(one.read(one.next()));
      assert.deepEqual([one.isOpen, one.lastKind, one.lastSlot], [false, got.at(-1)?.kind, got.at(-1)?.slot]);
    }
    // By turns: the connections 3 and 4, and the server.
    assert.deepEqual(got, [0, 1, 3, 2, 4, 5].map((index) => expected[index]));
    assert.equal(got[2].isWhole, false);
    assert.equal(turns.batches, 0);
  });
});

describe('promises that are settled at once', () => {
  it('are settled in their order, few of them at first, and leave time to others', async (test) => {
    useOwnClock(test);
    const { inbox } = new FakeServer();
    const sequence = new Sequence((chore) => inbox.addChore(chore));
    /** @type {number[]} */
    const settled = [];
    const settle = (/** @type {number} */ number) => {
      settled.push(number);
      Promise.resolve().then(() => burn(0.05));
    };
    const numbers = Array.from({ length: 3000 }, (_, index) => index);
    sequence.handle(numbers.slice(0, 2000), settle);
    assert.equal(settled.length, 32);
    sequence.handle(numbers.slice(2000, 2000), settle);
    sequence.handle(numbers.slice(2000), settle);
    assert.equal(settled.length, 32);
    const longest = await longestTurn(() => settled.length >= 3000);
    assert.ok(longest < LONGEST, `${longest} ms`);
    assert.deepEqual(settled, numbers);
    sequence.handle([3000], settle);
    assert.equal(settled.at(-1), 3000, 'the next is settled at once again');
  });

  it('leave time to others when a client goes that tens of thousands of answers are awaited of', withScene(async (scene, test) => {
    useOwnClock(test);
    const { server, port } = await scene.listen();
    const count = 20_000;
    /** @type {number[]} */
    const failed = [];
    let failedBefore = 0;
    server.on('connection', (/** @type {any} */ connection) => {
      for (let number = 0; number < count; number += 1) {
        connection.send('question', undefined, 0).catch((/** @type {any} */ error) => {
          assert.equal(error.code, 'scDisconnected');
          failed.push(number);
          burn(0.01);
        });
      }
      connection.on('_disconnected', () => (failedBefore = failed.length));
    });
    const client = await scene.open(port);
    await client.handshake();
    while (client.frames.length < 1) await turned();
    client.socket.destroy();
    const longest = await longestTurn(() => failed.length >= count);
    assert.ok(longest < 2 * LONGEST, `${longest} ms`);
    assert.ok(failedBefore <= 32, `${failedBefore} at once`);
    assert.deepEqual(failed, Array.from({ length: count }, (_, number) => number));
  }));
});

describe('what throws beside events', () => {
  for (const [what, handle] of /** @type {[string, (inbox: import('../lib/binding/inbox.js').Inbox, act: (number: number) => void) => void][]} */ ([
    ['one of many promises that are settled', (inbox, act) => new Sequence((chore) => inbox.addChore(chore)).handle(NUMBERS, act)],
    ['one of many entries that expire', (inbox, act) => {
      const deadlines = new Deadlines((chore) => inbox.addChore(chore), (/** @type {any} */ { run }) => run());
      for (const number of NUMBERS) deadlines.add(expiring(() => act(number)), 1);
    }],
  ])) {
    for (const bad of [0, 50]) {
      it(`${what}, number ${bad}: it reaches the top, and the others are handled`, async () => {
        /** @type {number[]} */
        const handled = [];
        const { fatal } = await collectFatal(async () => {
          handle(new FakeServer().inbox, (number) => {
            handled.push(number);
            if (number === bad) throw new Error('of one');
          });
          await delay(100);
        });
        await until(() => handled.length >= NUMBERS.length, 'the others');
        assert.deepEqual(handled, NUMBERS);
        assert.deepEqual(fatal.map(({ message }) => message), ['of one']);
      });
    }
  }

  it('a chore: it reaches the top once, and the chore is not called again, others are', async () => {
    const { inbox } = new FakeServer();
    let [calls, others] = [0, 0];
    const { fatal } = await collectFatal(async () => {
      inbox.addChore(() => {
        calls += 1;
        throw new Error('of a chore');
      });
      inbox.addChore(() => (others += 1) < 100);
      await delay(100);
    });
    await until(() => others >= 100, 'others');
    await delay(20);
    assert.equal(calls, 1);
    assert.deepEqual(fatal.map(({ message }) => message), ['of a chore']);
  });
});
