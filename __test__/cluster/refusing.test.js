// @ts-check
'use strict';

/** A Redis that answers, and does not do what it is asked: full, read-only, without its data. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { allJoined, eventsOf, fence, oneEach, seen, startJoined } = require('./support/joined');
const { connect } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

const SERVER = { history: { news: { size: 200, ttl: 60_000 } } };

const numbers = (/** @type {number} */ from, /** @type {number} */ end) => Array.from({ length: end - from }, (_, index) => from + index);

/** @param {import('./support/joined').AnyNode} node @param {string} room @param {number} from @param {number} count */
const say = (node, room, from, count) => node.do('broadcastMany', { room, name: room === 'news' ? 'kept' : 'plain', from, count });

/**
 * Two nodes with a member each, in a plain room and in one with history.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} [wishes]
 */
async function start(scene, wishes) {
  // A busy machine delays heartbeats; two that stay out are an outage, in which messages of plain rooms can be lost.
  const joined = await startJoined(scene, 2, { server: SERVER, adapter: { heartbeatInterval: 1000 }, ...wishes });
  const members = await oneEach(scene, joined.nodes, ['room', 'news'], { positions: {} });
  for (const room of ['room', 'news']) await say(joined.nodes[0], room, 0, 5);
  for (const member of members) for (const name of ['plain', 'kept']) assert.deepEqual(await member.got(name, 5), numbers(0, 5));
  return { ...joined, members };
}

describe('a Redis that does not do what it is asked', { concurrency: true, skip: WITHOUT_REDIS, timeout: 120_000 }, () => {
  it('is full: plain rooms go on, rooms with history wait, and nothing is lost', withScene(async (scene) => {
    const { redis, nodes, members } = await start(scene);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await say(nodes[0], 'room', 5, 5);
    for (const member of members) assert.deepEqual(await member.got('plain', 10), numbers(0, 10));
    await say(nodes[0], 'news', 5, 5);
    await say(nodes[1], 'room', 10, 5);
    for (const member of members) assert.deepEqual(await member.got('plain', 15), numbers(0, 15));
    for (const member of members) assert.deepEqual(member.payloads('kept'), numbers(0, 5));
    const { adapter } = await nodes[0].do('stats');
    assert.ok(adapter.state === 'up' && adapter.queuedBytes > 0, JSON.stringify(adapter));
    const error = await seen(nodes[0], '_degraded');
    assert.equal(error.code, 'sAdapterDown');
    assert.match(error.message, /has no memory left below its maxmemory/);
    assert.match(adapter.degraded, /has no memory left below its maxmemory/);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    for (const member of members) assert.deepEqual(await member.got('kept', 10), numbers(0, 10));
    for (const node of nodes) await fence(node, ['room', 'news'], members);
    await seen(nodes[0], '_restored');
    assert.equal((await nodes[0].do('stats')).adapter.degraded, null);
    const told = (await nodes[0].do('events')).map((/** @type {any} */ [name]) => name);
    assert.equal(told.filter((/** @type {string} */ name) => name === '_degraded').length, 1);
    assert.ok(!told.includes('_down'), told.join());
  }));

  it('loads its data: it is down, tried again now and then, and used soon afterwards', withScene(async (scene) => {
    // Redis waits for so many microseconds at each key that it loads: for 4 s in all.
    const { redis, nodes, members } = await start(scene, { redis: { appendonly: true, config: { 'key-load-delay': 2000, 'loading-process-events-interval-bytes': 1024 } } });
    await redis.command('EVAL', "for key = 1, 2000 do redis.call('SET', 'other:' .. key, string.rep('x', 100)) end", '0');
    const before = await eventsOf(nodes[0]);
    await redis.restart({ keepData: true });
    await seen(nodes[0], '_resumed', before);
    const events = (await nodes[0].do('events')).slice(before);
    const count = (/** @type {string} */ wanted) => events.filter((/** @type {any} */ [name]) => name === wanted).length;
    // It is not up and down in turn meanwhile.
    assert.deepEqual([count('_down'), count('_up'), count('_resumed')], [1, 1, 1], JSON.stringify(events));
    await allJoined(nodes);
    await say(nodes[1], 'news', 5, 5);
    for (const member of members) assert.deepEqual(await member.got('kept', 10), numbers(0, 10));
  }));

  it('is flushed: rooms with history begin anew, their members are told, and go on', withScene(async (scene) => {
    const { redis, nodes, members } = await start(scene);
    await redis.command('FLUSHALL');
    for (const room of ['room', 'news']) await say(nodes[1], room, 5, 5);
    for (const member of members) {
      for (const name of ['plain', 'kept']) assert.deepEqual(await member.got(name, 10), numbers(0, 10));
      const losses = () => member.received.filter(({ n, p }) => n === '_o' && p?.recovered === false).length;
      // One is of the join.
      await until(() => losses() === 2, 'told', PATIENCE);
    }
    const { adapter } = await nodes[0].do('stats');
    assert.deepEqual([adapter.state, adapter.epochs], ['up', 1]);
    for (const node of nodes) await fence(node, ['room', 'news'], members);
  }));

  it('lets the user subscribe to some rooms alone: nobody waits for the others, and those it lets are subscribed', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2, { server: { history: { 'kept*': { size: 10, ttl: 60_000 } } } });
    await redis.command('ACL', 'SETUSER', 'default', 'resetchannels', '&line:all', '&line:n*', '&line:r:*ok*');
    await allJoined(nodes);
    const member = await connect(scene, nodes[0], { positions: {} });
    const rooms = ['ok1', 'secret1', 'ok2', 'kept secret', 'kept ok', 'secret2', 'ok3'];
    await Promise.all(rooms.map((room) => member.join(room)));
    for (const room of ['ok1', 'ok2', 'kept ok', 'ok3']) {
      await nodes[1].do('broadcast', { room, name: room });
      await member.got(room, 1);
    }
    const { adapter } = await nodes[0].do('stats');
    assert.ok(adapter.state === 'up' && adapter.refused >= 3, JSON.stringify(adapter));
  }));

  it('has something else under the key of a room: the other rooms are compared after an outage, and nothing is lost in them', withScene(async (scene) => {
    const server = { history: { ...SERVER.history, 'other*': { size: 10, ttl: 60_000 } } };
    const { redis, nodes, members } = await start(scene, { server });
    for (const member of members) for (let index = 0; index < 5; index += 1) await member.join(`other${index}`);
    await redis.command('SET', 'line:m:other2', 'not a hash');
    // A message that no node hears of: its channel is not that of the room.
    const script = fs.readFileSync(path.join(__dirname, '../../lua/publish.lua'), 'utf8');
    await redis.command('EVAL', script, '2', 'line:m:news', 'line:h:news', 'elsewhere', '{"n":"kept","p":5}', '200', '60000');
    const before = await eventsOf(nodes[1]);
    await redis.clientKill('pubsub');
    await seen(nodes[1], '_resumed', before);
    for (const member of members) assert.deepEqual(await member.got('kept', 6), numbers(0, 6));
    const { adapter } = await nodes[1].do('stats');
    assert.ok(adapter.refused > 0, 'the room is told of');
  }));

  it('has another process under the id of a node: the node says so, takes another id, and loses nothing from then on', withScene(async (scene) => {
    const { redis, nodes, members } = await start(scene);
    const own = async () => (await nodes[0].do('nodes')).find((/** @type {any} */ node) => node.isSelf).id;
    const id = await own();
    const before = await eventsOf(nodes[0]);
    // As a copy of the process does, when a snapshot of its machine is restored twice.
    await redis.command('SET', `line:node:${id}`, '0123456789abcdef');
    const error = await seen(nodes[0], '_down', before);
    assert.match(error.message, new RegExp(`another process has the id ${id} of this node.*takes another id.*restart`));
    await seen(nodes[0], '_resumed', before);
    assert.notEqual(await own(), id);
    await until(async () => (await nodes[1].do('nodes')).some((/** @type {any} */ node) => node.id !== id && !node.isSelf), 'known', PATIENCE);
    for (const [index, node] of nodes.entries()) for (const room of ['room', 'news']) await say(node, room, 5 + index * 5, 5);
    for (const member of members) {
      for (const name of ['plain', 'kept']) {
        const got = await member.got(name, 15);
        assert.deepEqual([...got].sort((/** @type {number} */ a, /** @type {number} */ b) => a - b), numbers(0, 15));
      }
    }
  }));

  it('becomes read-only: it is left, and used again when it is a master', withScene(async (scene) => {
    const { redis, nodes, members } = await start(scene);
    const before = await eventsOf(nodes[0]);
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    const error = await seen(nodes[0], '_down', before);
    assert.match(error.message, /is a read-only replica/);
    await say(nodes[0], 'room', 5, 5);
    assert.deepEqual(await members[0].got('plain', 10), numbers(0, 10));
    await say(nodes[0], 'news', 5, 5);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    for (const member of members) {
      for (const name of ['plain', 'kept']) assert.deepEqual(await member.got(name, 10), numbers(0, 10));
    }
    await allJoined(nodes);
  }));
});
