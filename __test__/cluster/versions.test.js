// @ts-check
'use strict';

/**
 * Two versions of the package in one cluster: what a newer one may say so that this one understands it, and what becomes of
 * what it does not understand. `docs/internals/cluster.md` has the rules.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { delay, until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { allJoined, fence, oneEach, startJoined, QUICK } = require('./support/joined');
const { connect, connectClient } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { newerVersion, tellsMore, raised, lowered, HEADER, KIND, VERSION } = require('./support/newer');
const { startNodes } = require('./support/nodes');
const { PATIENCE } = require('./support/program');
const { Redis } = require('./support/redis');

/** @typedef {import('../process/support/scene').Scene} Scene */
/** @typedef {import('./support/joined').AnyNode} AnyNode */

const SERVER = { history: { news: { size: 500, ttl: 60_000 } }, presence: { lobby: { leaveDelay: 0 } } };

/** A busy machine delays heartbeats; two that stay out are an outage, in which messages of plain rooms can be lost. */
const PATIENT = { ...QUICK, heartbeatInterval: 2000 };

/** @param {AnyNode} node @returns {Promise<any>} */
const counters = async (node) => (await node.do('stats')).adapter;

/**
 * A node of this version and one of a newer one.
 * @param {Scene} scene
 * @param {import('./support/newer').Change} change
 */
async function mixed(scene, change) {
  const url = (/** @type {Redis} */ redis, /** @type {number} */ index) => (index === 0 ? redis.url : newerVersion(scene, redis, change));
  return startJoined(scene, 2, { server: SERVER, adapter: PATIENT, url });
}

/**
 * A message of a node in bytes.
 * @param {number[]} first Version, kind and flags.
 * @param {string} rest
 */
function bytes(first, rest) {
  const header = Buffer.alloc(HEADER, 7);
  header.set(first);
  return Buffer.concat([header, Buffer.from(rest)]);
}

describe('two versions in one cluster', { concurrency: true, skip: WITHOUT_REDIS, timeout: 120_000 }, () => {
  it('a newer version that tells more is understood, and understands: rooms, questions, presence, ids, histories', withScene(async (scene) => {
    const { nodes } = await mixed(scene, tellsMore);
    const members = await Promise.all(nodes.map((node, index) =>
      connect(scene, node, { rooms: ['room', 'news', 'lobby'], positions: {}, payload: { _id: `member ${index}`, _info: { index } } })));
    for (const member of members) member.answers = { ...member.answers, ask: (payload) => payload + 1 };
    for (const [index, node] of nodes.entries()) {
      await node.do('broadcast', { room: 'room', name: 'plain', payload: index });
      await node.do('broadcast', { room: 'news', name: 'kept', payload: index });
      await node.do('broadcast', { name: 'all', payload: index });
    }
    for (const member of members) {
      for (const name of ['plain', 'kept', 'all']) assert.deepEqual([...(await member.got(name, 2))].sort(), [0, 1], name);
    }
    for (const node of nodes) {
      assert.deepEqual(await node.do('count', { room: 'room' }), { count: 2, missingNodes: [] });
      const { members: found, missingNodes } = await node.do('fetch', { room: 'room' });
      assert.deepEqual([found.map((/** @type {any} */ { info }) => info.index).sort(), missingNodes], [[0, 1], []]);
      const { responses, silent } = await node.do('send', { room: 'room', name: 'ask', payload: 1 });
      assert.deepEqual([Object.values(responses), silent], [[2, 2], []]);
      await until(async () => (await node.do('presence', { room: 'lobby' })).members.length === 2, 'presence', PATIENCE);
      for (const id of ['member 0', 'member 1']) assert.equal(await node.do('sendTo', { id, name: 'ask', payload: 2 }), 3);
      assert.equal((await counters(node)).foreign, 0);
      assert.equal((await counters(node)).requestsMissed, 0);
    }
  }));

  it('a rolling restart to a newer version: nobody in a room with history misses anything, or has it twice', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const newer = await newerVersion(scene, redis, tellsMore);
    const ports = [await reservePort(), await reservePort(), await reservePort()];
    const launch = async (/** @type {number} */ index, /** @type {string} */ url) =>
      (await startNodes(scene, 1, { port: ports[index], adapter: { redis: url, ...PATIENT }, ...SERVER }, { apart: true }))[0];
    const nodes = await Promise.all([0, 1, 2].map((index) => launch(index, redis.url)));
    await allJoined(nodes);
    const followers = await Promise.all(nodes.map((node) => connectClient(scene, node, { options: { reconnectOptions: { initialDelay: 50, maxDelay: 300 } } })));
    const enter = (/** @type {any} */ client) => client.send('join', { room: 'news' });
    for (const { client } of followers) {
      await enter(client);
      client.on('_connected', () => enter(client).catch(() => {}));
    }
    let next = 0;
    const say = async (/** @type {number} */ at) => {
      await nodes[at].do('broadcastMany', { room: 'news', name: 'said', from: next, count: 10 });
      next += 10;
    };
    for (const index of nodes.keys()) {
      const others = [0, 1, 2].filter((other) => other !== index);
      const back = new Promise((resolve) => followers[index].client.once('_connected', resolve));
      await say(others[0]);
      await nodes[index].do('stop');
      await nodes[index].kill();
      await say(others[0]);
      nodes[index] = await launch(index, newer);
      await say(others[1]);
      await allJoined(nodes);
      await back;
      await say(index);
    }
    for (const { received, recoveries } of followers) {
      await until(() => received.length >= next, `all ${next} received`, PATIENCE);
      const numbers = received.map(({ p }) => p);
      assert.deepEqual([...numbers].sort((a, b) => a - b), Array.from({ length: next }, (_, number) => number));
      assert.deepEqual(recoveries.filter(({ recovered }) => !recovered).length, 0);
    }
    const [first, ...rest] = followers.map(({ received }) => received.map(({ p }) => p));
    for (const numbers of rest) assert.deepEqual(numbers, first, 'one order');
    for (const node of nodes) assert.equal((await counters(node)).foreign, 0);
  }));

  it('another form of messages is counted and ignored, while the rest goes on', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const adapter = { ...PATIENT, redis: redis.url };
    const old = await startNodes(scene, 2, { adapter, ...SERVER });
    await allJoined(old);
    const members = await oneEach(scene, old, ['room', 'news'], { positions: {} });
    const before = (await counters(old[0])).foreign;
    const url = await newerVersion(scene, redis, raised, lowered);
    const [newer] = await startNodes(scene, 1, { adapter: { ...PATIENT, redis: url }, ...SERVER });
    const far = await connect(scene, newer, { rooms: ['room', 'news'], positions: {} });
    // It reads what the others say, and they do not read what it says: not even that it is there.
    await until(async () => (await newer.do('nodes')).length === 3, 'others seen', PATIENCE);
    await until(async () => (await counters(old[0])).foreign > before, 'counted', PATIENCE);
    for (const node of old) assert.equal((await node.do('nodes')).length, 2);

    for (const room of ['room', 'news', undefined]) await newer.do('broadcast', { room, name: 'new', payload: room });
    assert.deepEqual((await far.got('new', 3)).length, 3);
    const { count, missingNodes } = await newer.do('count', { room: 'room' });
    assert.deepEqual([count, missingNodes.length], [1, 2]);
    await old[1].do('broadcast', { room: 'room', name: 'old', payload: 1 });
    await old[1].do('broadcast', { room: 'news', name: 'old', payload: 2 });
    for (const member of [...members, far]) assert.deepEqual([...(await member.got('old', 2))].sort(), [1, 2]);
    await fence(old[0], ['room', 'news'], members);
    for (const member of members) assert.ok(member.received.every(({ n }) => n !== 'new'), 'nothing of the other form');
    // What the history keeps of it has a place, and nothing else is out of order behind it.
    assert.deepEqual(await old[0].do('count', { room: 'room' }), { count: 2, missingNodes: [] });
    assert.equal(await old[0].do('state'), 'up');
    assert.equal((await counters(old[0])).lost, 0);
  }));

  it('kinds and fields that it does not know are counted and logged, and nothing of them reaches clients', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const port = await reservePort();
    const server = scene.run(path.join(__dirname, '../../examples/metrics/server.js'), [], {
      env: { PORT: String(port), REDIS: redis.url, RUST_LOG: 'line_socket_core=debug' },
    });
    await server.line();
    const metric = async (/** @type {string} */ name) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(new RegExp(`^line_socket_adapter_${name} (.*)$`, 'm').exec(text)?.[1]);
    };
    const member = await connect(scene, { url: `ws://127.0.0.1:${port}` });
    await until(async () => (await metric('up')) === 1, 'joined', PATIENCE);
    // Its room has been subscribed to when something comes.
    await until(async () => {
      await redis.command('PUBLISH', 'line:r:lobby', '{"n":"ready"}');
      return member.received.some(({ n }) => n === 'ready');
    }, 'subscribed', PATIENCE);
    const envelope = '{"n":"new","p":1}';
    const { OURS, NEWER } = VERSION;
    /** @type {[channel: string, message: Buffer | string, why: RegExp][]} */
    const unknown = [
      ['line:r:lobby', bytes([NEWER, KIND.BROADCAST, 0], envelope), /its version is 2, and this node knows version 1/],
      ['line:all', bytes([255, 255, 255], envelope), /its version is 255/],
      ['line:r:lobby', bytes([OURS, 9, 0], envelope), /it is of a kind or has fields that this node does not know/],
      ['line:r:lobby', bytes([OURS, KIND.BROADCAST, 0x80], `\0\u0001\0\u0001x${envelope}`), /it is of a kind or has fields/],
      ['line:n', bytes([OURS, KIND.CONTROL, 0], '{"gossip":{"of":"later"}}'), /it is not known to this version, or malformed/],
      ['line:n', bytes([OURS, KIND.CONTROL, 0], '{"beat":{"name":"without the rest"}}'), /it is not known to this version, or malformed/],
      ['line:r:lobby', '{"n":"new","p":1,"later":true}', /it has keys besides "n" and "p"/],
    ];
    const before = await metric('foreign_total');
    for (const [channel, message] of unknown) await redis.command('PUBLISH', channel, message);
    await redis.command('PUBLISH', 'line:r:lobby', '{"n":"last"}');
    await member.got('last', 1);
    assert.equal(await metric('foreign_total') - before, unknown.length);
    assert.deepEqual(member.received.filter(({ n }) => n === 'new'), []);
    await delay(50);
    server.signal('SIGTERM');
    const { code, stderr } = await server.exited();
    assert.equal(code, 0);
    for (const [, , why] of unknown) assert.match(stderr, why);
  }));
});
