// @ts-check
'use strict';

/** Values of the application that throw when they are looked at: every refusal is an error of this package. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { until, within } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');
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

/** What handlers may return that is like a promise, and is none, or another one. @type {Record<string, () => any>} */
const RETURNED = {
  'a revoked proxy': revoked,
  'an object that does not tell what it is': () => ({ get [Symbol.toStringTag]() { throw new Error('no'); } }),
  'an object that says it is a promise': () => ({ [Symbol.toStringTag]: 'Promise' }),
  'a promise with another then': () => Object.assign(Promise.resolve(), { then() { throw new Error('no'); } }),
  'a promise of a class that cannot be made': () => class extends Promise {
    static get [Symbol.species]() {
      throw new Error('no');
    }
  }.resolve(),
  'a proxy of a promise': () => new Proxy(Promise.resolve(), {}),
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

  for (const [what, make] of Object.entries(RETURNED)) {
    it(`a handler that returns ${what} when its answer has failed`, withScene(async (scene) => {
      const { connection, client } = await connected(scene);
      /** @type {string[]} */
      const reported = [];
      connection.on('_error', (/** @type {any} */ { code }) => reported.push(code));
      connection.on('caught', (/** @type {any} */ message) => {
        assert.throws(() => message.resolve(1n));
        return make();
      });
      connection.on('late', (/** @type {any} */ message) => {
        setTimeout(() => message.resolve(1n), 1);
        return make();
      });
      const { fatal } = await collectFatal(async () => {
        // Whether there is an id is the client's choice.
        for (const name of ['caught', 'late']) for (const id of ['', ',"i":"1"']) client.text(`{"n":"${name}"${id}}`);
        await client.fence();
        await until(() => reported.length === 2, 'late ones');
      });
      assert.deepEqual(fatal, []);
      assert.deepEqual(reported.sort(), ['mInvalidJson', 'mMissingId']);
    }));
  }
});
