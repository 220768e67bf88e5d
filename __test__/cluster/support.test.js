// @ts-check
'use strict';

/** What the tests of many nodes use: real Redis servers, NATS, nodes that can be stopped and killed, and clients. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { connect, connectClient, connectMany } = require('./support/members');
const { Nats } = require('./support/nats');
const { startNodes } = require('./support/nodes');
const { boundToParent, PATIENCE } = require('./support/program');
const { Redis, USER } = require('./support/redis');
const { RedisCluster } = require('./support/redis-cluster');
const { Sentinel } = require('./support/sentinel');

const LINUX = process.platform === 'linux';

/** @param {import('ioredis').Redis} client */
const lost = (client) => within(once(client, 'end'), 'end of the connection', PATIENCE);

describe('Redis for tests', { concurrency: true, skip: LINUX ? false : 'the servers are installed on Linux alone' }, () => {
  for (const [how, options] of /** @type {[string, object][]} */ ([
    ['a port', {}],
    ['a Unix domain socket', { socket: true }],
    ['TLS', { tls: true }],
    ['a password', { password: 'a b@c' }],
  ])) {
    it(`listens on ${how}`, withScene(async (scene) => {
      const redis = await Redis.start(scene, options);
      assert.equal(await redis.command('SET', 'key', 'value'), 'OK');
      assert.equal(await redis.command('GET', 'key'), 'value');
    }));
  }

  it('has a user with few rights', withScene(async (scene) => {
    const redis = await Redis.start(scene, { acl: '~line:* &line:* -@all +publish +set' });
    const client = redis.connect({ username: USER.name, password: USER.password, enableReadyCheck: false });
    assert.equal(await client.publish('line:r:news', '{}'), 0);
    await assert.rejects(client.publish('other', '{}'), /NOPERM/);
    await assert.rejects(client.get('line:x'), /NOPERM/);
    client.disconnect();
    assert.equal(new URL(redis.url).username, USER.name);
  }));

  it('starts again with its data or without, on the same port', withScene(async (scene) => {
    const redis = await Redis.start(scene, { appendonly: true });
    const { port, url } = redis;
    await redis.command('SET', 'key', 'value');
    await redis.restart({ keepData: true });
    assert.equal(await redis.command('GET', 'key'), 'value');
    await redis.restart();
    assert.equal(await redis.command('GET', 'key'), null);
    assert.deepEqual([redis.port, redis.url], [port, url]);
    await assert.rejects(Redis.start(scene).then((other) => other.restart({ keepData: true })), /appendonly/);
  }));

  it('can be silent, and go on', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    await redis.command('PING');
    await redis.pause();
    let isAnswered = false;
    const answer = redis.command('PING').then((text) => ((isAnswered = true), text));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(isAnswered, false);
    redis.resume();
    assert.equal(await answer, 'PONG');
  }));

  it('cuts subscribers alone', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const [subscriber, other] = [redis.connect(), redis.connect()];
    await subscriber.subscribe('channel');
    await other.ping();
    const cut = lost(subscriber);
    assert.equal(await redis.clientKill('pubsub'), 1);
    await cut;
    assert.equal(await other.ping(), 'PONG');
    other.disconnect();
  }));

  it('is gone at the end, with its folder', async () => {
    /** @type {(() => unknown)[]} */
    const closers = [];
    const redis = await Redis.start({ defer: (closer) => closers.push(closer) });
    const { pid } = redis;
    for (const closer of closers) await closer();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.equal(fs.existsSync(redis.folder), false);
  });

  it('says what to do when it cannot be started', withScene(async (scene) => {
    await assert.rejects(Redis.start(scene, { config: { 'no-such-directive': 1 } }), /Bad directive/);
  }));

  it('has a sentinel that makes the replica the master', withScene(async (scene) => {
    const sentinel = await Sentinel.start(scene);
    const before = await sentinel.master();
    await before.command('SET', 'key', 'value');
    await before.command('WAIT', 1, PATIENCE);
    const after = await sentinel.failover({ by: 'kill' });
    assert.notEqual(after, before);
    assert.equal((await after.info('replication')).role, 'master');
    assert.equal(await after.command('GET', 'key'), 'value');
  }));

  it('is a cluster of three, whose slots move', withScene(async (scene) => {
    const cluster = await RedisCluster.start(scene);
    const client = cluster.connect(scene);
    await client.set('{17}key', 'value');
    const { slot, owner } = await cluster.where('{17}key');
    const next = (owner + 1) % 3;
    await cluster.moveSlot(slot, owner, next);
    assert.deepEqual(await cluster.where('{17}key'), { slot, owner: next });
    assert.equal(await client.get('{17}key'), 'value');
  }));
});

describe('NATS for tests', { skip: LINUX ? false : 'the servers are installed on Linux alone' }, () => {
  it('passes messages on, and starts again', withScene(async (scene) => {
    const nats = await Nats.start(scene);
    const { connect: connectNats } = await import('@nats-io/transport-node');
    const client = await connectNats({ servers: nats.url, reconnectTimeWait: 20 });
    scene.defer(() => client.close());
    const subscription = client.subscribe('line.*');
    await client.flush();
    client.publish('line.a', 'one');
    const messages = subscription[Symbol.asyncIterator]();
    assert.equal((await messages.next()).value.string(), 'one');
    await nats.kill();
    await nats.start();
    await until(() => client.flush().then(() => true, () => false), 'connected again', PATIENCE);
    client.publish('line.b', 'two');
    assert.equal((await messages.next()).value.string(), 'two');
  }));
});

describe('nodes for tests', () => {
  it('run in this process, and serve clients', withScene(async (scene) => {
    const nodes = await startNodes(scene, 2, { history: { news: { size: 10, ttl: 1000 } } });
    assert.notEqual(nodes[0].port, nodes[1].port);
    const [first, second] = await connectMany(scene, nodes, 2, { rooms: ['chat'] });
    await nodes[0].do('broadcastMany', { room: 'chat', name: 'said', count: 3 });
    assert.deepEqual(await first.got('said', 3), [0, 1, 2]);
    // Without an adapter nodes know nothing of each other.
    assert.equal(await second.request('echo', 5), 5);
    assert.deepEqual(second.received, []);
    await assert.rejects(nodes[0].do('unknown'), /no action "unknown"/);
  }));

  it('run in processes of their own, with actions of the test', { skip: !LINUX }, withScene(async (scene) => {
    const module = path.join(__dirname, 'support/more-actions.js');
    const [node] = await startNodes(scene, 1, {}, { apart: true, module });
    const member = await connect(scene, node, { rooms: ['a', 'b'], payload: { _id: 'me', _info: { name: 'Ann' } } });
    assert.equal(member.id, 'me');
    assert.deepEqual(await node.do('double', { value: 4 }), { doubled: 8, prepared: true });
    member.answers.ask = (payload) => payload * 2;
    assert.deepEqual((await node.do('send', { room: 'a', name: 'ask', payload: 2 })).responses, { me: 4 });
    assert.deepEqual((await node.do('fetch', { room: 'a' })).members[0].info, { name: 'Ann' });
    assert.equal((await node.do('close', { room: 'a', code: 4000 })).closed, 1);
    assert.equal((await within(member.ended, 'close', PATIENCE))[0], 4000);
  }));

  it('can be busy, silent and killed', { skip: !LINUX }, withScene(async (scene) => {
    const [node, other] = await startNodes(scene, 2, {}, { apart: true });
    const [member] = await connectMany(scene, [node, other], 2);
    const isBusy = async () => {
      /** @type {string[]} */
      const order = [];
      const busy = node.do('block', { ms: 200 }).then(() => order.push('free'));
      await Promise.all([busy, member.request('echo').then(() => order.push('answered'))]);
      // The request may be faster than what makes the node busy.
      return order[0] === 'free';
    };
    await until(isBusy, 'busy', PATIENCE);
    await node.pause();
    const answer = member.request('echo', 1);
    node.resume();
    assert.equal(await answer, 1);
    const waiting = assert.rejects(node.do('block', { ms: 5000 }), /has ended: SIGKILL/);
    await node.kill();
    await waiting;
    await within(member.ended, 'end of the connection', PATIENCE);
    assert.ok((await other.do('usage')).memory > 0);
  }));

  it('our own client comes back to a node that has its messages', withScene(async (scene) => {
    const [node] = await startNodes(scene, 1, { history: { news: { size: 10, ttl: 60_000 } } });
    const { client, received, recoveries } = await connectClient(scene, node, { options: { reconnectOptions: { initialDelay: 20 } } });
    await client.send('join', { room: 'news' });
    const event = (/** @type {string} */ name) => within(new Promise((resolve) => client.once(name, resolve)), name, PATIENCE);
    const [gone, again] = [event('_disconnected'), event('_connected')];
    await node.do('closeOne', { id: client.id, code: 4001 });
    await gone;
    await node.do('broadcast', { room: 'news', name: 'said', payload: 1 });
    await again;
    await client.send('join', { room: 'news' });
    await until(() => recoveries.some(({ recovered }) => recovered), 'recovered', PATIENCE);
    assert.deepEqual(recoveries.at(-1), { room: 'news', recovered: true, replayed: 1 });
    assert.deepEqual(received, [{ n: 'said', p: 1 }]);
  }));

  it('and Redis do not outlive a process that is killed', { skip: !LINUX }, async () => {
    const [program, ...args] = boundToParent([process.execPath, path.join(__dirname, 'support/orphans.js')]);
    const parent = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await within(once(parent.stdout.setEncoding('utf8'), 'data'), 'line', PATIENCE);
    const { pids, folder } = JSON.parse(line);
    parent.kill('SIGKILL');
    const isAlive = (/** @type {number} */ pid) => fs.existsSync(`/proc/${pid}`) && !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await until(() => !pids.some(isAlive), 'gone', PATIENCE);
    fs.rmSync(folder, { recursive: true, force: true });
  });
});
