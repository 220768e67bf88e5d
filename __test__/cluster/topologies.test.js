// @ts-check
'use strict';

/** Ways to reach Redis: TLS, credentials, databases, Unix domain sockets, a sentinel, a Redis Cluster. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { fixture } = require('../helpers/tls');
const { allJoined, eventsOf, fence, oneEach, seen, startJoined, QUICK } = require('./support/joined');
const { WITHOUT_REDIS } = require('./support/needs');
const { startNodes } = require('./support/nodes');
const { PATIENCE } = require('./support/program');
const { Redis } = require('./support/redis');
const { RedisCluster } = require('./support/redis-cluster');
const { Sentinel } = require('./support/sentinel');

const HISTORY = { 'kept*': { size: 100, ttl: 60_000 } };

/** @typedef {import('./support/joined').AnyNode} AnyNode */

/** @param {AnyNode[]} nodes @param {import('./support/members').Member[]} members */
async function works(nodes, members) {
  await allJoined(nodes);
  for (const room of ['plain', 'kept']) {
    for (const node of nodes) await fence(node, room, members);
  }
}

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {string | string[]} redis
 * @param {object} [adapter]
 */
async function join(scene, redis, adapter) {
  const nodes = await startNodes(scene, 2, { adapter: { redis, ...QUICK, ...adapter }, history: HISTORY });
  await allJoined(nodes);
  return { nodes, members: await oneEach(scene, nodes, ['plain', 'kept']) };
}

describe('ways to reach Redis', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  for (const [how, redis, adapter] of /** @type {[string, object, object?][]} */ ([
    ['TLS, with an authority of its own', { tls: true, password: 'a b@c/d' }, { tls: { ca: fixture('ca.pem') } }],
    ['a user and a password', { acl: '~line:* &line:* +@all -@dangerous -@admin' }],
    ['a Unix domain socket', { socket: true }],
  ])) {
    it(how, withScene(async (scene) => {
      const { nodes } = await startJoined(scene, 2, { redis, adapter, server: { history: HISTORY } });
      await works(nodes, await oneEach(scene, nodes, ['plain', 'kept']));
    }));
  }

  it('TLS with a certificate that nobody trusts: the error says so', withScene(async (scene) => {
    const redis = await Redis.start(scene, { tls: true });
    const [node] = await startNodes(scene, 1, { adapter: { redis: redis.url, ...QUICK } });
    assert.match(JSON.stringify(await seen(node, '_down')), /certificate|UnknownIssuer/i);
  }));

  it('a database by its number', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const { nodes, members } = await join(scene, `${redis.url}/3`);
    await works(nodes, members);
    const clients = /** @type {string} */ (await redis.command('CLIENT', 'LIST'));
    assert.equal(clients.split('\n').filter((line) => / db=3 /.test(line)).length, 4, clients);
  }));

  for (const by of /** @type {const} */ (['ask', 'kill', 'pause'])) {
    it(`a sentinel, and a failover (${by === 'ask' ? 'asked for' : by === 'kill' ? 'the master is killed' : 'the master is stopped, and goes on'})`, withScene(async (scene) => {
      const sentinel = await Sentinel.start(scene);
      const { nodes, members } = await join(scene, sentinel.url);
      await works(nodes, members);
      const before = await Promise.all(nodes.map(eventsOf));
      const old = await sentinel.master();
      await sentinel.failover({ by });
      if (by === 'pause') old.resume();
      await Promise.all(nodes.map((node, index) => seen(node, '_resumed', before[index])));
      await works(nodes, members);
      // A connection to the old master may have been begun before; it ends when that becomes a replica.
      const master = await sentinel.master();
      await until(async () => Number((await master.info('clients')).connected_clients) >= 4, 'both nodes at the new master', PATIENCE);
      await works(nodes, members);
    }));
  }

  it('a Redis Cluster of three, whose slots move while messages are sent', withScene(async (scene) => {
    const cluster = await RedisCluster.start(scene);
    const { nodes, members } = await join(scene, cluster.url);
    await works(nodes, members);
    const reconnects = () => Promise.all(nodes.map(async (node) => (await node.do('stats')).adapter.reconnects));
    const before = await reconnects();
    let sent = 0;
    const send = async () => {
      await nodes[sent % 2].do('broadcast', { room: 'kept', name: 'counted', payload: sent });
      sent += 1;
    };
    const rooms = Array.from({ length: 30 }, (_, index) => `kept ${index}`);
    for (const member of members) for (const room of rooms) await member.join(room);
    // Every slot that has a key moves.
    for (const [from, server] of cluster.servers.entries()) {
      const keys = /** @type {string[]} */ (await server.command('KEYS', 'line:*'));
      for (const key of new Set(keys)) {
        const { slot, owner } = await cluster.where(key);
        if (owner !== from) continue;
        await send();
        await cluster.moveSlot(slot, from, (from + 1) % 3);
        await send();
      }
    }
    await works(nodes, members);
    // Only subscriptions have moved. A busy machine may be too late for one of them, and then the node connects anew.
    const after = await reconnects();
    assert.ok(after.every((count, index) => count - before[index] <= 1), `${after}`);
    const lists = await Promise.all(members.map((member) => member.got('counted', sent)));
    for (const list of lists) {
      assert.deepEqual(list, lists[0]);
      assert.deepEqual([...list].sort((a, b) => a - b), Array.from({ length: sent }, (_, index) => index));
    }
    // A fourth server gets slots, loses them again, by which it becomes a replica, and is taken away.
    const fourth = await cluster.add(scene);
    const keys = /** @type {string[]} */ (await cluster.servers[0].command('KEYS', 'line:*:m:*'));
    const places = await Promise.all(keys.map((key) => cluster.where(key)));
    const moved = [...new Map(places.map((place) => [place.slot, place])).values()].slice(0, 5);
    for (const { slot, owner } of moved) {
      await send();
      await cluster.moveSlot(slot, owner, fourth);
    }
    for (const room of rooms) await fence(nodes[0], room, members);
    for (const { slot, owner } of moved) {
      await send();
      await cluster.moveSlot(slot, fourth, owner);
    }
    for (const room of rooms) await fence(nodes[1], room, members);
    await cluster.removeLast();
    await works(nodes, members);
    const since = await reconnects();
    assert.ok(since.every((count, index) => count - before[index] <= 2), `${since}`);
    for (const [index, room] of rooms.entries()) await nodes[index % 2].do('broadcast', { room, name: 'said', payload: index });
    for (const member of members) {
      await until(() => new Set(member.payloads('said')).size === rooms.length, 'all rooms', PATIENCE);
      assert.equal(member.payloads('said').length, rooms.length);
    }
  }));
});
