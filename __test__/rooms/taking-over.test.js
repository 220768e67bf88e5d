// @ts-check
'use strict';

/** `setIdAsync`: an id that another connection has is refused, or taken from it. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until, within } = require('../helpers/timing');

/**
 * A server whose clients ask for an id in their handshake.
 * @param {import('../process/support/scene').Scene} scene
 * @param {any} [options] Those of `setIdAsync`.
 */
async function serve(scene, options) {
  const target = await scene.listen();
  target.server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
    try {
      await connection.setIdAsync(handshake.payload, options);
      handshake.resolve();
    } catch (error) {
      handshake.reject(error);
    }
  });
  return target;
}

describe('setIdAsync', () => {
  it('refuses an id that is taken', withScene(async (scene) => {
    const target = await serve(scene);
    const first = await scene.connect(target, '__proto__');
    assert.equal(first.connection.id, '__proto__');
    const second = await scene.open(target.port);
    assert.equal((await second.handshake('__proto__')).message.e.code, 'scIdConflict');
    assert.equal(first.connection.state, 'connected');
  }));

  it('takes it over: the holder is gone at once, and closed with 4208', withScene(async (scene) => {
    const target = await serve(scene, { conflict: 'takeover' });
    const { server } = target;
    const first = await scene.connect(target, 'user:1');
    first.connection.joinRoom('room');
    const heard = /** @type {unknown[]} */ ([]);
    first.connection.on('late', () => heard.push('late'));
    const ended = new Promise((resolve) => first.connection.once('_disconnected', (/** @type {number} */ ...args) => resolve(args)));
    const second = await scene.connect(target, 'user:1');
    assert.equal(server.getConnectionById('user:1'), second.connection);
    assert.equal(server.getRoom('room'), undefined);
    first.client.json({ n: 'late' });
    const { code, reason } = await first.client.closed();
    assert.deepEqual([code, reason], [4208, 'Taken over']);
    assert.deepEqual(await within(ended, 'end'), [4208, 'Taken over']);
    assert.deepEqual(heard, []);
    assert.equal(second.connection.state, 'connected');
    assert.equal(server.getConnectionById('user:1'), second.connection, 'the end of the first changes nothing');
  }));

  it('takes it over from one whose handshake is pending', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    const handshakes = /** @type {any[]} */ ([]);
    server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      await connection.setIdAsync('same', { conflict: 'takeover' });
      handshakes.push({ connection, handshake });
    });
    const clients = [await scene.open(port), await scene.open(port)];
    for (const [at, client] of clients.entries()) {
      client.json({ n: '_h', i: 'hs' });
      await until(() => handshakes.length === at + 1, 'handshake');
    }
    assert.equal((await clients[0].closed()).code, 4208);
    for (const { handshake } of handshakes) handshake.resolve();
    await clients[1].message(({ i }) => i === 'hs');
    await until(() => server.getConnectionById('same') === handshakes[1].connection, 'connection');
  }));

  it('leaves one alone that has the id itself, and refuses what cannot be', withScene(async (scene) => {
    const target = await scene.listen();
    target.server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      await connection.setIdAsync('me', { conflict: 'takeover' });
      await connection.setIdAsync('me', { conflict: 'takeover' });
      const wrong = connection.setIdAsync('x', { conflict: 'share' });
      await assert.rejects(wrong, { code: 'sInvalidOptions', message: /"options.conflict" must be 'reject' or 'takeover'; got "share"/ });
      await assert.rejects(connection.setIdAsync('x', { conflikt: 'reject' }), { code: 'sInvalidOptions' });
      handshake.resolve();
    });
    const { connection } = await scene.connect(target);
    assert.equal(connection.id, 'me');
    await assert.rejects(connection.setIdAsync('late', { conflict: 'takeover' }), { name: 'LineError', code: 'scHandshakeEnded' });
  }));
});
