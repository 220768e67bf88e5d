// @ts-check
'use strict';

/**
 * A client that does not answer a ping, or was terminated, is gone: its id and its place are free and it is
 * in no room, long before its connection has ended.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/**
 * A server that gives every client the id in its handshake's payload.
 * @param {import('./support/scene').Scene} scene
 * @param {Record<string, unknown>} [options]
 */
async function serve(scene, options) {
  return scene.listen(options, (server) => {
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      try {
        if (handshake.payload) connection.setId(handshake.payload);
        handshake.resolve();
      } catch (error) {
        handshake.reject(error);
      }
    });
    server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
  });
}

/** @param {any} server @param {any} connection */
function assertGone(server, connection) {
  assert.equal(server.getConnectionById('user'), undefined);
  assert.deepEqual(Object.keys(server.getConnections()), []);
  assert.equal(server.getRoom('room'), undefined);
  assert.deepEqual(connection.getRooms(), []);
  // It joins nothing any more.
  connection.joinRoom('other');
  server.rooms.root.add(connection);
  assert.equal(server.getRoom('other'), undefined);
  assert.equal(server.rooms.root.getConnectionsCount(), 0);
}

/** Comes back under the same id while the first connection is there still. @param {import('./support/scene').Scene} scene @param {any} target */
async function assertComesBack(scene, target) {
  const { connection, response } = await scene.connect(target, 'user');
  assert.equal(response.message.e, null);
  assert.equal(target.server.getConnectionById('user'), connection);
  assert.deepEqual(Object.keys(target.server.getRoom('room').getConnections()), ['user']);
  return connection;
}

describe('a client that does not answer pings', () => {
  for (const ioThreads of [1, 3]) {
    it(`frees its id, rooms and place when the ping has failed, with ${ioThreads} io threads`, withScene(async (scene) => {
      const target = await serve(scene, { pingInterval: 100, responseTimeout: 100, maxConnections: 1, ioThreads });
      const { server } = target;
      const first = await scene.connect(target, 'user');
      first.client.answersClose = false;
      await until(() => server.getConnectionById('user') === undefined, 'found');
      assert.equal(first.connection.state, 'connected', 'has not ended');
      assertGone(server, first.connection);
      server.options.pingInterval = 0;
      const second = await assertComesBack(scene, target);
      await first.client.closeFrame();
      // The end of the first takes nothing from the second.
      first.client.close(4201);
      await until(() => first.connection.state === 'disconnected', 'end of the first');
      assert.equal(server.getConnectionById('user'), second);
      assert.deepEqual(second.getRooms(), ['room']);
    }));
  }

  it('is cut within 5 s, whatever closeTimeout is: it is not counted', { timeout: 20000 }, withScene(async (scene) => {
    const target = await serve(scene, { closeTimeout: 0 });
    const { client, connection } = await scene.connect(target, 'user');
    client.answersClose = false;
    const begun = performance.now();
    connection.send_ = () => Promise.reject(new Error('no answer'));
    await assert.rejects(connection.ping(), { code: 'scPingError' });
    await until(() => connection.state === 'disconnected', 'cut', 10000);
    assert.ok(performance.now() - begun > 4000);
  }));
});

describe('socket.terminate()', () => {
  it('frees the id at once: another takes it in the same turn', withScene(async (scene) => {
    const target = await serve(scene);
    const { server } = target;
    const first = await scene.connect(target, 'user');
    /** @type {any[]} */
    const log = [];
    first.connection.on('_disconnected', (/** @type {number} */ code) => log.push(code));
    server.removeAllListeners('handshake');
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      assert.throws(() => connection.setId('user'), { code: 'scIdConflict' });
      server.getConnectionById('user').socket.terminate();
      assertGone(server, first.connection);
      connection.setId('user');
      handshake.resolve();
      assert.deepEqual(log, []);
    });
    const second = await scene.connect(target);
    assert.equal(second.response.message.e, null);
    await until(() => log.length, '_disconnected');
    assert.deepEqual(log, [1006]);
    assert.equal(server.getConnectionById('user'), second.connection);
    assert.deepEqual(Object.keys(server.getRoom('room').getConnections()), ['user']);
    assert.equal((await first.client.closed()).code, null);
  }));

  it('frees the place', withScene(async (scene) => {
    const target = await serve(scene, { maxConnections: 1 });
    for (let i = 0; i < 20; i++) {
      const { connection } = await scene.connect(target, 'user');
      const ended = new Promise((resolve) => connection.on('_disconnected', resolve));
      connection.socket.terminate();
      await within(ended, 'end');
    }
  }));

  it('sends nothing more, and what was sent before is offered to the kernel', withScene(async (scene) => {
    const target = await serve(scene);
    const { client, connection } = await scene.connect(target, 'user');
    const last = connection.sendWithoutResponse('last', 'x'.repeat(1000));
    const pending = connection.send('question');
    connection.socket.terminate();
    assert.equal(connection.socket.readyState, connection.socket.CLOSING);
    await assert.rejects(connection.sendWithoutResponse('more'), { code: 'scDisconnected' });
    await assert.rejects(connection.send('more'), { code: 'scDisconnected' });
    target.server.broadcast('more');
    await assert.rejects(within(pending, 'end'), { code: 'scDisconnected' });
    await last;
    await client.closed();
    assert.deepEqual(client.texts.slice(1).map((text) => JSON.parse(text).n), ['last', 'question']);
    // Again, and after its end.
    connection.socket.terminate();
    await connection.close();
  }));

  it('before the handshake is answered: it has no id to give any more', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    /** @type {any} */
    let handshake;
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => (handshake = { connection, message }));
    const client = await scene.open(port);
    client.json({ n: '_h', i: '1' });
    await until(() => handshake, 'handshake');
    handshake.connection.socket.terminate();
    assert.throws(() => handshake.connection.setId('user'), { code: 'scHandshakeEnded' });
    handshake.message.resolve();
    await client.closed();
    await delay(10);
    assert.equal(server.rooms.root.getConnectionsCount(), 0);
  }));
});

describe('a client that does not read', () => {
  it('frees its id and rooms when it is told to go', withScene(async (scene) => {
    const target = await serve(scene, { maxBufferedBytes: 100000 });
    const first = await scene.connect(target, 'user');
    first.client.socket.pause();
    const piece = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 40; i++) first.connection.sendWithoutResponse('news', piece).catch(() => {});
    assert.equal(target.server.getStats().slowConsumers, 1);
    assertGone(target.server, first.connection);
    await assertComesBack(scene, target);
  }));
});
