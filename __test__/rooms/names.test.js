// @ts-check
'use strict';

/** Names of rooms and ids of connections that cannot be written as strings are refused with an error that says so. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');

/** @type {[string, any][]} */
const UNWRITABLE = [
  ['an object without toString', Object.create(null)],
  ['an array of a symbol', [[Symbol('x')]]],
  ['an object whose toString throws', { toString() { throw new Error('mine'); } }],
];

/** @param {string} what @param {unknown} value */
const refused = (what, value) => ({
  name: 'LineError',
  code: 'sInvalidOptions',
  message: new RegExp(`^${what} must be a string, or what can be written as one; got ${Array.isArray(value) ? 'an array' : 'an object'}$`),
});

describe('what cannot be written as a string', () => {
  for (const [name, value] of UNWRITABLE) {
    it(`${name} is no name of a room`, withScene(async (scene) => {
      const target = await scene.listen({ history: { '*': { size: 1, ttl: 1000 } } });
      const { server } = target;
      const { connection } = await scene.connect(target);
      const room = refused('The name of a room', value);
      const calls = [
        () => server.room(value[0] ? [value] : value), () => server.room(['a', value]), () => server.getRoom(value),
        () => server.rooms.getRoom(value), () => connection.joinRoom(value), () => connection.leaveRoom(value),
      ];
      for (const call of calls) assert.throws(call, room, String(call));
      await assert.rejects(connection.joinRoomAsync(value), room);
      await assert.rejects(server.everyone.join(value), room);
      await assert.rejects(server.everyone.leave(value), room);
      assert.deepEqual(connection.getRooms(), []);
      await assert.rejects(server.everyone.close(value), { code: 'scWebsocketError', message: /^The close code must be/ });
      assert.equal(connection.state, 'connected');
    }));

    it(`${name} is no id of a connection`, withScene(async (scene) => {
      const target = await scene.listen();
      const { server } = target;
      const id = refused('The id of a connection', value);
      server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        try {
          assert.throws(() => connection.setId(value), id);
          await assert.rejects(connection.setIdAsync(value), id);
          await assert.rejects(connection.setIdAsync(value, { conflict: 'takeover' }), id);
          handshake.resolve();
        } catch (error) {
          handshake.reject(error);
        }
      });
      const { connection } = await scene.connect(target);
      connection.joinRoom('room');
      assert.throws(() => server.connection(value), id);
      assert.throws(() => server.getConnectionById(value), id);
      assert.throws(() => server.getRoom('room').getConnectionById(value), id);
    }));
  }

  it('a symbol can, as with the original', withScene(async (scene) => {
    const target = await scene.listen();
    target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      connection.setId(Symbol('me'));
      handshake.resolve();
    });
    const { connection } = await scene.connect(target);
    assert.throws(() => connection.setId('late'), { code: 'scHandshakeEnded', message: /"Symbol\(me\)"/ });
    assert.equal(target.server.getConnectionById(Symbol('me')), connection);
  }));
});
