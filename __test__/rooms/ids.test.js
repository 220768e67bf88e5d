// @ts-check
'use strict';

/** Ids of connections: those that an application sets, of any type, and those that it does not. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { Bus } = require('../cluster/support/bus');
const { startJoined } = require('../cluster/support/joined');
const { connect } = require('../cluster/support/members');
const { WITHOUT_REDIS } = require('../cluster/support/needs');

const UUID = (/** @type {number} */ version) => new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);

/** What is set, its text, and what the client is told, as the original does it. @type {[id: any, text: string, told: string][]} */
const ODD = [
  ['', '', '{"id":""}'],
  [7, '7', '{"id":7}'],
  [-0, '0', '{"id":0}'],
  [NaN, 'NaN', '{"id":null}'],
  [true, 'true', '{"id":true}'],
  [null, 'null', '{"id":null}'],
  [undefined, 'undefined', '{}'],
  [['a', 'b'], 'a,b', '{"id":["a","b"]}'],
  [{ toString: () => 'me', toJSON: () => 'you' }, 'me', '{"id":"you"}'],
  ['\ud800', '\ud800', '{"id":"\\ud800"}'],
];

const circular = {};
Object.assign(circular, { circular });

/** What JSON cannot write. @type {[id: any, got: RegExp][]} */
const REFUSED = [
  [7n, /got the BigInt 7$/],
  [2n ** 64n, /got the BigInt 18446744073709551616$/],
  [circular, /got an object$/],
  [{ toJSON() { throw new Error('mine'); } }, /got an object$/],
];

/**
 * Sets an id in the handshake of a client.
 * @param {import('../process/support/scene').Scene} scene
 * @param {any} target
 * @param {(connection: any) => unknown} set
 */
function handshake(scene, target, set) {
  target.server.once('handshake', async (/** @type {any} */ connection, /** @type {any} */ message) => {
    try {
      await set(connection);
      message.resolve();
    } catch (error) {
      message.reject(error);
    }
  });
  return scene.connect(target);
}

describe('ids that are set', () => {
  for (const how of /** @type {const} */ (['setId', 'setIdAsync'])) {
    it(`${how}: a value that is no string is kept, told as JSON, and found by its text`, withScene(async (scene) => {
      const target = await scene.listen();
      for (const [id, text, told] of ODD) {
        const { connection, response } = await handshake(scene, target, (pending) => pending[how](id));
        assert.equal(response.text, `{"n":"_r","p":${told},"i":"hs","e":null}`);
        assert.ok(Object.is(connection.id, id), text);
        for (const key of [id, text]) assert.equal(target.server.getConnectionById(key), connection);
        assert.ok(Object.keys(target.server.getConnections()).includes(text));
        const taken = (/** @type {any} */ pending) => assert.rejects(async () => pending[how](text), { code: 'scIdConflict' });
        await handshake(scene, target, taken);
      }
    }));

    it(`${how}: a BigInt, and what else JSON cannot write, is refused, and the connection keeps its id`, withScene(async (scene) => {
      const target = await scene.listen();
      for (const [id, got] of REFUSED) {
        const { connection } = await handshake(scene, target, async (pending) => {
          const refused = { name: 'LineError', code: 'sInvalidOptions', message: got };
          await assert.rejects(async () => pending[how](id), refused);
          await assert.rejects(async () => pending[how](id), /^LineError: The id of a connection goes to its client as JSON, .* give a string/);
        });
        assert.match(connection.id, UUID(4));
      }
      // The text of one is an id as any other.
      const { connection } = await handshake(scene, target, (pending) => pending[how](String(2n ** 64n)));
      assert.equal(target.server.getConnectionById(2n ** 64n), connection);
    }));
  }

  it('on many servers an id is its text', { skip: WITHOUT_REDIS }, withScene(async (scene) => {
    const { redis } = await startJoined(scene, 0);
    const [one, two] = [await scene.listen({ adapter: { redis: redis.url } }), await scene.listen({ adapter: { redis: redis.url } })];
    for (const { server } of [one, two]) if (server.nodes.state !== 'up') await new Promise((resolve) => server.nodes.once('_up', resolve));
    const { connection } = await handshake(scene, one, (pending) => pending.setIdAsync(7));
    assert.equal(connection.id, 7);
    connection.joinRoom('room');
    for (const id of [7, '7', 7n]) {
      const taken = (/** @type {any} */ pending) => assert.rejects(async () => pending.setIdAsync(id), { code: id === 7n ? 'sInvalidOptions' : 'scIdConflict' });
      await handshake(scene, two, taken);
    }
    const { members } = await two.server.room('room').fetch();
    assert.deepEqual(members.map(({ id }) => id), ['7']);
    assert.deepEqual(await two.server.connection(7).close(), { closed: 1, missingNodes: [] });
  }));

  it('on many servers an id that is refused leaves the one that was set after it', { skip: WITHOUT_REDIS }, withScene(async (scene) => {
    const { redis } = await startJoined(scene, 0);
    const [one, two] = [await scene.listen({ adapter: { redis: redis.url } }), await scene.listen({ adapter: { redis: redis.url } })];
    for (const { server } of [one, two]) if (server.nodes.state !== 'up') await new Promise((resolve) => server.nodes.once('_up', resolve));
    await handshake(scene, one, (pending) => pending.setIdAsync('taken'));
    const { connection } = await handshake(scene, two, async (pending) => {
      const refused = assert.rejects(pending.setIdAsync('taken'), { code: 'scIdConflict', message: /"taken"/ });
      await Promise.all([refused, pending.setIdAsync('free')]);
    });
    assert.equal(connection.id, 'free');
  }));
});

describe('an id that another server refuses', () => {
  it('leaves the connection with one of its own when its earlier id was taken meanwhile', withScene(async (scene) => {
    const bus = new Bus();
    const [one, two] = [await scene.listen({ adapter: bus.engine() }), await scene.listen({ adapter: bus.engine() })];
    await until(() => [one, two].every(({ server }) => server.nodes.list().length === 2), 'known', 10000);
    await handshake(scene, one, (pending) => pending.setIdAsync('taken'));
    /** @type {[connection: any, message: any][]} */
    const pending = [];
    two.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => pending.push([connection, message]));
    const clients = [scene.connect(two), scene.connect(two)];
    await until(() => pending.length === 2, 'handshakes');
    const [[connection], [other]] = pending;
    connection.setId('mine');
    const refused = assert.rejects(connection.setIdAsync('taken'), { code: 'scIdConflict', message: /"taken"/ });
    other.setId('mine');
    await refused;
    for (const [, message] of pending) message.resolve();
    await Promise.all(clients);
    assert.equal(two.server.getConnectionById('mine'), other);
    assert.match(connection.id, UUID(4));
    assert.equal(two.server.getConnectionById('taken'), undefined);
  }));
});

describe('ids that are not set', () => {
  it('are UUIDs of version 4, and of version 8 with bits of the server on many servers', { skip: WITHOUT_REDIS }, withScene(async (scene) => {
    const { connection } = await scene.connect(await scene.listen());
    assert.match(connection.id, UUID(4));
    const { nodes } = await startJoined(scene, 2);
    for (const node of nodes) {
      const [{ id }] = await node.do('nodes');
      const members = await Promise.all(Array.from({ length: 10 }, () => connect(scene, node)));
      assert.equal(new Set(members.map((member) => member.id)).size, 10);
      for (const member of members) {
        assert.match(member.id, UUID(8));
        assert.equal(member.id.slice(0, 8), id.slice(0, 8));
      }
    }
  }));
});
