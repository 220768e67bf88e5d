// @ts-check
'use strict';

/** Options that are changed while the server runs (contract section 2). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { kNative } = require('../../lib/symbols.js');
const { delay, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** A time that has to pass, in ms, and how much later (or by the clocks' grain sooner) it may be noticed. */
const SHORT = 60;
const EARLY = 5;
const LATE = 600;

/** Connections whose end takes a moment. */
const MANY = 300;

/** @param {Promise<unknown>} promise @returns {Promise<number>} ms until it settled */
async function timed(promise) {
  const begin = performance.now();
  await within(promise.catch(() => {}), 'end of the time');
  return performance.now() - begin;
}

/** @param {number} took */
function assertShort(took) {
  assert.ok(took > SHORT - EARLY && took < SHORT + LATE, `${Math.round(took)} ms`);
}

describe('options changed while the server runs', () => {
  it('keep their value when the core fails to take another', withScene(async (scene) => {
    const { server } = await scene.listen({ maxPayload: 1000 });
    const { core } = server[kNative];
    const { configure } = core;
    core.configure = () => {
      throw new Error('injected');
    };
    for (const value of [5, undefined]) assert.throws(() => (server.options.maxPayload = value), { message: 'injected' });
    assert.throws(() => (server.options.maxFragments = 5), { message: 'injected' });
    core.configure = configure;
    assert.deepEqual([server.options.maxPayload, server.options.maxFragments], [1000, undefined]);
    server.options.maxPayload = 5;
    assert.equal(server.options.maxPayload, 5);
  }));

  it('responseTimeout: later sends wait that long', withScene(async (scene) => {
    const { server, connection } = await scene.pair({ responseTimeout: 60000 });
    /** @type {string[]} */
    const ends = [];
    connection.send('before').catch((/** @type {any} */ { code }) => ends.push(code));
    server.options.responseTimeout = SHORT;
    const send = connection.send('after');
    assertShort(await timed(send));
    await assert.rejects(send, { code: 'scMessageTimeout' });
    assert.deepEqual(ends, []);
  }));

  it('pingInterval: silent peers that come later are pinged after that long', withScene(async (scene) => {
    const target = await scene.serve({ pingInterval: 0 });
    const early = await scene.connect(target);
    target.server.options.pingInterval = SHORT;
    const { client } = await scene.connect(target);
    assertShort(await timed(client.message(({ n }) => n === '_p')));
    assert.equal(early.client.texts.some((text) => JSON.parse(text).n === '_p'), false);
  }));

  it('pingInterval 0: peers that come later are not pinged', withScene(async (scene) => {
    const target = await scene.serve({ pingInterval: SHORT });
    target.server.options.pingInterval = 0;
    const { client } = await scene.connect(target);
    await delay(3 * SHORT);
    assert.equal(client.texts.some((text) => JSON.parse(text).n === '_p'), false);
  }));

  it('handshakeTimeout: peers that come later and stay silent are cut after that long', withScene(async (scene) => {
    const { server, port } = await scene.serve();
    const early = await scene.open(port);
    server.options.handshakeTimeout = SHORT;
    const client = await scene.open(port);
    assertShort(await timed(client.closeFrame()));
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [4202, `Handshake not completed after ${SHORT} ms`]);
    await early.handshake();
  }));

  it('maxPayload: peers that come later may not send more', withScene(async (scene) => {
    const { server, port } = await scene.serve();
    server.options.maxPayload = 100;
    const client = await scene.open(port);
    client.text(JSON.stringify({ n: '_h', p: 'x'.repeat(200) }));
    assert.equal((await client.closed()).code, 1009);
  }));

  for (const [what, refused] of /** @type {[string, object][]} */ ([
    ['an origin', { maxPayload: 10, path: '/other', allowedOrigins: ['no origin'] }],
    ['a certificate', { maxPayload: 10, path: '/other', tls: { key: 'none', cert: 'none' } }],
  ])) {
    it(`options of which one is refused, ${what}, change nothing`, withScene(async (scene) => {
      const { server, port } = await scene.serve();
      assert.throws(() => (server.options = { port: 0, ...refused }), { code: 'sInvalidOptions' });
      assert.deepEqual([server.options.maxPayload, server.options.path], [undefined, undefined]);
      await (await scene.open(port)).handshake();
    }));
  }

  it('maxBufferedBytes and slowConsumer: connections that are there as well', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair({ slowConsumer: 'drop' });
    client.socket.pause();
    server.options.maxBufferedBytes = 1024;
    server.options.slowConsumer = 'close';
    const ended = new Promise((resolve) => connection.once('_disconnected', resolve));
    for (let i = 0; i < 200; i++) server.broadcast('news', 'x'.repeat(64 * 1024));
    await delay(SHORT);
    client.socket.resume();
    assert.equal(await within(ended, 'end of the connection'), 4206);
  }));

  it('closeTimeout: a peer that does not answer a close frame is cut after that long', withScene(async (scene) => {
    const target = await scene.serve();
    target.server.options.closeTimeout = SHORT;
    const { client, connection } = await scene.connect(target);
    client.answersClose = false;
    assertShort(await timed(connection.close()));
  }));

  it('upgradeTimeout: a peer that does not finish its request is cut after that long', withScene(async (scene) => {
    const { server, port } = await scene.serve();
    server.options.upgradeTimeout = SHORT;
    // Timed from before it connects: the server may accept it long before this thread hears of that.
    const cut = timed(new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1' }).resume().once('close', resolve);
      scene.defer(() => socket.destroy());
    }));
    assertShort(await cut);
  }));

  it('clientTracking: stop() ends the connections of earlier listeners as well, before it resolves', withScene(
    async (scene) => {
      const { server, port } = await scene.listen({ clientTracking: false });
      let left = 0;
      server.on('connection', (/** @type {any} */ connection) => {
        left += 1;
        connection.on('_disconnected', () => (left -= 1));
      });
      /** @param {number} at @param {number} count */
      const enter = async (at, count) => {
        for (let i = 0; i < count; i++) await (await scene.open(at)).handshake();
      };
      await enter(port, MANY);
      await server.stop();
      assert.equal(left, MANY);
      await server.start();
      await enter(server.address().port, 1);
      server.options.clientTracking = true;
      await within(server.stop(), 'stop');
      assert.equal(left, 0);
      assert.deepEqual(server.getConnections(), {});
    },
  ));
});
