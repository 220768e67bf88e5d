// @ts-check
'use strict';

/** Plain rooms while Redis is away, slow, silent or full, and when it is back. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { TcpProxy } = require('../helpers/proxy');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { allJoined, eventsOf, fence, oneEach, seen, startJoined, QUICK } = require('./support/joined');
const { WITHOUT_REDIS } = require('./support/needs');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');
const { PATIENCE } = require('./support/program');
const { Redis, USER } = require('./support/redis');

/** @typedef {import('./support/joined').AnyNode} AnyNode */
/** @typedef {import('./support/members').Member} Member */

const numbers = (/** @type {number} */ from, /** @type {number} */ end) => Array.from({ length: end - from }, (_, index) => from + index);

/** @param {AnyNode} node @param {string} state */
const reaches = (node, state) => until(async () => await node.do('state') === state, `in state ${state}`, PATIENCE);

/**
 * @param {AnyNode} node
 * @param {number} from The first number.
 * @param {number} count
 */
const say = (node, from, count) => node.do('broadcastMany', { room: 'news', name: 'said', from, count });

/**
 * Two nodes, each with a member of `news`; Redis is behind a proxy for the second.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} [wishes] Of `startJoined`.
 */
async function behindProxy(scene, wishes) {
  /** @type {TcpProxy | undefined} */
  let proxy;
  const joined = await startJoined(scene, 2, {
    async url(redis, index) {
      if (index === 0) return redis.url;
      proxy = await TcpProxy.start(scene, redis.port);
      return `redis://127.0.0.1:${proxy.port}`;
    },
    ...wishes,
  });
  return { ...joined, members: await oneEach(scene, joined.nodes, 'news'), proxy: /** @type {TcpProxy} */ (/** @type {unknown} */ (proxy)) };
}

/** Sends from each node to all, so that it is known that both directions work. @param {AnyNode[]} nodes @param {Member[]} members */
async function works(nodes, members) {
  await allJoined(nodes);
  for (const node of nodes) await fence(node, 'news', members);
}

describe('plain rooms and outages of Redis', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('killed: members here get messages at once, the others when it is back, in order and once', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'news');
    await say(nodes[0], 0, 10);
    await members[1].got('said', 10);
    await redis.kill();
    const error = await seen(nodes[0], '_down');
    assert.equal(error.code, 'sAdapterDown');
    await reaches(nodes[0], 'down');
    await say(nodes[0], 10, 50);
    assert.deepEqual(await members[0].got('said', 60), numbers(0, 60));
    assert.deepEqual(members[1].payloads('said'), numbers(0, 10));
    const before = await eventsOf(nodes[0]);
    await redis.start();
    const { downFor } = await seen(nodes[0], '_resumed', before);
    assert.ok(downFor > 0);
    await works(nodes, members);
    // What was queued waits for the subscriptions of its own node alone; the other may have come back later.
    const got = members[1].payloads('said');
    assert.deepEqual(got, [...got].sort((a, b) => a - b), 'in order');
    assert.equal(new Set(got).size, got.length, 'once');
    assert.deepEqual(members[0].payloads('said'), numbers(0, 60), 'nothing comes back to its node');
    assert.ok((await nodes[0].do('stats')).adapter.reconnects >= 1);
  }));

  it('killed: what waits for it is delivered to a node that has stayed with it', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene);
    proxy.refuses = true;
    proxy.cut();
    await seen(nodes[1], '_down');
    await say(nodes[1], 0, 100);
    assert.deepEqual(await members[1].got('said', 100), numbers(0, 100));
    proxy.refuses = false;
    assert.deepEqual(await members[0].got('said', 100), numbers(0, 100));
    await works(nodes, members);
    assert.deepEqual(members[0].payloads('said'), numbers(0, 100));
  }));

  it('the queue has a bound: what is more reaches members here alone, and broadcastAsync says so', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene, { adapter: { maxQueuedBytes: 4000 } });
    proxy.refuses = true;
    proxy.cut();
    await seen(nodes[1], '_down');
    await say(nodes[1], 0, 500);
    const { error } = await nodes[1].do('broadcastAsync', { room: 'news', name: 'said', payload: 500 });
    assert.equal(error.code, 'sAdapterBusy');
    assert.deepEqual(await members[1].got('said', 501), numbers(0, 501));
    const { adapter } = await nodes[1].do('stats');
    assert.ok(adapter.droppedQueue > 100, JSON.stringify(adapter));
    assert.ok(adapter.queuedBytes > 0 && adapter.queuedBytes <= 4000, JSON.stringify(adapter));
    proxy.refuses = false;
    await until(async () => (await nodes[1].do('stats')).adapter.queuedBytes === 0, 'published', PATIENCE);
    await works(nodes, members);
    const got = members[0].payloads('said');
    assert.deepEqual(got, numbers(0, got.length), 'the first of them, in order');
    assert.ok(got.length > 5 && got.length < 400, String(got.length));
  }));

  it('and what has waited too long is dropped', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene, { adapter: { maxQueuedTime: 100 } });
    proxy.refuses = true;
    proxy.cut();
    await seen(nodes[1], '_down');
    await say(nodes[1], 0, 10);
    await until(async () => (await nodes[1].do('stats')).adapter.droppedQueue === 10, 'dropped', PATIENCE);
    proxy.refuses = false;
    await works(nodes, members);
    assert.deepEqual(members[0].payloads('said'), []);
  }));

  it('silent: it is found by heartbeats, and joined again when it goes on', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'news');
    await redis.pause();
    await Promise.all(nodes.map((node) => seen(node, '_down')));
    await say(nodes[0], 0, 1);
    assert.deepEqual(await members[0].got('said', 1), [0]);
    redis.resume();
    await works(nodes, members);
  }));

  it('subscribers are cut: all rooms are subscribed to again', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const rooms = numbers(0, 50).map((index) => `room ${index}`);
    const members = await oneEach(scene, nodes, ['news', ...rooms]);
    for (let round = 0; round < 3; round += 1) {
      const before = await Promise.all(nodes.map(eventsOf));
      assert.equal(await redis.clientKill('pubsub'), 2);
      await Promise.all(nodes.map((node, index) => seen(node, '_up', before[index])));
    }
    await works(nodes, members);
    for (const [index, room] of rooms.entries()) await nodes[0].do('broadcast', { room, name: 'said', payload: index });
    assert.deepEqual((await members[1].got('said', 50)).sort((a, b) => a - b), numbers(0, 50));
    assert.ok((await nodes[0].do('stats')).adapter.resubscribed >= 150);
  }));

  it('the connection for commands is cut', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'news');
    await redis.clientKill('normal');
    await Promise.all(nodes.map((node) => seen(node, '_resumed')));
    await works(nodes, members);
  }));

  it('bytes come one by one, and late', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene, { adapter: { heartbeatInterval: 2000 } });
    Object.assign(proxy.toClients, { pieces: 1 });
    Object.assign(proxy.toServer, { pieces: 1 });
    for (const node of nodes) await say(node, 0, 20);
    for (const member of members) assert.deepEqual((await member.got('said', 40)).length, 40);
    assert.equal((await nodes[1].do('stats')).adapter.reconnects, 0);
  }));

  it('lists in lists come, deeper than can be read: the error says so', withScene(async (scene) => {
    // Heartbeats that a busy machine delays are none of it.
    const { nodes, members, proxy } = await behindProxy(scene, { adapter: { heartbeatInterval: 2000 } });
    proxy.toClients.split = () => [Buffer.from(`${'*1\r\n'.repeat(10_000)}:1\r\n`)];
    await say(nodes[1], 0, 1);
    assert.match((await seen(nodes[1], '_down')).message, /Redis at .* has sent what cannot be read/);
    delete (/** @type {any} */ (proxy.toClients).split);
    await works(nodes, members);
  }));

  it('the network vanishes between a node and Redis, and comes back', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene);
    proxy.silence();
    await seen(nodes[1], '_down');
    const { id } = (await nodes[1].do('nodes'))[0];
    assert.equal((await seen(nodes[0], '_left')).id, id);
    Object.assign(proxy.toServer, { isDropped: false });
    Object.assign(proxy.toClients, { isDropped: false });
    // What has been tried meanwhile would wait for its own time.
    proxy.cut();
    await works(nodes, members);
  }));

  it('one direction of its connections ends', withScene(async (scene) => {
    const { nodes, members, proxy } = await behindProxy(scene);
    const before = await eventsOf(nodes[1]);
    proxy.halfClose('toClients');
    await seen(nodes[1], '_resumed', before);
    await works(nodes, members);
    proxy.halfClose('toServer');
    await until(async () => (await nodes[1].do('stats')).adapter.reconnects >= 2, 'connected again', PATIENCE);
    await works(nodes, members);
  }));

  it('is not there at the start: the server serves, and joins later', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    await redis.kill();
    const nodes = await startNodes(scene, 2, { adapter: { redis: redis.url, ...QUICK } });
    const members = await oneEach(scene, nodes, []);
    for (const member of members) await member.request('enter', 'news').catch(() => {});
    const error = await seen(nodes[0], '_down');
    assert.equal(error.code, 'sAdapterDown');
    await nodes[0].do('broadcast', { name: 'said', payload: 1 });
    assert.deepEqual(await members[0].got('said', 1), [1]);
    await redis.start();
    await works(nodes, members);
  }));

  it('and with `required` start() rejects, and can be called again', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    await redis.kill();
    const options = { adapter: { redis: redis.url, ...QUICK, required: true } };
    await assert.rejects(startNodes(scene, 1, options), (/** @type {any} */ error) => {
      assert.equal(error.code, 'sAdapterDown');
      assert.match(`${error.message} ${error.payload?.code}`, /ECONNREFUSED/);
      return true;
    });
    await redis.start();
    const [node] = await startNodes(scene, 1, options);
    assert.equal(await node.do('state'), 'up');
    await node.do('stop');
    await redis.kill();
    await assert.rejects(node.do('start'), { code: 'sAdapterDown' });
    await redis.start();
    await node.do('start');
    assert.equal(await node.do('state'), 'up');
  }));

  it('stop() ends soon during an outage, and says goodbye without one', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 3, { adapter: { heartbeatInterval: 2000 } });
    const { id } = (await nodes[2].do('nodes'))[0];
    await nodes[2].do('stop');
    // Sooner than by silence.
    assert.equal((await within(seen(nodes[0], '_left'), 'goodbye', 2000)).id, id);
    await redis.pause();
    await within(nodes[1].do('stop'), 'end of stop() beside a silent Redis', 6000);
    await redis.kill();
    await within(nodes[0].do('stop'), 'end of stop() without Redis', 6000);
  }));

  it('refuses the password: the error says so, without it', withScene(async (scene) => {
    const redis = await Redis.start(scene, { password: 'right' });
    const [node] = await startNodes(scene, 1, { adapter: { redis: redis.url.replace('right', 'guessed'), ...QUICK } });
    const error = await seen(node, '_down');
    assert.match(error.message, /WRONGPASS|password/i);
    assert.doesNotMatch(JSON.stringify(error), /guessed/);
  }));

  it('refuses a command: the error names it, and what to allow', withScene(async (scene) => {
    const redis = await Redis.start(scene, { acl: '~line:* &line:* +@all -subscribe -ssubscribe' });
    const [node] = await startNodes(scene, 1, { adapter: { redis: redis.url, ...QUICK } });
    const error = await seen(node, '_down');
    assert.match(error.message, /\+subscribe/);
  }));

  it('takes a user who may do what the documentation lists', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2, { redis: { acl: '~line:* &line:* +@all -@dangerous -@admin' } });
    await works(nodes, await oneEach(scene, nodes, 'news'));
    assert.match(USER.name, /line/);
  }));
});

describe('nodes that fail', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('killed: the others notice, and go on', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { how: { apart: true } });
    const members = await oneEach(scene, nodes, 'news');
    const [{ id }] = await nodes[2].do('nodes');
    await nodes[2].kill();
    assert.equal((await seen(nodes[0], '_left')).id, id);
    await allJoined(nodes.slice(0, 2));
    await works(nodes.slice(0, 2), members.slice(0, 2));
  }));

  it('stopped: it counts as dead, and enters again when it goes on', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2, { how: { apart: true } });
    const members = await oneEach(scene, nodes, 'news');
    await nodes[1].pause();
    await seen(nodes[0], '_left');
    await say(nodes[0], 0, 1);
    assert.deepEqual(await members[0].got('said', 1), [0]);
    const before = await eventsOf(nodes[0]);
    nodes[1].resume();
    await seen(nodes[0], '_joined', before);
    await works(nodes, members);
  }));

  it('stopped until another node has given its id away: its connection is closed when it goes on', withScene(async (scene) => {
    const how = { apart: /** @type {const} */ (true), module: require.resolve('./support/counting') };
    const { nodes } = await startJoined(scene, 2, { how, adapter: { heartbeatInterval: 1000 } });
    const first = await connect(scene, nodes[1], { payload: { id: 'user' } });
    await nodes[1].pause();
    await seen(nodes[0], '_left');
    const second = await connect(scene, nodes[0], { payload: { id: 'user' } });
    nodes[1].resume();
    const [code] = await within(first.ended, 'the end of the first', PATIENCE);
    assert.equal(code, 4208);
    assert.equal(await second.request('echo', 1), 1);
  }));

  it('JavaScript of a node is busy: messages reach its clients all the same', withScene(async (scene) => {
    // A node counts as dead after three heartbeats. A busy machine may delay one for longer than `QUICK` allows.
    const { nodes } = await startJoined(scene, 2, { how: { apart: true }, adapter: { heartbeatInterval: 1000 } });
    const members = await oneEach(scene, nodes, 'news');
    let isBusy = true;
    const busy = nodes[1].do('block', { ms: 4000 }).then(() => (isBusy = false));
    await say(nodes[0], 0, 50);
    assert.deepEqual(await members[1].got('said', 50), numbers(0, 50));
    assert.equal(isBusy, true);
    await busy;
    assert.equal((await nodes[0].do('events')).filter((/** @type {any} */ [name]) => name === '_left').length, 0);
  }));

  it('a node that does not read is cut by Redis, and comes back', withScene(async (scene) => {
    const redis = { config: { 'client-output-buffer-limit': 'pubsub 256kb 256kb 0' } };
    const { redis: server, nodes } = await startJoined(scene, 2, { redis, how: { apart: true } });
    const members = await oneEach(scene, nodes, 'news');
    await nodes[1].pause();
    const closed = async () => Number((await server.info('clients')).pubsub_clients ?? 2) < 2;
    for (let sent = 0; sent < 400 && !(await closed()); sent += 1) {
      await nodes[0].do('broadcast', { room: 'news', name: 'large', payload: 'x'.repeat(100_000) });
    }
    nodes[1].resume();
    await seen(nodes[1], '_resumed');
    await works(nodes, members);
  }));
});

describe('what others publish', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('malformed, foreign, newer and oversized messages are counted, and reach nobody', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2, { adapter: { maxMessage: 2048 } });
    const members = await oneEach(scene, nodes, 'news');
    const bad = ['', 'hello', '{', '{}', '{"n":5}', '{"n":"_r","i":"1"}', '{"n":"said","i":"1"}', '{"n":"said","p":1}x', '[1]', '{"n":"said","q":1}', '{"n":"_h"}', '{"n":"\\u005fo","p":{}}',
      `{"n":"said","p":"${'x'.repeat(4000)}"}`, Buffer.from([1]), Buffer.from([1, 0, 255]), Buffer.from([2, 1, 2, 3]), Buffer.from([255, 255]),
      Buffer.concat([Buffer.from([1, 1, 255]), Buffer.alloc(100, 255)]), Buffer.from('{"n":"said","p":"\xff"}', 'latin1')];
    for (const channel of ['line:r:news', 'line:all', 'line:n']) {
      for (const text of bad) await redis.command('PUBLISH', channel, text);
    }
    await redis.command('PUBLISH', 'line:r:news', '{"n":"said","p":"good"}');
    for (const member of members) assert.deepEqual(await member.got('said', 1), ['good']);
    await works(nodes, members);
    for (const member of members) assert.deepEqual(member.received.filter(({ n }) => !n.startsWith('mark')), [{ n: 'said', p: 'good' }]);
    const { adapter } = await nodes[0].do('stats');
    assert.ok(adapter.refused + adapter.foreign >= bad.length, JSON.stringify(adapter));
    assert.equal(await nodes[0].do('state'), 'up');
  }));
});
