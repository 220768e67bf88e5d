// @ts-check
'use strict';

/** `stop({ drain })`: the end of a server in good order. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { WAYS } = require('../attach/support');
const { RawClient } = require('../helpers/raw-client');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { kLifecycle, kNative } = require('../../lib/symbols.js');

/** Much more than anything here takes, in ms. */
const LONG = 60_000;

/** Grain of the clocks, in ms. */
const GRAIN = 20;

/**
 * A server whose clients ask `ask`, which is answered when `answer` is called; and one client.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} [options]
 */
async function scenario(scene, options) {
  const target = await scene.listen(options);
  /** @type {any[]} */
  const asked = [];
  /** @type {any[]} */
  const log = [];
  target.server.on('connection', (/** @type {any} */ connection) => {
    connection.on('ask', (/** @type {any} */ message) => asked.push(message));
    connection.on('_disconnecting', (/** @type {any[]} */ ...args) => log.push(['_disconnecting', ...args]));
    connection.on('_disconnected', (/** @type {any[]} */ ...args) => log.push(['_disconnected', ...args]));
  });
  const pair = await scene.connect(target);
  return { ...target, ...pair, asked, log };
}

/** @param {import('../helpers/raw-client').RawClient} client */
const isClosing = (client) => client.frames.some(({ opcode }) => opcode === 8);

describe('stop({ drain })', () => {
  it('closes idle clients at once, with 1001', withScene(async (scene) => {
    const { server, client, log } = await scenario(scene);
    const stopped = server.stop({ drain: LONG });
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [1001, '']);
    await within(stopped, 'stop');
    const [[, , , left], last] = log;
    assert.ok(left <= LONG && left > LONG - 1000, `${left} ms left`);
    assert.deepEqual(log, [['_disconnecting', 1001, '', left], last]);
    assert.deepEqual(last, ['_disconnected', 1001, '']);
    assert.equal(server.getStats().connections, 0);
  }));

  it('with the code and reason given', withScene(async (scene) => {
    const { server, client } = await scenario(scene);
    await within(Promise.all([server.stop({ drain: LONG, code: 4000, reason: 'Update' }), client.ended]), 'stop');
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [4000, 'Update']);
  }));

  it('lets responses finish, and what handlers send with them', withScene(async (scene) => {
    const { server, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    client.json({ n: 'ask', i: '2' });
    await until(() => asked.length === 2, 'asked');
    const stopped = server.stop({ drain: LONG });
    await delay(100);
    asked[0].resolve('one');
    await client.message(({ i }) => i === '1');
    await delay(100);
    assert.equal(isClosing(client), false);
    asked[1].reject('two');
    server.broadcast('last');
    await client.message(({ i }) => i === '2');
    await client.message(({ n }) => n === 'last');
    assert.equal((await client.closed()).code, 1001);
    await within(stopped, 'stop');
  }));

  it('lets messages be handled that had arrived before', withScene(async (scene) => {
    const { server, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    // It arrives while this thread does something else.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    assert.equal(asked.length, 0);
    const stopped = server.stop({ drain: LONG });
    await until(() => asked.length === 1, 'asked');
    asked[0].resolve('one');
    await client.message(({ i }) => i === '1');
    await within(stopped, 'stop');
  }));

  it('lets sends wait for their answers, those of _disconnecting too', withScene(async (scene) => {
    const { server, client, connection } = await scenario(scene);
    const send = connection.send('question');
    connection.once('_disconnecting', () => connection.send('leaving').catch(() => {}));
    const stopped = server.stop({ drain: LONG });
    const { message: question } = await client.message(({ n }) => n === 'question');
    const { message: leaving } = await client.message(({ n }) => n === 'leaving');
    client.json({ n: '_r', i: question.i, p: 'answer', e: null });
    assert.equal(await send, 'answer');
    await delay(100);
    assert.equal(isClosing(client), false);
    client.json({ n: '_r', i: leaving.i, e: null });
    assert.equal((await client.closed()).code, 1001);
    await within(stopped, 'stop');
  }));

  it('lets requests finish that come meanwhile, until nothing older is left', withScene(async (scene) => {
    const { server, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const stopped = server.stop({ drain: LONG });
    await delay(50);
    client.json({ n: 'ask', i: '2' });
    client.json({ n: 'ask', i: '3' });
    await until(() => asked.length === 3, 'asked');
    asked[1].resolve('two');
    await client.message(({ i }) => i === '2');
    asked[0].resolve('one');
    await client.message(({ i }) => i === '1');
    // This one reaches no handler: a client that always asks would never be closed.
    client.json({ n: 'ask', i: '4' });
    await client.fence();
    assert.equal(asked.length, 3);
    assert.equal(isClosing(client), false);
    asked[2].reject('three');
    await client.message(({ i }) => i === '3');
    assert.equal((await client.closed()).code, 1001);
    await within(stopped, 'stop');
  }));

  it('tells handlers of such requests when they may write again, and cuts them when the time is up', withScene(async (scene) => {
    const { server, client, connection, asked } = await scenario(scene, { highWaterMark: 1 });
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const stopped = server.stop({ drain: 500 });
    await delay(50);
    client.json({ n: 'ask', i: '2' });
    await until(() => asked.length === 2, 'asked');
    asked[0].resolve('one');
    await client.message(({ i }) => i === '1');
    const drained = new Promise((resolve) => connection.once('_drain', () => resolve(undefined)));
    connection.sendWithoutResponse('part', 'x'.repeat(1000)).catch(() => {});
    await within(drained, '_drain');
    await within(stopped, 'stop');
    assert.equal((await client.closed()).code, 1001);
    assert.equal(client.messages?.some(({ i }) => i === '2') ?? false, false);
  }));

  it('cuts what is left when the time is up', withScene(async (scene) => {
    const { server, port, client, asked, log } = await scenario(scene);
    const mute = await scene.open(port);
    mute.answersClose = false;
    await mute.handshake();
    // The cut comes a moment after the close frame, and a busy machine may leave time to answer.
    client.answersClose = false;
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const begin = performance.now();
    await within(server.stop({ drain: 300 }), 'stop');
    const took = performance.now() - begin;
    assert.ok(took > 300 - GRAIN, `${took} ms`);
    assert.equal((await client.closed()).code, 1001);
    assert.equal((await mute.closed()).code, 1001);
    const ends = log.filter(([name]) => name === '_disconnected');
    assert.deepEqual(ends, [['_disconnected', 1006, ''], ['_disconnected', 1006, '']]);
    assert.equal(server.getStats().connections, 0);
  }));

  it('accepts nobody from the first moment on', withScene(async (scene) => {
    const { server, port, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const stopped = server.stop({ drain: LONG });
    assert.equal(server.address(), null);
    await until(() => isRefused(port), 'closed to newcomers');
    await assert.rejects(server.stop({ drain: LONG }), { code: 'sInvalidAction' });
    asked[0].resolve();
    await within(stopped, 'stop');
    assert.equal(await exchange(port, upgradeRequest()), '');
  }));

  it('closes those that have not shaken hands, or are at it', withScene(async (scene) => {
    const target = await scene.listen({}, (server) => server.on('handshake', () => {}));
    const silent = await scene.open(target.port);
    const waiting = await scene.open(target.port);
    waiting.json({ n: '_h', i: 'h' });
    await waiting.fence();
    await within(target.server.stop({ drain: LONG }), 'stop');
    assert.equal((await silent.closed()).code, 1001);
    assert.equal((await waiting.closed()).code, 1001);
  }));

  it('also when a cluster has closed the listener before', withScene(async (scene) => {
    const { server, port, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    // What `worker.disconnect()` comes to.
    server[kNative].core.stop(server[kLifecycle].listening.thread, false);
    await until(() => isRefused(port), 'closed to newcomers');
    await delay(50);
    const stopped = server.stop({ drain: LONG });
    asked[0].resolve('one');
    await client.message(({ i }) => i === '1');
    assert.equal((await client.closed()).code, 1001);
    await within(stopped, 'stop');
  }));

  it('stop() cuts it short', withScene(async (scene) => {
    const { server, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const stopped = server.stop({ drain: LONG });
    await delay(50);
    await within(Promise.all([server.stop(), stopped]), 'stop');
    assert.equal((await client.closed()).code, 1001);
    await assert.rejects(server.stop(), { code: 'sInvalidAction' });
  }));

  it('start() waits for it, and then works', withScene(async (scene) => {
    const { server, client, asked } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    const stopped = server.stop({ drain: LONG });
    const started = server.start();
    asked[0].resolve();
    await within(Promise.all([stopped, started]), 'start');
    const { client: another } = await scene.connect({ server, port: server.address().port });
    await another.fence();
  }));

  it('an exception of a listener reaches uncaughtException and stops nothing', withScene(async (scene) => {
    const child = scene.child('draining.js', [1]);
    const client = await scene.open(await child.report());
    await client.handshake();
    child.signal('SIGTERM');
    assert.equal(await child.report(), 'uncaught: oops');
    assert.equal((await client.closed()).code, 1001);
    await child.succeeded();
  }));

  it('sends close frames in waves', withScene(async (scene) => {
    const target = await scene.listen();
    const clients = await Promise.all(Array.from({ length: 300 }, async () => {
      const client = await scene.open(target.port);
      await client.handshake();
      return client;
    }));
    /** @type {number[]} */
    const times = [];
    clients.forEach((client) => client.closed().then(() => times.push(performance.now())));
    const begin = performance.now();
    await within(target.server.stop({ drain: 12000 }), 'stop');
    await until(() => times.length === 300, 'all closed');
    // Three waves of a hundred, 300 ms apart. On a busy machine the clients notice them late.
    const before = (/** @type {number} */ end) => times.filter((time) => time - begin < end - 2 * GRAIN).length;
    assert.ok(before(300) <= 100, `${before(300)} in the first 300 ms`);
    assert.ok(before(600) <= 200, `${before(600)} in the first 600 ms`);
    assert.ok(times[299] - begin < 5000, `${times[299] - begin} ms`);
  }));

  for (const options of [{}, { drain: -1 }, { drain: 0.5 }, { drain: '1' }, { drain: 2 ** 31 }, { drain: 1, code: 1005 }, { drain: 1, reason: 'x'.repeat(124) }, null, 5]) {
    it(`refuses ${JSON.stringify(options)}, and goes on`, withScene(async (scene) => {
      const { server, client } = await scenario(scene);
      await assert.rejects(server.stop(options), { name: 'LineError', code: 'sInvalidOptions' });
      await client.fence();
    }));
  }
});

for (const way of WAYS) {
  describe(`stop({ drain }) of a server at an HTTP server: ${way.name}`, () => {
    it('refuses upgrades with 503 and lets the rest be, until the last connection has ended', withScene(async (scene) => {
      const { web, port, close } = await way.listen((_, response) => response.end('page'));
      scene.defer(close);
      const server = scene.track(new scene.Server({ server: web }));
      /** @type {any[]} */
      const asked = [];
      server.on('connection', (/** @type {any} */ connection) => {
        connection.on('ask', (/** @type {any} */ message) => asked.push(message));
      });
      await server.start();
      const client = await openBy(scene, way, port);
      await client.handshake();
      client.json({ n: 'ask', i: '1' });
      await until(() => asked.length === 1, 'asked');
      const stopped = server.stop({ drain: LONG });
      const refusal = await openBy(scene, way, port).catch((error) => error);
      assert.equal(refusal.status, 503);
      assert.match(refusal.answer, /^Retry-After: 10\r$/m);
      assert.equal(server.getStats().refused.stopping, 1);
      asked[0].resolve('one');
      await client.message(({ i }) => i === '1');
      assert.equal((await client.closed()).code, 1001);
      await within(stopped, 'stop');
      assert.equal(web.listenerCount('upgrade'), 0);
      await server.start();
      await (await openBy(scene, way, port)).handshake();
    }));

    it('limits hold there as well', withScene(async (scene) => {
      const { web, port, close } = await way.listen();
      scene.defer(close);
      const server = scene.track(new scene.Server({ server: web, maxConnections: 1, messagesPerSecond: 50, rateTimeout: 200 }));
      await server.start();
      const client = await openBy(scene, way, port);
      await client.handshake();
      await assert.rejects(openBy(scene, way, port), { status: 503 });
      assert.equal(server.getStats().refused.maxConnections, 1);
      for (let i = 0; i < 500; i++) client.json({ n: 'any' });
      assert.equal((await client.closed()).code, 4207);
    }));
  });
}

describe('stop() without options', () => {
  it('cuts everyone at once, as ever', withScene(async (scene) => {
    const { server, client, asked, log } = await scenario(scene);
    client.json({ n: 'ask', i: '1' });
    await until(() => asked.length === 1, 'asked');
    await within(server.stop(), 'stop');
    assert.equal((await client.closed()).code, null);
    assert.deepEqual(log, [['_disconnected', 1006, '']]);
  }));
});

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {import('../attach/support').Way} way
 * @param {number} port
 * @returns {Promise<RawClient>} Rejects when it is refused.
 */
async function openBy(scene, way, port) {
  const socket = way.connect(port);
  scene.defer(() => socket.destroy());
  const client = new RawClient(socket);
  socket.write(upgradeRequest());
  await within(client.upgraded, 'answer to the upgrade');
  return client;
}

/** @param {number} port @returns {Promise<boolean>} Whether nobody listens. */
function isRefused(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });
}
