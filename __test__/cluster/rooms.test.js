// @ts-check
'use strict';

/** Messages to rooms whose members are on several nodes. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { startJoined, oneEach, fence, QUICK } = require('./support/joined');
const { connect } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { startNodes } = require('./support/nodes');
const { PATIENCE } = require('./support/program');

/**
 * @param {import('./support/redis').Redis} redis
 * @param {string} room
 * @returns {Promise<number>} How many nodes are subscribed to a room.
 */
const subscribers = async (redis, room) => (await redis.command('PUBSUB', 'NUMSUB', `line:r:${room}`))[1];

describe('rooms on several nodes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  for (const subscribe of ['rooms', 'all']) {
    it(`messages reach every member once, in the order of each node (subscribe: '${subscribe}')`, withScene(async (scene) => {
      const { nodes } = await startJoined(scene, 3, { adapter: { subscribe } });
      const members = [...(await oneEach(scene, nodes, 'news')), ...(await oneEach(scene, nodes, ['news', 'other']))];
      const [stranger] = await oneEach(scene, nodes, 'other');
      const count = 100;
      await Promise.all(nodes.map((node, index) => node.do('broadcastMany', { room: 'news', name: `from ${index}`, count })));
      for (const node of nodes) await fence(node, 'news', members);
      const expected = Array.from({ length: count }, (_, index) => index);
      for (const member of members) {
        for (const index of nodes.keys()) assert.deepEqual(member.payloads(`from ${index}`), expected);
      }
      assert.deepEqual(stranger.received, []);
    }));
  }

  it('everyone is on every node', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, []);
    await nodes[1].do('broadcast', { name: 'said', payload: { a: [1, 'ü', null] } });
    for (const member of members) assert.deepEqual(await member.got('said', 1), [{ a: [1, 'ü', null] }]);
  }));

  it('except leaves out connections of any node, by id or as they are', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'news');
    const [first, second] = members;
    const third = await connect(scene, nodes[1], { rooms: ['news', 'muted'] });
    await first.request('sayToOthers', { room: 'news', name: 'said', payload: 1 });
    await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 2, options: { except: second.id } });
    await nodes[1].do('broadcast', { room: 'news', name: 'said', payload: 3, options: { except: [first.id, third.id] } });
    await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 4, options: { exceptRooms: ['muted'] } });
    for (const node of nodes) await fence(node, 'news', [...members, third]);
    assert.deepEqual([first, second, third].map((member) => member.payloads('said').sort()), [[2, 4], [1, 3, 4], [1, 2]]);
  }));

  it('several rooms: who is in more than one gets one', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const both = await oneEach(scene, nodes, ['a', 'b']);
    const [one] = await oneEach(scene, nodes, 'b');
    await nodes[0].do('broadcastMany', { room: ['a', 'b', 'c'], name: 'said', count: 20 });
    await fence(nodes[0], ['b'], [...both, one]);
    const expected = Array.from({ length: 20 }, (_, index) => index);
    for (const member of [...both, one]) assert.deepEqual(member.payloads('said'), expected);
  }));

  it('local stays on its node', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const [here, there] = await oneEach(scene, nodes, 'news');
    await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 1, options: { local: true } });
    await fence(nodes[0], 'news', [here, there]);
    assert.deepEqual([here.payloads('said'), there.payloads('said')], [[1], []]);
  }));

  it('broadcastAsync resolves when Redis has it', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const [, there] = await oneEach(scene, nodes, 'news');
    assert.deepEqual(await nodes[0].do('broadcastAsync', { room: 'news', name: 'said', payload: 1 }), {});
    assert.deepEqual(await there.got('said', 1), [1]);
  }));

  it('a room may have any name, and a message be large', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const names = ['__proto__', 'a b\r\n', 'ü🙂', 'x'.repeat(500), '*', '{17}', 'line:r:news', '~'];
    const [here, there] = await oneEach(scene, nodes, names);
    for (const [index, room] of names.entries()) await nodes[0].do('broadcast', { room, name: 'said', payload: index });
    const large = 'y'.repeat(300_000);
    await nodes[0].do('broadcast', { room: names[3], name: 'large', payload: large });
    const expected = names.map((_, index) => index);
    assert.deepEqual([await here.got('said', names.length), (await there.got('said', names.length)).sort()], [expected, expected]);
    assert.deepEqual(await there.got('large', 1), [large]);
  }));

  it('who has joined gets what is sent next, from any node', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const member = await connect(scene, nodes[1]);
    for (let i = 0; i < 20; i += 1) {
      await member.join(`room ${i}`);
      await nodes[0].do('broadcast', { room: `room ${i}`, name: 'said', payload: i });
    }
    assert.deepEqual((await member.got('said', 20)).sort((a, b) => a - b), Array.from({ length: 20 }, (_, index) => index));
  }));

  it('a node is subscribed to the rooms that have members there, and no longer', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const [first, second] = await oneEach(scene, nodes, 'news');
    assert.equal(await subscribers(redis, 'news'), 2);
    await first.request('leave', 'news');
    await until(async () => await subscribers(redis, 'news') === 1, 'unsubscribed', PATIENCE);
    await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 1 });
    assert.deepEqual(await second.got('said', 1), [1]);
    second.close();
    await until(async () => await subscribers(redis, 'news') === 0, 'unsubscribed', PATIENCE);
    await first.join('news');
    assert.equal(await subscribers(redis, 'news'), 1);
  }));

  it('another prefix is another cluster', withScene(async (scene) => {
    const { redis, nodes: [first] } = await startJoined(scene, 1);
    const [other] = await startNodes(scene, 1, { adapter: { redis: redis.url, ...QUICK, prefix: 'other' } });
    await until(async () => await other.do('state') === 'up', 'up', PATIENCE);
    const [here, there] = await oneEach(scene, [first, other], 'news');
    await first.do('broadcast', { room: 'news', name: 'said', payload: 1 });
    await other.do('broadcast', { room: 'news', name: 'said', payload: 2 });
    await fence(first, 'news', [here]);
    await fence(other, 'news', [there]);
    assert.deepEqual([here.payloads('said'), there.payloads('said')], [[1], [2]]);
    assert.equal((await first.do('nodes')).length, 1);
  }));
});
