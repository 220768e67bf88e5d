// @ts-check
'use strict';

/** What is done with each of many members is done in parts, between which the event loop turns. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { inParts } = require('../../lib/rooms/parts.js');
const { FakeServer } = require('../helpers/inbox');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');

/** More than one native call takes. */
const COUNT = 300;

/** @param {number} ms */
function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** @returns {any} */
const fake = () => new FakeServer();

describe('in parts', () => {
  it('lets the event loop turn after a few milliseconds', async () => {
    const server = fake();
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    let left = 5;
    const done = inParts(server, 7, () => {
      busy(5);
      left -= 1;
      return left > 0;
    });
    assert.equal(left, 4, 'the first part is done at once');
    await done;
    isOver = true;
    assert.equal(left, 0);
    assert.ok(turns >= 4, `${turns} turns`);
    assert.deepEqual(server.dropped, [7]);
  });

  it('does what is short at once', async () => {
    const server = fake();
    let left = 3;
    const done = inParts(server, 1, () => (left -= 1) > 0);
    assert.deepEqual([left, server.dropped], [0, [1]]);
    await done;
  });

  it('ends with what is thrown, in a later part too', async () => {
    const server = fake();
    let calls = 0;
    const failing = inParts(server, 2, () => {
      calls += 1;
      busy(5);
      if (calls === 2) throw new Error('mine');
      return true;
    });
    await assert.rejects(failing, /mine/);
    assert.deepEqual([calls, server.dropped], [2, [2]]);
  });
});

describe(`${COUNT} members`, () => {
  it('join, are listed, leave and are closed', withScene(async (scene) => {
    const target = await scene.listen();
    const { server } = target;
    const heard = /** @type {string[]} */ ([]);
    server.on('connection', (/** @type {any} */ connection) => {
      connection.joinRoom('all');
      connection.info = connection.id;
      connection.on('late', () => heard.push(connection.id));
    });
    const clients = await Promise.all(Array.from({ length: COUNT }, () => scene.open(target.port)));
    await Promise.all(clients.map((client) => client.handshake()));
    await until(() => server.getRoom('all')?.getConnectionsCount() === COUNT, 'members');

    server.getConnectionById(Object.keys(server.getConnections())[0]).joinRoom('other');
    assert.deepEqual(await server.room('all').join('other'), { joined: COUNT - 1, missingNodes: [] });
    const { members } = await server.room(['all', 'other']).fetch();
    assert.equal(new Set(members.map(({ id }) => id)).size, COUNT);
    assert.ok(members.every(({ id, info }) => id === info));
    for (const limit of [0, 1, 128, 200, COUNT, COUNT + 1]) {
      assert.equal((await server.room('other').fetch({ limit })).members.length, Math.min(limit, COUNT));
    }
    assert.deepEqual(await server.everyone.leave('other'), { left: COUNT, missingNodes: [] });

    const closing = server.room('all').close(4000, 'bye');
    for (const client of clients) client.json({ n: 'late' });
    assert.deepEqual(await closing, { closed: COUNT, missingNodes: [] });
    for (const client of clients) assert.deepEqual((await client.closed()).code, 4000);
    await until(() => server.getRoom('all') === undefined, 'end');
    assert.deepEqual(heard, []);
  }));
});
