// @ts-check
'use strict';

/**
 * Peers that fall silent without a word: their process is halted, or the network between vanishes.
 * Ping finds them within `pingInterval` and `responseTimeout`; who does not answer the close frame
 * either is cut after `closeTimeout`.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');
const { TcpProxy } = require('../helpers/proxy');

/** Deadlines of the server, in ms. */
const DEADLINES = { pingInterval: 400, responseTimeout: 400, closeTimeout: 400 };

/** Within what time a silent peer is found, and gone. */
const FOUND = DEADLINES.pingInterval + DEADLINES.responseTimeout;
const GONE = FOUND + DEADLINES.closeTimeout;

/** Most that a deadline may be late on a busy machine, in ms; and early, for this side sees the beginning late. */
const LATE = 2000;
const EARLY = 100;

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the kernel may hold of one connection, both sides together: `tcp_wmem` and `tcp_rmem` go so far. */
const KERNEL = 16 * MIB;

/** @typedef {import('./support/scene').Scene} Scene */

/**
 * A server, and a peer in a process of its own.
 * @param {Scene} scene
 * @param {Record<string, unknown>} options Of the server.
 * @param {(port: number) => Promise<number>} [way] Where the peer connects to.
 */
async function meet(scene, options, way = async (port) => port) {
  const { server, port } = await scene.listen(options);
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  });
  const connected = new Promise((resolve) => server.once('connection', resolve));
  const peer = scene.child('peer.js', [await way(port)]);
  const connection = await within(connected, 'connection', 10000);
  const start = performance.now();
  /** @type {Promise<{code: number, reason: string, after: number}>} */
  const gone = new Promise((resolve) => {
    connection.on('_disconnected', (/** @type {number} */ code, /** @type {string} */ reason) => {
      resolve({ code, reason, after: performance.now() - start });
    });
  });
  assert.equal(await peer.report(), 'in');
  return { server, port, peer, connection, gone };
}

/** Another client, which is served while its neighbour is silent. @param {Scene} scene @param {number} port */
async function assertServes(scene, port) {
  const client = await scene.open(port);
  await client.handshake();
  assert.equal((await client.request('ask', 'on')).message.p, 'on');
}

/**
 * @param {Awaited<ReturnType<typeof meet>>} met
 * @param {import('node:test').TestContext} test
 */
async function assertFoundAndCut({ connection, gone }, test) {
  const promise = connection.send('question', 1, 0).catch((/** @type {any} */ error) => error.code);
  await until(() => connection.socket.readyState !== connection.socket.OPEN, 'found', FOUND + LATE);
  const { code, after } = await within(gone, 'end of the connection', GONE + LATE);
  test.diagnostic(`gone after ${Math.round(after)} ms, ${GONE} ms promised`);
  assert.equal(code, 1006);
  assert.ok(after > GONE - EARLY, `${GONE - after} ms early`);
  assert.ok(after < GONE + LATE, `${after - GONE} ms late`);
  assert.equal(await promise, 'scDisconnected');
}

/** Sends `news` of a KiB each. @param {any} connection @param {number} count */
function sendNews(connection, count) {
  for (let i = 0; i < count; i++) connection.sendWithoutResponse('news', [i, 'x'.repeat(KIB)]).catch(() => {});
}

// Whether a process is halted is seen in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('a peer whose process is halted', () => {
    it('is found by ping and cut in the promised time, while others are served', withScene(async (scene, test) => {
      const met = await meet(scene, DEADLINES);
      await met.peer.halt();
      await assertServes(scene, met.port);
      await assertFoundAndCut(met, test);
      await assertServes(scene, met.port);
      assert.equal(met.server.getConnectionById(met.connection.id), undefined);
    }));

    it('and goes on before it is found: nothing is lost, in either direction', withScene(async (scene) => {
      const { peer, connection } = await meet(scene, { ...DEADLINES, responseTimeout: 5000 });
      await peer.halt();
      const answers = Promise.all([1, 2, 3].map((number) => connection.send('question', number)));
      sendNews(connection, 50);
      // A ping is among what it has not answered.
      await delay(DEADLINES.pingInterval + 200);
      peer.resume();
      assert.deepEqual(await within(answers, 'answers'), [1, 2, 3]);
      connection.sendWithoutResponse('tell');
      assert.deepEqual(await peer.report(), { news: 50, inOrder: true });
      await delay(DEADLINES.pingInterval);
      assert.equal(connection.state, 'connected');
    }));

    it('and goes on after it was found, before it is cut: it learns why', withScene(async (scene) => {
      const { peer, connection, gone } = await meet(scene, { ...DEADLINES, closeTimeout: 30000 });
      await peer.halt();
      await until(() => connection.socket.readyState !== connection.socket.OPEN, 'found', FOUND + LATE);
      peer.resume();
      assert.deepEqual(await peer.report(), { closed: 4201 });
      const { code, reason } = await within(gone, 'end of the connection');
      assert.deepEqual([code, reason], [4201, 'Ping failed']);
    }));
  });

  describe('a peer whose process is halted while much is sent to it', () => {
    it('gets all of it, in order, when it goes on in time', withScene(async (scene) => {
      const count = (KERNEL + 4 * MIB) / KIB;
      const { peer, connection } = await meet(scene, { maxBufferedBytes: 2 * KERNEL });
      await peer.halt();
      sendNews(connection, count);
      await until(() => connection.socket.bufferedAmount > 0, 'left waiting');
      peer.resume();
      await until(() => connection.socket.bufferedAmount === 0, 'delivered');
      connection.sendWithoutResponse('tell');
      assert.deepEqual(await peer.report(), { news: count, inOrder: true });
    }));

    it('is closed with 4206 at maxBufferedBytes, and cut after closeTimeout', withScene(async (scene, test) => {
      const limit = 2 * MIB;
      const met = await meet(scene, { maxBufferedBytes: limit, closeTimeout: 300 });
      await met.peer.halt();
      let most = 0;
      for (let sent = 0; sent < KERNEL + 2 * limit && met.connection.socket.readyState === 1; sent += 64 * KIB) {
        sendNews(met.connection, 64);
        most = Math.max(most, met.connection.socket.bufferedAmount);
        await delay(0);
      }
      test.diagnostic(`${most} bytes waited at most, maxBufferedBytes ${limit}`);
      assert.ok(most > 0 && most <= limit + 2 * KIB, `${most} bytes waited`);
      const { code, reason } = await within(met.gone, 'end of the connection');
      assert.deepEqual([code, reason], [4206, 'Slow consumer']);
      await assertServes(scene, met.port);
    }));

    it("with 'drop' it goes on without some broadcasts, and gets every response", withScene(async (scene) => {
      const options = { maxBufferedBytes: 2 * MIB, slowConsumer: 'drop', pingInterval: 0 };
      const { peer, server, connection } = await meet(scene, options);
      await peer.halt();
      const answers = Promise.all([1, 2, 3].map((number) => connection.send('question', number)));
      const count = (2 * KERNEL) / (64 * KIB);
      for (let i = 0; i < count; i++) server.broadcast('news', [i, 'x'.repeat(64 * KIB)]);
      await delay(100);
      peer.resume();
      assert.deepEqual(await within(answers, 'answers'), [1, 2, 3]);
      connection.sendWithoutResponse('tell');
      const { news, inOrder } = await peer.report();
      assert.ok(news > 0 && news < count, `${news} of ${count} broadcasts`);
      assert.ok(inOrder);
      assert.equal(connection.state, 'connected');
    }));
  });
}

describe('a peer whose network vanishes', () => {
  it('is found by ping and cut in the promised time, while others are served', withScene(async (scene, test) => {
    /** @type {TcpProxy | undefined} */
    let proxy;
    scene.defer(() => proxy?.close());
    const met = await meet(scene, DEADLINES, (port) => (proxy = new TcpProxy(port)).open());
    proxy?.silence();
    await assertServes(scene, met.port);
    await assertFoundAndCut(met, test);
    assert.ok(met.peer.isRunning);
  }));
});
