// @ts-check
'use strict';

/** Rooms with history whose messages the primary process of Node's cluster keeps, which is the process of the test. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');
const { stopped } = require('./support/program');
const { startWorkers } = require('./support/worker-nodes');

/** @typedef {import('./support/worker-nodes').WorkerNode} WorkerNode */

/** Rooms have names of their own in each test: the histories outlive the workers. */
const HISTORY = { '*': { size: 200, ttl: 60_000 } };

const numbers = (/** @type {number} */ from, /** @type {number} */ end) => Array.from({ length: end - from }, (_, index) => from + index);

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} count
 * @param {object} [settings] Of `cluster`.
 * @param {number} [known]
 */
const start = (scene, count, settings, known) => startWorkers(scene, count, settings, known, { history: HISTORY });

/** @param {WorkerNode} node @param {string} room @param {number} from @param {number} end */
const say = (node, room, from, end) => node.do('broadcastMany', { room, name: 'said', from, count: end - from });

/** @param {import('./support/members').Member} member @returns {string} Its last position. */
const positionOf = (member) => member.received.filter(({ o }) => typeof o === 'string').at(-1)?.o;

describe("rooms with history and adapter: 'cluster'", () => {
  for (const serialization of /** @type {const} */ (['json', 'advanced'])) {
    it(`one order in all workers, and recovery in another, with ${serialization}`, withScene(async (scene) => {
      const room = `order ${serialization}`;
      const nodes = await start(scene, 2, { serialization });
      const [a, b] = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: [room], positions: {} })));
      await Promise.all(nodes.map((node, index) => say(node, room, 1000 * index, 1000 * index + 50)));
      const said = await a.got('said', 100);
      assert.deepEqual(await b.got('said', 100), said);
      assert.deepEqual(said.filter((number) => number < 1000), numbers(0, 50));
      const position = positionOf(b);
      b.close();
      await say(nodes[1], room, 2000, 2030);
      await nodes[1].do('broadcast', { room, name: 'said', payload: 'ünï 😀 \u0001' });
      await a.got('said', 131);
      const back = await connect(scene, nodes[0], { positions: { [room]: position } });
      const { recovered, replayed } = await back.join(room);
      assert.deepEqual([recovered, replayed, back.payloads('said')], [true, 31, [...numbers(2000, 2030), 'ünï 😀 \u0001']]);
      const read = await nodes[1].do('history', { room, options: { since: position, limit: 3 } });
      assert.deepEqual(read.messages.map((/** @type {any} */ { payload }) => payload), numbers(2000, 2003));
    }));
  }

  it('workers that were killed and started anew: whoever comes back has everything', withScene(async (scene) => {
    const room = 'killed';
    const nodes = await start(scene, 2);
    const member = await connect(scene, nodes[0], { rooms: [room], positions: {} });
    await say(nodes[1], room, 0, 10);
    await member.got('said', 10);
    const position = positionOf(member);
    await nodes[0].kill();
    await say(nodes[1], room, 10, 50);
    await nodes[1].do('broadcastAsync', { room, name: 'said', payload: 50 });
    // Not one of those is left that had seen a message.
    await nodes[1].kill();
    const [fresh] = await start(scene, 1);
    const back = await connect(scene, fresh, { positions: { [room]: position } });
    const { recovered, replayed } = await back.join(room);
    assert.deepEqual([recovered, replayed], [true, 41]);
    await say(fresh, room, 51, 60);
    assert.deepEqual(await back.got('said', 50), numbers(10, 60));
  }));

  it('a busy primary process delays messages, and loses and repeats none', withScene(async (scene) => {
    const room = 'busy';
    const nodes = await start(scene, 2);
    const members = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: [room], positions: {} })));
    for (let round = 0; round < 3; round += 1) {
      for (const [index, node] of nodes.entries()) void say(node, room, 1000 * index + 10 * round, 1000 * index + 10 * round + 10);
      // The orders leave. The workers carry them out while this process is busy, in the last round for longer than they wait.
      await delay(5);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, round === 2 ? 4000 : 300);
    }
    const said = await members[0].got('said', 60);
    assert.deepEqual(await members[1].got('said', 60), said);
    for (const index of nodes.keys()) assert.deepEqual(said.filter((number) => Math.floor(number / 1000) === index), numbers(1000 * index, 1000 * index + 30));
    await delay(100);
    assert.deepEqual(members[0].payloads('said').length, 60);
  }));

  it('a worker that reads too slowly reads what was dropped for it', { skip: process.platform === 'win32' }, withScene(async (scene) => {
    const room = 'slow';
    const [a, b] = await start(scene, 2);
    const member = await connect(scene, b, { rooms: [room], positions: {} });
    const pid = /** @type {number} */ (b.worker.process.pid);
    b.worker.process.kill('SIGSTOP');
    await stopped(pid);
    const text = 'x'.repeat(500_000);
    for (let number = 0; number < 45; number += 1) await a.do('broadcastAsync', { room, name: 'said', payload: { number, text } });
    b.worker.process.kill('SIGCONT');
    const said = await member.got('said', 45);
    assert.deepEqual(said.map(({ number }) => number), numbers(0, 45));
    const { adapter } = await b.do('stats');
    assert.ok(adapter.gapsRepaired > 0, JSON.stringify(adapter));
  }));

  it('servers of one process that is no worker have them, too', withScene(async (scene) => {
    const room = 'here';
    const nodes = await startNodes(scene, 2, { adapter: 'cluster', history: HISTORY });
    await until(() => nodes.every(({ server }) => server.nodes.list().length === 2), 'known');
    const member = await connect(scene, nodes[1], { rooms: [room], positions: {} });
    const { position } = await nodes[0].server.room(room).broadcastAsync('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
    assert.equal(positionOf(member), position);
    member.close();
    await nodes[0].server.room(room).broadcastAsync('said', 2);
    const back = await connect(scene, nodes[0], { positions: { [room]: position ?? '' } });
    assert.equal((await back.join(room)).recovered, true);
    assert.deepEqual(back.payloads('said'), [2]);
  }));
});
