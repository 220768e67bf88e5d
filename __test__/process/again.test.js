// @ts-check
'use strict';

/** Methods that are called twice, and on connections that await their handshake or have ended. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { loadNative } = require('../helpers/implementations');
const { withScene } = require('./support/scene');
const { kSlot } = require('../../lib/symbols.js');

const { Server } = loadNative();

/**
 * A connection that awaits its handshake, and what resolves it.
 * @param {import('./support/scene').Scene} scene
 */
async function awaiting(scene) {
  /** @type {any} */
  let found;
  const { server, port } = await scene.listen({}, (each) => {
    each.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => (found = { connection, handshake }));
  });
  const client = await scene.open(port);
  client.json({ n: '_h', i: '1' });
  await until(() => found, 'handshake');
  return { server, port, client, ...found };
}

/** @param {any} server */
function ids(server) {
  return Object.keys(server.getConnections());
}

describe('rooms.root', () => {
  it('holds a connection once, however often it is added', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    const { root } = server.rooms;
    for (let i = 0; i < 100; i++) root.add(connection);
    assert.equal(root.getConnectionsCount(), 1);
    assert.equal(root.remove(connection), true);
    assert.equal(root.remove(connection), false);
    assert.deepEqual(ids(server), []);
    root.add(connection);
    server.broadcast('news');
    await client.message(({ n }) => n === 'news');
    await client.fence();
    assert.equal(client.texts.filter((text) => text.includes('news')).length, 1);
  }));

  it('a silent client is pinged as before, however often its connection is added', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair({ pingInterval: 60 });
    const timer = setInterval(() => server.rooms.root.add(connection), 5);
    scene.defer(() => clearInterval(timer));
    await client.message(({ n }) => n === '_p');
    await delay(100);
    // The first is not answered yet.
    assert.equal(client.texts.filter((text) => text.includes('_p')).length, 1);
  }));

  it('does not take a connection that awaits its handshake', withScene(async (scene) => {
    const { server, client, connection, handshake } = await awaiting(scene);
    server.rooms.root.add(connection);
    assert.deepEqual(ids(server), []);
    assert.equal(server.getConnectionById(connection.id), undefined);
    assert.equal(server.rooms.root.remove(connection), false);
    server.broadcast('early');
    handshake.resolve();
    await client.message(({ i }) => i === '1');
    assert.deepEqual(ids(server), [connection.id]);
    assert.equal(client.texts.some((text) => text.includes('early')), false);
  }));

  it('does not end the time for the handshake', withScene(async (scene) => {
    const { server, port } = await scene.listen({ handshakeTimeout: 60 }, (each) => {
      each.on('handshake', (/** @type {any} */ connection) => each.rooms.root.add(connection));
    });
    const client = await scene.open(port);
    client.json({ n: '_h', i: '1' });
    assert.equal((await client.closed()).code, 4202);
    assert.deepEqual(ids(server), []);
  }));
});

describe('a connection that awaits its handshake', () => {
  it('may set its id and join and leave rooms again and again', withScene(async (scene) => {
    const { server, connection, handshake } = await awaiting(scene);
    for (const id of ['a', 'a', 'b']) connection.setId(id);
    for (const room of ['r', 'r', 's']) connection.joinRoom(room);
    assert.deepEqual(connection.getRooms(), ['r', 's']);
    for (const room of ['r', 'r', 'none']) connection.leaveRoom(room);
    assert.equal(server.getRoom('r'), undefined);
    handshake.resolve();
    await until(() => connection.state === 'connected', 'connection');
    await delay(1);
    assert.deepEqual(ids(server), ['b']);
    assert.equal(server.getRoom('s').getConnectionsCount(), 1);
    assert.throws(() => connection.setId('c'), { code: 'scHandshakeEnded' });
  }));

  for (const [name, end] of /** @type {[string, (each: any) => Promise<void>][]} */ ([
    ['closed', ({ connection }) => connection.close(4000, 'no')],
    ['terminated', async ({ connection }) => connection.socket.terminate()],
    ['rejected', async ({ handshake }) => handshake.reject(new Error('no'))],
  ])) {
    it(`and is ${name} comes into no list any more`, withScene(async (scene) => {
      const each = await awaiting(scene);
      const { server, connection } = each;
      connection.joinRoom('r');
      await within(end(each), 'end');
      await until(() => connection.state === 'disconnected', 'end');
      if (name !== 'rejected') each.handshake.resolve();
      connection.joinRoom('r');
      server.rooms.add('r', connection);
      server.rooms.root.add(connection);
      await delay(20);
      assert.equal(connection.state, 'disconnected');
      assert.deepEqual([ids(server), connection.getRooms(), server.getRoom('r')], [[], [], undefined]);
      assert.throws(() => connection.setId('c'), { code: 'scHandshakeEnded' });
    }));
  }
});

describe('a connection that has ended', () => {
  it('leaves the next one in its slot alone', withScene(async (scene) => {
    const target = await scene.listen();
    const { server } = target;
    const { connection: gone } = await scene.connect(target);
    await within(gone.close(), 'end');
    const { client, connection } = await scene.connect(target);
    connection.joinRoom('r');
    gone.socket.terminate();
    gone.socket.terminate();
    gone.joinRoom('r');
    gone.leaveRoom('r');
    server.removeFromAllRooms(gone);
    server.getRoom('r').remove(gone);
    server.rooms.root.remove(gone);
    await within(Promise.all([gone.close(), gone.close(4000, 'x', Infinity), gone.socket.close()]), 'end');
    await assert.rejects(gone.ping(), { code: 'scPingError' });
    await assert.rejects(gone.send('x'), { code: 'scDisconnected' });
    await assert.rejects(gone.sendWithoutResponse('x'), { code: 'scDisconnected' });
    await client.fence();
    assert.equal(connection.state, 'connected');
    assert.deepEqual([connection.getRooms(), ids(server)], [['r'], [connection.id]]);
    assert.deepEqual([gone.bufferedAmount, gone.writableNeedDrain, gone.socket.readyState], [0, false, 3]);
  }));

  it('is the same to a server that it is not of', withScene(async (scene) => {
    const { connection } = await scene.pair();
    const other = new Server({ port: 0 });
    for (const each of [connection, undefined, null, {}, { [kSlot]: 0 }]) {
      other.rooms.add('r', each);
      other.rooms.remove('r', each);
      other.rooms.root.add(each);
      assert.equal(other.rooms.root.remove(each), false);
      other.removeFromAllRooms(each);
      assert.deepEqual(other.getRoomsOf(each), []);
    }
    assert.equal(other.getRoom('r'), undefined);
  }));

  it('was closed by any of several calls, with the code of the first that was due', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    const calls = [connection.close(4000, 'a', Infinity), connection.close(4001, 'b'), connection.close(4002, 'c')];
    await within(Promise.all(calls), 'end');
    assert.equal((await client.closed()).code, 4001);
  }));
});

describe('start() and stop()', () => {
  it('in one turn end as the last of them says, on one port', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    server.options.port = port;
    const settled = await within(
      Promise.allSettled([server.stop(), server.start(), server.stop(), server.start(), server.start(), server.stop(), server.stop(), server.start()]),
      'end of all',
    );
    assert.deepEqual(
      settled.map((each) => (each.status === 'rejected' ? each.reason.code : 'done')),
      ['done', 'sInvalidAction', 'done', 'sInvalidAction', 'sInvalidAction', 'done', 'sInvalidAction', 'done'],
    );
    assert.equal(server.address().port, port);
    await scene.connect({ server, port });
  }));

  it('stop() of a server that starts resolves when the port is free', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    await server.stop();
    for (const host of ['127.0.0.1', 'localhost']) {
      Object.assign(server.options, { host, port });
      const started = server.start();
      const refused = assert.rejects(started, { code: 'sInvalidAction', message: /stopped while it started/ });
      await within(server.stop(), 'stop');
      const other = scene.track(new Server({ host: '127.0.0.1', port }));
      await other.start();
      await other.stop();
      await refused;
    }
  }));

  it('stop() ends a start that waits for a drain, and the drain', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    connection.on('ask', () => {});
    client.json({ n: 'ask', i: '1' });
    await client.fence();
    const drained = server.stop({ drain: 60000 });
    const started = assert.rejects(server.start(), { code: 'sInvalidAction' });
    await within(Promise.all([server.stop(), drained, started]), 'end of all');
    assert.equal(connection.state, 'disconnected');
  }));
});
