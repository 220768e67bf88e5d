// @ts-check
'use strict';

/** Rooms with history on several nodes: one order, recovery on any of them, outages. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { allJoined, oneEach, seen, startJoined, QUICK } = require('./support/joined');
const { connect, connectMany } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { startNodes } = require('./support/nodes');
const { PATIENCE } = require('./support/program');
const { Redis } = require('./support/redis');

const SERVER = { history: { news: { size: 200, ttl: 60_000 }, small: { size: 10, ttl: 60_000 }, local: { size: 200, ttl: 60_000, whenDown: 'local' } } };

const numbers = (/** @type {number} */ from, /** @type {number} */ end) => Array.from({ length: end - from }, (_, index) => from + index);

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} count
 * @param {object} [wishes]
 */
const start = (scene, count, wishes = {}) => startJoined(scene, count, { server: SERVER, ...wishes });

/** @param {import('./support/joined').AnyNode} node @param {string} room @param {number} from @param {number} count */
const say = (node, room, from, count) => node.do('broadcastMany', { room, name: 'said', from, count });

/** @param {import('./support/members').Member} member @param {string} room @returns {string} Its last position. */
function positionOf(member, room) {
  const found = member.received.filter(({ r }) => r === room).at(-1);
  return found?.o;
}

/**
 * A member that stands in a room.
 * @param {import('../process/support/scene').Scene} scene
 * @param {{url: string}} node
 * @param {string} room
 * @param {string} [position] That it brings.
 */
async function follow(scene, node, room, position) {
  const member = await connect(scene, node, { positions: position === undefined ? {} : { [room]: position } });
  const joined = await member.join(room);
  return { member, joined };
}

describe('rooms with history on several nodes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('all members get all messages in one order, the publishers\' too', withScene(async (scene) => {
    const { nodes } = await start(scene, 3);
    const members = await connectMany(scene, nodes, 6, { rooms: ['news'], positions: {} });
    await Promise.all(nodes.map((node, index) => say(node, 'news', 1000 * index, 50)));
    const lists = await Promise.all(members.map((member) => member.got('said', 150)));
    for (const list of lists) assert.deepEqual(list, lists[0]);
    for (const index of nodes.keys()) {
      assert.deepEqual(lists[0].filter((number) => Math.floor(number / 1000) === index), numbers(1000 * index, 1000 * index + 50));
    }
    assert.equal(new Set(members.map((member) => positionOf(member, 'news'))).size, 1);
  }));

  it('a client goes on at another node, which had no member', withScene(async (scene) => {
    const { nodes } = await start(scene, 2);
    const { member } = await follow(scene, nodes[0], 'news');
    await say(nodes[0], 'news', 0, 3);
    await member.got('said', 3);
    const position = positionOf(member, 'news');
    member.close();
    await say(nodes[0], 'news', 3, 50);
    const back = await follow(scene, nodes[1], 'news', position);
    assert.deepEqual([back.joined.recovered, back.joined.replayed], [true, 50]);
    await say(nodes[0], 'news', 53, 1);
    assert.deepEqual(await back.member.got('said', 51), numbers(3, 54));
    // Again, from the memory of the node.
    const again = await follow(scene, nodes[1], 'news', position);
    assert.deepEqual(again.member.payloads('said'), numbers(3, 54));
  }));

  it('a position in an idle room is one, and one that is too old is none', withScene(async (scene) => {
    const { nodes } = await start(scene, 3);
    const { member } = await follow(scene, nodes[0], 'small');
    const position = positionOf(member, 'small');
    member.close();
    await say(nodes[1], 'small', 0, 5);
    const soon = await follow(scene, nodes[1], 'small', position);
    assert.deepEqual(soon.member.payloads('said'), numbers(0, 5));
    await say(nodes[1], 'small', 5, 500);
    await soon.member.got('said', 505);
    const late = await follow(scene, nodes[2], 'small', position);
    assert.deepEqual([late.joined.recovered, late.joined.replayed, late.member.payloads('said')], [false, 0, []]);
  }));

  it('all who come back to a fresh node share one read', withScene(async (scene) => {
    const { redis, nodes } = await start(scene, 2);
    const { member } = await follow(scene, nodes[0], 'news');
    const position = positionOf(member, 'news');
    await say(nodes[0], 'news', 0, 100);
    await member.got('said', 100);
    const reads = async () => Number(/calls=(\d+)/.exec((await redis.info('commandstats')).cmdstat_xrevrange ?? '')?.[1] ?? 0);
    const before = await reads();
    const back = await Promise.all(numbers(0, 50).map(() => connect(scene, nodes[1], { positions: { news: position } })));
    await Promise.all(back.map((each) => each.join('news')));
    for (const each of back) assert.deepEqual(each.payloads('said'), numbers(0, 100));
    assert.equal(await reads() - before, 1);
  }));

  it('broadcastAsync tells the position, which any node can read from', withScene(async (scene) => {
    const { nodes } = await start(scene, 2);
    const { member } = await follow(scene, nodes[1], 'news');
    const { position } = await nodes[0].do('broadcastAsync', { room: 'news', name: 'said', payload: 0 });
    await member.got('said', 1);
    assert.equal(positionOf(member, 'news'), position);
    await say(nodes[1], 'news', 1, 3);
    await member.got('said', 4);
    const read = await nodes[0].do('history', { room: 'news', options: { since: position } });
    assert.deepEqual([read.messages.map((/** @type {any} */ { payload }) => payload), read.complete], [[1, 2, 3], true]);
  }));

  it('subscribers are cut again and again: what was missed is read, and comes once and in order', withScene(async (scene) => {
    const { redis, nodes } = await start(scene, 2);
    const members = await oneEach(scene, nodes, 'news', { positions: {} });
    for (let round = 0; round < 5; round += 1) {
      await say(nodes[0], 'news', round * 30, 10);
      await redis.clientKill('pubsub');
      await say(nodes[1], 'news', round * 30 + 10, 20);
      // The order of the two nodes is not known: each of them sends when the other has arrived.
      for (const member of members) await member.got('said', (round + 1) * 30);
    }
    const [first, second] = members.map((member) => member.payloads('said'));
    assert.deepEqual(first, second);
    assert.deepEqual([...first].sort((a, b) => a - b), numbers(0, 150));
    for (const member of members) assert.deepEqual(member.received.filter(({ n, p }) => n === '_o' && p?.recovered === false).length, 1, 'the first join alone');
  }));

  it('Redis is away, and comes back with its data: nothing is lost, nothing twice, in order', withScene(async (scene) => {
    const { redis, nodes } = await start(scene, 2, { redis: { appendonly: true } });
    const members = await oneEach(scene, nodes, 'news', { positions: {} });
    await say(nodes[0], 'news', 0, 5);
    await members[1].got('said', 5);
    await redis.kill();
    await seen(nodes[0], '_down');
    await say(nodes[0], 'news', 5, 40);
    assert.deepEqual(members[0].payloads('said'), numbers(0, 5), 'in the order of Redis, also here');
    await redis.start();
    for (const member of members) assert.deepEqual(await member.got('said', 45), numbers(0, 45));
    await allJoined(nodes);
    assert.deepEqual(members.map((member) => member.payloads('said').length), [45, 45]);
  }));

  it('a node is stopped for longer than it may be silent: its members get what they have missed when it goes on', withScene(async (scene) => {
    const { nodes } = await start(scene, 2, { how: { apart: true } });
    const members = await oneEach(scene, nodes, 'news', { positions: {} });
    await say(nodes[0], 'news', 0, 5);
    for (const member of members) await member.got('said', 5);
    await nodes[1].pause();
    await seen(nodes[0], '_left');
    await say(nodes[0], 'news', 5, 50);
    assert.deepEqual(await members[0].got('said', 55), numbers(0, 55));
    nodes[1].resume();
    assert.deepEqual(await members[1].got('said', 55), numbers(0, 55));
    await allJoined(nodes);
    for (const member of members) assert.deepEqual(member.received.filter(({ n, p }) => n === '_o' && p?.recovered === false).length, 1, 'the first join alone');
  }));

  it('with `whenDown: \'local\'` members here get them at once, without a position', withScene(async (scene) => {
    const { redis, nodes } = await start(scene, 2, { redis: { appendonly: true } });
    const [here] = await oneEach(scene, nodes, 'local', { positions: {} });
    await redis.kill();
    await seen(nodes[0], '_down');
    await say(nodes[0], 'local', 0, 3);
    assert.deepEqual(await here.got('said', 3), [0, 1, 2]);
    assert.deepEqual(here.received.filter(({ n, o }) => n === 'said' && o !== undefined), []);
  }));

  it('Redis has lost its data: members are told, and go on', withScene(async (scene) => {
    const { redis, nodes } = await start(scene, 2);
    const members = await oneEach(scene, nodes, 'news', { positions: {} });
    await say(nodes[0], 'news', 0, 5);
    for (const member of members) await member.got('said', 5);
    await redis.restart();
    await allJoined(nodes);
    await say(nodes[1], 'news', 5, 5);
    for (const member of members) {
      assert.deepEqual(await member.got('said', 10), numbers(0, 10));
      await until(() => member.received.filter(({ n, p }) => n === '_o' && p.recovered === false).length >= 2, 'told', PATIENCE);
      const at = member.received.map(({ n }) => n).lastIndexOf('_o');
      assert.equal(member.received.slice(at).filter(({ n }) => n === 'said').length, 5, 'before the first of the new ones');
    }
    assert.ok((await nodes[0].do('stats')).adapter.epochs >= 1);
  }));

  it('a node without the option, as while servers are replaced by such that have it, gets all messages too', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const nodes = await startNodes(scene, 2, (index) => ({ adapter: { redis: redis.url, ...QUICK }, ...(index === 0 && SERVER) }));
    await allJoined(nodes);
    const members = await oneEach(scene, nodes, 'news', { positions: {} });
    const others = await oneEach(scene, nodes, 'small', { positions: {} });
    for (const node of nodes) await say(node, 'news', 0, 3);
    await nodes[0].do('broadcast', { room: ['news', 'small'], name: 'once', payload: 1 });
    for (const member of members) {
      assert.deepEqual((await member.got('said', 6)).sort(), [0, 0, 1, 1, 2, 2]);
    }
    for (const room of ['news', 'small']) await say(nodes[0], room, 9, 1);
    for (const member of members) assert.equal((await member.got('said', 7)).at(-1), 9);
    for (const member of others) assert.deepEqual(await member.got('said', 1), [9]);
    for (const member of [...members, ...others]) assert.deepEqual(member.payloads('once'), [1]);
    assert.deepEqual((await nodes[1].do('stats')).adapter.foreign, 0);
  }));

  it('a client that knows no positions gets the bytes of today', withScene(async (scene) => {
    const { nodes } = await start(scene, 2);
    const [, there] = await oneEach(scene, nodes, 'news');
    await say(nodes[0], 'news', 0, 1);
    await there.got('said', 1);
    assert.deepEqual(there.received, [{ n: 'said', p: 0 }]);
  }));
});
