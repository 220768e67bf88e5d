// @ts-check
'use strict';

/** Servers that are joined by an engine of the application, whatever that engine does. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { Bus } = require('./support/bus');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');
const { kLifecycle, kNative } = require('../../lib/symbols.js');

/**
 * Starts two servers on one bus, and waits until they know each other.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} [options]
 */
async function pair(scene, options = {}) {
  const bus = new Bus();
  const engines = [bus.engine(), bus.engine()];
  const nodes = await startNodes(scene, 2, (index) => ({ adapter: engines[index], ...options }));
  await until(() => nodes.every(({ server }) => server.nodes.list().length === 2), 'both known');
  return { bus, engines, nodes, servers: nodes.map(({ server }) => server) };
}

/** @param {any} server @param {string} name */
const eventOf = (server, name) => new Promise((resolve) => server.nodes.once(name, resolve));

describe('an engine of the application', () => {
  it('joins servers', withScene(async (scene) => {
    const { nodes, servers: [a, b] } = await pair(scene);
    assert.equal(a.nodes.state, 'up');
    const [self, other] = a.nodes.list();
    assert.equal(self.isSelf, true);
    assert.equal(other.isSelf, false);
    assert.equal(other.id, b.nodes.list()[0].id);
    assert.equal(other.pid, process.pid);
    assert.ok(Math.abs(other.lastSeen - Date.now()) < 10000);
    const member = await connect(scene, nodes[1], { rooms: ['news'] });
    const alone = await connect(scene, nodes[0], { rooms: ['news'] });
    a.room('news').broadcast('said', 'ünï');
    a.broadcast('said', { all: true });
    assert.deepEqual(await a.room('news').broadcastAsync('said', 3), {});
    a.room('news').broadcast('said', 'here', { local: true });
    a.room('news').broadcast('said', 4, { except: alone.id });
    assert.deepEqual(await member.got('said', 4), ['ünï', { all: true }, 3, 4]);
    assert.deepEqual(await alone.got('said', 4), ['ünï', { all: true }, 3, 'here']);
  }));

  it('is stopped with the server, and started again', withScene(async (scene) => {
    const { engines, servers: [a, b] } = await pair(scene);
    const left = eventOf(a, '_left');
    await b.stop();
    assert.equal((/** @type {any} */ (await left)).name, a.nodes.list()[0].name);
    assert.equal(b.nodes.state, 'off');
    assert.equal(engines[1].calls.at(-1), 'stop');
    assert.equal(a.nodes.list().length, 1);
    await b.start();
    await until(() => a.nodes.list().length === 2 && b.nodes.state === 'up', 'joined again');
  }));

  it('that connects again by itself is told of all rooms', withScene(async (scene) => {
    const { engines: [engine], nodes, servers: [a, b] } = await pair(scene);
    const member = await connect(scene, nodes[0], { rooms: ['news'] });
    const [down, resumed] = [eventOf(a, '_down'), eventOf(a, '_resumed')];
    engine.sink?.down(Object.assign(new Error('cut'), { code: 'ECONNRESET' }));
    const error = /** @type {any} */ (await down);
    assert.equal(error.code, 'sAdapterDown');
    assert.match(error.message, /cut/);
    assert.equal(error.payload.code, 'ECONNRESET');
    assert.equal(a.nodes.state, 'down');
    a.room('news').broadcast('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
    engine.sink?.up();
    assert.ok((/** @type {any} */ (await resumed)).downFor >= 0);
    assert.deepEqual(engine.calls.filter((name) => name !== 'subscribe'), ['start']);
    b.room('news').broadcast('said', 2);
    assert.deepEqual(await member.got('said', 2), [1, 2]);
  }));

  for (const [what, fail] of /** @type {[string, (engine: any, tries: number) => void][]} */ ([
    ['throws in publish', (engine) => {
      const { publish } = engine;
      engine.publish = () => {
        engine.publish = publish;
        throw new Error('publish failed');
      };
    }],
    ['rejects a publish', (engine) => {
      const { publish } = engine;
      engine.publish = async () => {
        engine.publish = publish;
        throw new Error('publish failed');
      };
    }],
    ['throws in subscribe', (engine) => {
      const { subscribe } = engine;
      engine.subscribe = () => {
        engine.subscribe = subscribe;
        throw new Error('subscribe failed');
      };
    }],
    ['rejects with what is no error', (engine) => {
      const { publish } = engine;
      engine.publish = () => {
        engine.publish = publish;
        return Promise.reject(5);
      };
    }],
  ])) {
    it(`that ${what} is started again, and loses nothing`, withScene(async (scene) => {
      const { engines: [engine], nodes, servers: [a] } = await pair(scene);
      const member = await connect(scene, nodes[1], { rooms: ['news'] });
      const resumed = eventOf(a, '_resumed');
      fail(engine, 1);
      await connect(scene, nodes[0], { rooms: ['other'] });
      a.room('news').broadcast('said', 1);
      a.room('news').broadcast('said', 2);
      assert.deepEqual(await member.got('said', 2), [1, 2]);
      await resumed;
      assert.ok(engine.calls.filter((name) => name === 'start').length >= 2);
    }));
  }

  it('that does not start is tried again, and does not keep the server from serving', withScene(async (scene) => {
    const bus = new Bus();
    const engine = bus.engine();
    const start = engine.start.bind(engine);
    let tries = 0;
    engine.start = async (sink) => {
      tries += 1;
      if (tries < 3) throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' });
      await start(sink);
    };
    const [node] = await startNodes(scene, 1, { adapter: engine });
    const member = await connect(scene, node, { rooms: ['news'] });
    node.server.room('news').broadcast('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
    await until(() => node.server.nodes.state === 'up', 'up');
    assert.equal(tries, 3);
  }));

  it('is left by a server whose listener the cluster has closed before, and which is stopped then', withScene(async (scene) => {
    const { engines: [engine], servers: [a, b] } = await pair(scene);
    const { thread } = /** @type {any} */ (a)[kLifecycle].listening;
    // As at `worker.disconnect()`.
    /** @type {any} */ (a)[kNative].core.stop(thread, false);
    await until(() => a.address() === null, 'closed');
    assert.equal(a.nodes.state, 'up');
    await a.stop();
    assert.equal(a.nodes.state, 'off');
    assert.equal(engine.calls.at(-1), 'stop');
    await until(() => b.nodes.list().length === 1, 'left');
    await a.start();
    await until(() => a.nodes.state === 'up', 'joined again');
  }));

  it('that hangs does not keep the server from stopping', withScene(async (scene) => {
    const bus = new Bus();
    const engine = bus.engine();
    engine.publish = () => /** @type {any} */ (new Promise(() => {}));
    engine.stop = () => new Promise(() => {});
    const [node] = await startNodes(scene, 1, { adapter: engine });
    await until(() => node.server.nodes.state === 'up', 'up');
    node.server.broadcast('said', 1);
    const begun = Date.now();
    await node.server.stop();
    assert.ok(Date.now() - begun < 4500, `${Date.now() - begun} ms`);
    await node.server.start();
    await node.server.stop();
  }));

  it('gets what is wrong from its sink without harm', withScene(async (scene) => {
    const { engines: [engine], nodes, servers: [a] } = await pair(scene);
    const { sink } = engine;
    for (const data of [Buffer.alloc(0), Buffer.from('{'), Buffer.from('{"n":5}'), Buffer.from([1, 9, 9]), Buffer.alloc(3000000, 1)]) {
      for (const channel of ['line:all', 'line:n', 'other', '', 'line:r:x']) sink?.message(channel, data);
    }
    sink?.message(/** @type {any} */ (undefined), Buffer.from('x'));
    assert.throws(() => sink?.message('line:all', /** @type {any} */ ('text')));
    const member = await connect(scene, nodes[0]);
    a.broadcast('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
    assert.equal(a.nodes.state, 'up');
  }));
});
