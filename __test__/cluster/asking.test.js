// @ts-check
'use strict';

/** What one server asks of the connections, and of the applications, of others: over an engine in JavaScript, and Redis. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { Bus } = require('./support/bus');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');
const { Redis } = require('./support/redis');
const { WITHOUT_REDIS } = require('./support/needs');

/** @typedef {import('../process/support/scene').Scene} Scene */

/** @param {string[]} ids */
const sorted = (ids) => [...ids].sort();

/**
 * @param {Scene} scene
 * @param {(index: number) => any} adapter
 */
async function three(scene, adapter) {
  const nodes = await startNodes(scene, 3, (index) => ({ adapter: adapter(index) }));
  await until(() => nodes.every(({ server }) => server.nodes.list().length === 3), 'all known', 10000);
  const members = await Promise.all(nodes.map((node, index) => connect(scene, node, { rooms: ['news'], payload: { _id: `m${index}`, _info: { index } } })));
  return { nodes, members, servers: nodes.map(({ server }) => server) };
}

/** @type {[string, (scene: Scene) => Promise<(index: number) => any>][]} */
const ENGINES = [
  ['an engine in JavaScript', async () => {
    const bus = new Bus();
    return () => bus.engine();
  }],
  ['Redis', async (scene) => {
    const redis = await Redis.start(scene);
    return () => ({ redis: redis.url });
  }],
];

for (const [what, begin] of ENGINES) {
  describe(`questions over ${what}`, { skip: what === 'Redis' && WITHOUT_REDIS }, () => {
    it('reach the members of a room on all servers', withScene(async (scene) => {
      const { servers: [a, b], members } = await three(scene, await begin(scene));
      const room = a.room('news');
      assert.deepEqual(await room.count(), { count: 3, missingNodes: [] });
      assert.deepEqual(await a.everyone.count(), { count: 3, missingNodes: [] });
      const { members: found, missingNodes } = await room.fetch();
      assert.deepEqual(sorted(found.map((/** @type {any} */ { id }) => id)), ['m0', 'm1', 'm2']);
      assert.deepEqual(found.find((/** @type {any} */ { id }) => id === 'm2').info, { index: 2 });
      assert.deepEqual(missingNodes, []);
      assert.equal((await room.fetch({ limit: 2 })).members.length, 2);
      assert.deepEqual(await room.join('more'), { joined: 3, missingNodes: [] });
      assert.deepEqual(await b.room('more').count(), { count: 3, missingNodes: [] });
      assert.deepEqual(await room.leave('more'), { left: 3, missingNodes: [] });
      assert.deepEqual(await b.room('more').close(4001, 'over'), { closed: 0, missingNodes: [] });
      assert.deepEqual(await b.room('news').close(4001, 'over'), { closed: 3, missingNodes: [] });
      for (const member of members) assert.deepEqual(await member.ended, [4001, 'over']);
    }));

    it('are answered by members on all servers', withScene(async (scene) => {
      const { servers: [a], nodes, members } = await three(scene, await begin(scene));
      members[0].answers.vote = () => 'yes';
      members[2].answers.vote = (choices) => choices[1];
      const { responses, errors, silent, missingNodes } = await a.room('news').send('vote', ['a', 'b'], { timeout: 300 });
      assert.deepEqual(Object.fromEntries(responses), { m0: 'yes', m2: 'b' });
      assert.equal(errors.size, 0);
      assert.deepEqual(silent, ['m1']);
      assert.deepEqual(missingNodes, []);
      const except = await a.room('news').send('vote', ['a', 'b'], { timeout: 300, except: ['m1', 'm2'] });
      assert.deepEqual([...except.responses.keys()], ['m0']);
      const local = await a.room('news').send('vote', ['a', 'b'], { timeout: 300, local: true });
      assert.deepEqual([...local.responses.keys()], ['m0']);
      const one = await nodes[1].server.room('news').send('vote', ['a', 'b'], { timeout: 20000, atLeast: 1 });
      assert.ok(one.responses.size >= 1);
    }));

    it('find one connection on whichever server it is', withScene(async (scene) => {
      const { servers: [a], members } = await three(scene, await begin(scene));
      members[1].answers.ask = (payload) => payload + 1;
      const found = a.connection('m1');
      assert.equal(await found.send('ask', 1), 2);
      await found.sendWithoutResponse('said', 5);
      assert.deepEqual(await members[1].got('said', 1), [5]);
      await assert.rejects(found.send('silent', 1, 50), { code: 'scMessageTimeout' });
      assert.deepEqual((await found.fetch()).member.info, { index: 1 });
      assert.deepEqual(await found.close(4002, 'bye'), { closed: 1, missingNodes: [] });
      assert.deepEqual(await members[1].ended, [4002, 'bye']);
      assert.deepEqual(await a.connection('nobody').fetch(), { member: undefined, missingNodes: [] });
      assert.deepEqual(await a.connection('nobody').close(), { closed: 0, missingNodes: [] });
      await assert.rejects(a.connection('nobody').send('ask'), { code: 'scDisconnected' });
    }));

    it('of applications are answered by applications', withScene(async (scene) => {
      const { servers: [a, b, c] } = await three(scene, await begin(scene));
      const ids = [b, c].map((server) => server.nodes.list()[0].id);
      b.nodes.on('add', (/** @type {any} */ message) => message.resolve(message.payload.x + 1));
      c.nodes.on('add', (/** @type {any} */ message) => message.reject(Object.assign(new Error('cannot'), { why: 5 })));
      const { responses, errors, missingNodes } = await a.nodes.send('add', { x: 1 });
      assert.deepEqual([...responses], [[ids[0], 2]]);
      assert.equal(errors.get(ids[1]).code, 'scMessageRejected');
      assert.equal(errors.get(ids[1]).payload.message, 'cannot');
      assert.equal(errors.get(ids[1]).payload.why, 5);
      assert.deepEqual(missingNodes, []);
      const big = 'x'.repeat(500000);
      b.nodes.on('big', (/** @type {any} */ message) => message.resolve(big + message.payload));
      const alone = await a.nodes.send('big', 'ü"\\', { to: ids[0] });
      assert.deepEqual([...alone.responses], [[ids[0], `${big}ü"\\`]]);
      assert.deepEqual((await a.nodes.send('nobody', 1, { timeout: 50 })).missingNodes.sort(), sorted(ids));
      assert.deepEqual((await a.nodes.send('add', 1, { to: 'other' })).missingNodes, ['other']);
      const told = new Promise((resolve) => c.nodes.once('note', resolve));
      a.nodes.sendWithoutResponse('note', [1]);
      assert.deepEqual((/** @type {any} */ (await told)).payload, [1]);
      // A server that stops is not waited for.
      const asked = a.nodes.send('slow', 1, { timeout: 20000 });
      await Promise.all([b.stop(), c.stop()]);
      assert.deepEqual((await asked).missingNodes.sort(), sorted(ids));
    }));

    it('keep ids of connections apart', withScene(async (scene) => {
      const { servers: [a, b], nodes } = await three(scene, await begin(scene));
      for (const server of [a, b]) {
        server.removeAllListeners('handshake');
        server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ message) => {
          try {
            await connection.setIdAsync(message.payload.id, { conflict: message.payload.conflict });
            message.resolve();
          } catch (error) {
            message.reject(error);
          }
        });
      }
      const holder = await connect(scene, nodes[1], { payload: { id: 'mine' } });
      await assert.rejects(connect(scene, nodes[0], { payload: { id: 'mine' } }), { code: 'scIdConflict' });
      const taken = await connect(scene, nodes[0], { payload: { id: 'mine', conflict: 'takeover' } });
      assert.equal(taken.id, 'mine');
      assert.deepEqual(await holder.ended, [4208, 'Taken over']);
      // The id is free when its connection has ended.
      await a.connection('mine').close();
      await taken.ended;
      const free = () => connect(scene, nodes[1], { payload: { id: 'mine' } }).then(() => true, () => false);
      for (let tries = 0; !(await free()); tries += 1) assert.ok(tries < 100, 'the id is not free');
      const both = await Promise.allSettled([0, 1].map((index) => connect(scene, nodes[index], { payload: { id: 'same' } })));
      assert.ok(both.filter(({ status }) => status === 'fulfilled').length <= 1);
    }));

    it('and messages are counted', withScene(async (scene) => {
      const { servers: [a, b] } = await three(scene, await begin(scene));
      await a.room('news').broadcastAsync('said', 1);
      await a.room('news').count();
      await until(() => b.getStats().adapter.received >= 1, 'received');
      const { adapter } = a.getStats();
      assert.equal(adapter.state, 'up');
      assert.equal(adapter.nodes, 3);
      assert.equal(adapter.requests, 1);
      assert.equal(adapter.requestsMissed, 0);
      assert.ok(adapter.published >= 1);
      await until(() => a.getStats().adapter.roundTrip.p50 > 0, 'measured');
      for (const count of Object.values(adapter.recoveries)) assert.equal(count, 0);
      await a.stop();
      assert.equal(a.getStats().adapter, null);
    }));
  });
}
