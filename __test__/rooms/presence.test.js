// @ts-check
'use strict';

/** Presence: who is in a room, and who comes and goes; one that comes back in time was never gone. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');
const { people } = require('./people');

/**
 * What a room's presence emits, in words.
 * @param {any} server
 * @param {string} room
 */
function watch(server, room) {
  const presence = server.room(room).presence();
  const events = /** @type {string[]} */ ([]);
  presence.on('join', (/** @type {any} */ { id }) => events.push(`+${id}`));
  presence.on('leave', (/** @type {any} */ { id }) => events.push(`-${id}`));
  const changes = /** @type {any[]} */ ([]);
  presence.on('change', (/** @type {any} */ change) => changes.push(change));
  return { presence, events, changes };
}

/** @param {any} pair */
async function end({ client, connection }) {
  client.close(1000);
  await until(() => connection.state === 'disconnected', 'end');
}

describe('presence', () => {
  it('lists members with their info', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', '__proto__', 'c'], { presence: { 'room*': { leaveDelay: 0 } } });
    const [a, b, c] = pairs;
    a.connection.info = { name: 'Ann' };
    a.connection.joinRoom('room:1');
    b.connection.joinRoom('room:1');
    c.connection.joinRoom('room:2');
    b.connection.info = [1];
    const presence = server.room('room:1').presence();
    const { members, missingNodes } = await presence.list();
    const expected = [{ id: '__proto__', info: [1] }, { id: 'a', info: { name: 'Ann' } }];
    assert.deepEqual(members.sort((/** @type {any} */ x, /** @type {any} */ y) => (x.id < y.id ? -1 : 1)), expected);
    assert.deepEqual(missingNodes, []);
    assert.deepEqual(await presence.count(), { count: 2, missingNodes: [] });
    assert.equal((await presence.list({ limit: 1 })).members.length, 1);
    await end(a);
    assert.deepEqual((await presence.list()).members, [{ id: '__proto__', info: [1] }]);
    assert.deepEqual(await server.room('room:nobody').presence().count(), { count: 0, missingNodes: [] });
  }));

  it('tells who comes and goes, and what has changed', withScene(async (scene) => {
    const { server, port, pairs: [a, b] } = await people(scene, ['a', 'b'], { presence: { room: { leaveDelay: 0, events: 'each' } } });
    const { events, changes } = watch(server, 'room');
    a.connection.joinRoom('room');
    a.connection.joinRoom('room');
    b.connection.joinRoom('room');
    a.connection.leaveRoom('room');
    a.connection.joinRoom('room');
    a.connection.info = 'busy';
    await end(b);
    const c = await scene.connect({ server, port }, 'c');
    c.connection.joinRoom('room');
    await until(() => events.includes('+c'), 'events');
    assert.deepEqual(events, ['+a', '+b', '-a', '+a', '-b', '+c']);
    assert.deepEqual(changes.flatMap(({ changed }) => changed), [{ id: 'a', info: 'busy' }]);
    const sum = (/** @type {'joined' | 'left'} */ key) => changes.reduce((total, change) => total + change[key], 0);
    assert.deepEqual([sum('joined'), sum('left'), changes[changes.length - 1].count], [4, 2, 2]);
  }));

  it('tells of very many that leave at once, each before the change that it is part of', withScene(async (scene) => {
    const ids = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const { server, pairs } = await people(scene, ids, { presence: { room: { leaveDelay: 0 } } });
    for (const { connection } of pairs) connection.joinRoom('room');
    const { events, changes } = watch(server, 'room');
    // What was there before the listeners is not told, or in one change.
    for (const { client } of pairs) client.socket.destroy();
    const left = () => changes.reduce((sum, change) => sum + change.left, 0);
    await until(() => left() === ids.length, 'leaving');
    assert.deepEqual(events.filter((event) => event.startsWith('-')).sort(), ids.map((id) => `-${id}`).sort());
    assert.equal(changes.at(-1).count, 0);
  }));

  it('hides reconnections, by the id', withScene(async (scene) => {
    const { server, port, pairs: [a, b] } = await people(scene, ['a', 'b'], { presence: { room: { leaveDelay: 400, events: 'each' } } });
    a.connection.joinRoom('room');
    b.connection.joinRoom('room');
    const { presence, events } = watch(server, 'room');
    a.client.reset();
    await end(b);
    await until(() => a.connection.state === 'disconnected', 'end');
    assert.equal((await presence.count()).count, 2, 'both may come back');
    assert.equal((await server.room('room').count()).count, 0, 'nobody can be sent to');
    const again = await scene.connect({ server, port }, 'a');
    again.connection.joinRoom('room');
    await until(() => events.length > 0, 'leave');
    assert.deepEqual(events, ['-b']);
    assert.deepEqual((await presence.list()).members, [{ id: 'a', info: undefined }]);
    // Who says so leaves at once.
    again.connection.leaveRoom('room');
    await until(() => events.length > 1, 'leave');
    assert.deepEqual([events, (await presence.count()).count], [['-b', '-a'], 0]);
  }));

  it('gathers changes for a moment, in which coming and going is nothing', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c'], { presence: { '*': {} } });
    const [a, b, c] = pairs;
    c.connection.joinRoom('room');
    const { events, changes } = watch(server, 'room');
    a.connection.joinRoom('room');
    a.connection.leaveRoom('room');
    b.connection.joinRoom('room');
    c.connection.leaveRoom('room');
    c.connection.joinRoom('room');
    await until(() => changes.length > 0, 'change');
    assert.deepEqual(events, ['+b']);
    assert.deepEqual(changes, [{ count: 2, joined: 1, left: 0, changed: [] }]);
  }));

  it('of a taken over id stays', withScene(async (scene) => {
    const target = await scene.listen({ presence: { room: { events: 'each' } } });
    target.server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      await connection.setIdAsync(handshake.payload, { conflict: 'takeover' });
      handshake.resolve();
    });
    target.server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
    const { events, presence } = watch(target.server, 'room');
    const first = await scene.connect(target, 'a');
    await scene.connect(target, 'a');
    assert.equal((await first.client.closed()).code, 4208);
    await scene.connect(target, 'b');
    await until(() => events.includes('+b'), 'join');
    assert.deepEqual([events, (await presence.count()).count], [['+a', '+b'], 2]);
  }));

  it('tells listeners only, and survives one that throws', withScene(async (scene, test) => {
    const { server, pairs: [a] } = await people(scene, ['a'], { presence: { room: { events: 'each' }, quiet: { events: 'none' } } });
    const taken = test.mock.method(server[require('../../lib/symbols.js').kPresences], 'onChanged');
    const { presence, events } = watch(server, 'room');
    const quiet = watch(server, 'quiet');
    presence.removeAllListeners();
    a.connection.joinRoom('room');
    a.connection.joinRoom('quiet');
    await a.client.fence();
    const second = watch(server, 'room');
    second.presence.once('leave', () => { throw new Error('of the test'); });
    const { fatal } = await collectFatal(async () => {
      a.connection.leaveRoom('room');
      await until(() => second.changes.length > 0, 'leave');
    });
    assert.deepEqual([events, second.events, quiet.events], [[], ['-a'], []]);
    assert.deepEqual(fatal.map(({ message }) => message), ['of the test']);
    assert.equal(taken.mock.callCount(), 1);
  }));

  it('is of single rooms that have it', withScene(async (scene) => {
    const { server } = await scene.listen({ presence: { a: {}, 'b*': {} } });
    for (const target of [server.room('c'), server.room('A'), server.room(['a', 'b']), server.everyone]) {
      assert.throws(() => target.presence(), { name: 'LineError', code: 'sInvalidAction' });
    }
    await assert.rejects(server.room('b').presence().list({ limit: -1 }), { code: 'sInvalidOptions', message: /"options.limit"/ });
    /** @type {[any, RegExp][]} */
    const wrong = [
      [5, /"options.presence" must be an object/],
      [{ a: true }, /"options.presence\["a"\]" must be an object/],
      [{ 'a*b': {} }, /must have its \* at the end/],
      [{ a: { leaveDelay: -1 } }, /"options.presence\["a"\].leaveDelay" must be an integer from 0/],
      [{ a: { events: 'all' } }, /"options.presence\["a"\].events" must be 'each', 'batched' or 'none'; got "all"/],
      [{ a: { delay: 1 } }, /is not supported/],
    ];
    for (const [presence, message] of wrong) {
      assert.throws(() => new scene.Server({ presence }), { name: 'LineError', code: 'sInvalidOptions', message });
    }
  }));
});
