// @ts-check
'use strict';

/** Values of the application that throw when they are looked at: every refusal is an error of this package. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** A proxy on which every operation throws a `TypeError`. */
function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What a `toJSON` may throw. @type {Record<string, () => any>} */
const THROWN = {
  'a revoked proxy': revoked,
  'an object whose message throws': () => ({ get message() { throw new Error('again'); } }),
  null: () => null,
  undefined: () => undefined,
  'a symbol': () => Symbol('thrown'),
};

/** Nothing can make a string of them. @type {Record<string, () => any>} */
const UNSHOWABLE = {
  'a revoked proxy': revoked,
  'an object without toString': () => ({ toString: 0, valueOf: 0 }),
  'an object without a prototype': () => Object.create(null),
  'an object whose toString throws': () => ({ toString() { throw new Error('again'); } }),
};

/** @param {string} code */
const lineError = (code) => (/** @type {any} */ error) => {
  assert.deepEqual([error.name, error.code], ['LineError', code]);
  return true;
};

/** @param {import('../process/support/scene').Scene} scene */
async function connected(scene) {
  /** @type {any} */
  let connection;
  /** @type {any[]} */
  const messages = [];
  const { server, port } = await scene.listen({}, (made) => {
    made.on('connection', (/** @type {any} */ opened) => {
      connection = opened;
      connection.on('ask', (/** @type {any} */ message) => messages.push(message));
    });
  });
  const client = await RawClient.open({ port });
  scene.defer(() => client.destroy());
  await within(client.handshake(), 'handshake');
  await until(() => connection !== undefined, 'connection');
  return { server, connection, client, messages };
}

describe('values that throw', () => {
  for (const [what, thrown] of Object.entries(THROWN)) {
    it(`a toJSON that throws ${what}`, withScene(async (scene) => {
      const { server, connection, client, messages } = await connected(scene);
      const value = { toJSON() { throw thrown(); } };
      /** @type {any[]} */
      const reported = [];
      connection.on('_error', (/** @type {any} */ error) => reported.push(error.code));
      for (const how of ['resolve', 'reject']) {
        client.text('{"n":"ask","i":"1"}');
        await until(() => messages.length > 0, 'message');
        // No handler runs any more: it is reported.
        messages.pop()[how](value);
        assert.deepEqual(reported.splice(0), ['mInvalidJson']);
      }
      await assert.rejects(connection.send('x', value), lineError('scInvalidJson'));
      await assert.rejects(connection.sendWithoutResponse('x', value), lineError('scInvalidJson'));
      await assert.rejects(server.everyone.send('x', value), lineError('mInvalidJson'));
      assert.throws(() => server.broadcast('x', value), lineError('mInvalidJson'));
      assert.throws(() => (connection.info = value), lineError('scInvalidJson'));
      assert.throws(() => new server.constructor.Message({ name: 'x', payload: value }), lineError('mInvalidJson'));
    }));
  }

  for (const [what, make] of Object.entries(UNSHOWABLE)) {
    it(`${what} among options of calls`, withScene(async (scene) => {
      const { server, connection } = await connected(scene);
      const value = make();
      const broken = { toJSON() { throw new Error('no'); } };
      await assert.rejects(server.stop({ drain: value }), lineError('sInvalidOptions'));
      await assert.rejects(connection.send(value, broken), lineError('scInvalidJson'));
      assert.throws(() => server.broadcast(value, broken), lineError('mInvalidJson'));
      await assert.rejects(server.everyone.send('x', 1, { timeout: value }), lineError('sInvalidOptions'));
      await assert.rejects(server.everyone.fetch({ limit: value }), lineError('sInvalidOptions'));
      await assert.rejects(connection.close(value), lineError('scWebsocketError'));
    }));
  }

  it('lists with holes', withScene(async (scene) => {
    const { server } = await connected(scene);
    const holes = ['a', , 'b']; // eslint-disable-line no-sparse-arrays
    assert.throws(() => server.broadcast('x', 1, { exceptRooms: holes }), lineError('sInvalidOptions'));
    assert.deepEqual(await server.room(holes).count(), { count: 0, missingNodes: [] });
    for (const name of ['allowedOrigins', 'protocols', 'trustProxy']) {
      assert.throws(() => (server.options[name] = holes), lineError('sInvalidOptions'), name);
    }
  }));
});
