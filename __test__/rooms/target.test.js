// @ts-check
'use strict';

/** Rooms and everyone as targets: whom messages reach, who is there, and what is done to all of them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { people, received } = require('./people');

/** @param {any[]} messages */
const payloads = (messages) => messages.map(({ p }) => p);

describe('broadcast of a target', () => {
  it('reaches the members, with the bytes of any broadcast', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c']);
    const [a, b] = pairs;
    a.connection.joinRoom('news');
    b.connection.joinRoom('news');
    server.room('news').broadcast('said', { text: 'hi' });
    server.room('nobody').broadcast('said', 'x');
    assert.deepEqual(await server.room('news').broadcastAsync('said'), {});
    server.everyone.broadcast('all', 1);
    for (const pair of [a, b]) {
      await received(pair);
      assert.deepEqual(pair.client.texts.slice(1, 4), ['{"n":"said","p":{"text":"hi"}}', '{"n":"said"}', '{"n":"all","p":1}']);
    }
    assert.deepEqual(payloads(await received(pairs[2])), [1]);
  }));

  it('to several rooms reaches each member once', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c', 'd']);
    const [a, b, c, d] = pairs;
    for (const room of ['x', 'y', '__proto__']) a.connection.joinRoom(room);
    b.connection.joinRoom('y');
    c.connection.joinRoom('__proto__');
    const target = server.room(['x', 'y', 'x', '__proto__', 'nobody']);
    target.broadcast('said', 1);
    assert.deepEqual(await target.count(), { count: 3, missingNodes: [] });
    for (const pair of [a, b, c]) assert.deepEqual(payloads(await received(pair)), [1]);
    assert.deepEqual(await received(d), []);
    server.room([]).broadcast('said', 2);
    assert.deepEqual(await server.room([]).count(), { count: 0, missingNodes: [] });
    assert.deepEqual(payloads(await received(a)), [1]);
  }));

  it('leaves out connections, ids and members of rooms', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c', '__proto__', 'e']);
    const [a, b, c, d, e] = pairs;
    for (const { connection } of pairs) connection.joinRoom('room');
    c.connection.joinRoom('muted');
    const room = server.room('room');
    room.broadcast('said', 1, { except: a.connection });
    room.broadcast('said', 2, { except: 'a' });
    room.broadcast('said', 3, { except: [a.connection, '__proto__', 'nobody'], exceptRooms: ['muted', 'nobody'] });
    server.broadcast('said', 4, { except: ['b'], local: true });
    room.broadcast('said', 5, { except: server.connection('a') });
    const got = [];
    for (const pair of pairs) got.push(payloads(await received(pair)));
    assert.deepEqual(got, [[4], [1, 2, 3, 5], [1, 2, 4, 5], [1, 2, 4, 5], [1, 2, 3, 4, 5]]);
    // One that has ended is no mistake.
    e.client.close(1000);
    await until(() => e.connection.state === 'disconnected', 'end');
    room.broadcast('said', 6, { except: e.connection });
    assert.deepEqual(payloads(await received(b)), [1, 2, 3, 5, 6]);
    assert.equal(d.connection.state, 'connected');
  }));

  it('keeps its place among other messages', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    a.connection.joinRoom('x');
    a.connection.joinRoom('y');
    for (let at = 0; at < 50; at += 5) {
      a.connection.sendWithoutResponse('said', at);
      server.room(['x', 'y']).broadcast('said', at + 1);
      server.broadcast('said', at + 2);
      server.room('x').broadcast('said', at + 3, { except: 'nobody' });
      server.getRoom('y').broadcast('said', at + 4);
    }
    assert.deepEqual(payloads(await received(a)), Array.from({ length: 50 }, (_, at) => at));
  }));

  it('is kept by rooms with history, and tells its position', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b'], { history: { 'kept*': { size: 10, ttl: 60_000 } } });
    const [a, b] = pairs;
    for (const { connection } of pairs) for (const room of ['kept', 'kept too', 'plain']) connection.joinRoom(room);
    const { position } = await server.room('kept').broadcastAsync('said', 1);
    assert.match(position, /^\w+:1:\w+$/);
    const second = await server.room('kept').broadcastAsync('said', 2, { except: a.connection });
    assert.match(second.position, /^\w+:2:\w+$/);
    assert.deepEqual(await server.room(['kept', 'kept too', 'plain']).broadcastAsync('said', 3, { except: 'b' }), {});
    assert.deepEqual(await server.room('plain').broadcastAsync('said', 4), {});
    assert.deepEqual(payloads(await received(a)), [1, 3, 4]);
    assert.deepEqual(payloads(await received(b)), [1, 2, 4]);
    const { responses } = await server.room('kept').send('ask', 1, { timeout: 1, atLeast: 1 });
    assert.equal(responses.size, 0);
  }));

  it('names wrong options', withScene(async (scene) => {
    const { server } = await scene.listen();
    const room = server.room('room');
    /** @type {[any, RegExp][]} */
    const wrong = [
      [5, /options must be an object; got 5/],
      [{ excpt: 'a' }, /"options.excpt" is not supported; did you mean "except"/],
      [{ except: 5 }, /"options.except" must be a connection, the id of one, or an array of these; got 5/],
      [{ except: [null] }, /"options.except" must be.*got null/],
      [{ except: {} }, /"options.except" must be.*got an object/],
      [{ exceptRooms: 'muted' }, /"options.exceptRooms" must be an array of room names; got "muted"/],
      [{ exceptRooms: [1] }, /"options.exceptRooms" must be an array/],
      [{ local: 'yes' }, /"options.local" must be a boolean; got "yes"/],
    ];
    for (const [options, message] of wrong) {
      const expected = { name: 'LineError', code: 'sInvalidOptions', message };
      assert.throws(() => room.broadcast('said', 1, options), expected);
      assert.throws(() => server.broadcast('said', 1, options), expected);
      await assert.rejects(room.broadcastAsync('said', 1, options), expected);
      await assert.rejects(room.send('said', 1, options), expected);
    }
    await assert.rejects(room.send('said', 1, { timeout: -1 }), { code: 'sInvalidOptions', message: /"options.timeout"/ });
    await assert.rejects(room.send('said', 1, { timeout: '5' }), { code: 'sInvalidOptions', message: /"options.timeout"/ });
    await assert.rejects(room.send('said', 1, { atLeast: 0 }), { code: 'sInvalidOptions', message: /"options.atLeast"/ });
    await assert.rejects(room.fetch({ limit: 1.5 }), { code: 'sInvalidOptions', message: /"options.limit"/ });
    await assert.rejects(room.fetch({ atLeast: 1 }), { code: 'sInvalidOptions', message: /"options.atLeast"/ });
    await assert.rejects(room.close(1005), { code: 'scWebsocketError' });
    assert.throws(() => room.broadcast('said', 1n), { code: 'mInvalidJson' });
    await assert.rejects(room.broadcastAsync('said', 1n), { code: 'mInvalidJson' });
    await assert.rejects(room.send('said', 1n), { code: 'mInvalidJson' });
  }));
});

describe('who is in a target', () => {
  it('is told with ids and info', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', '__proto__', '\ud83d"\n', 'd']);
    const [a, b, c] = pairs;
    for (const { connection } of [a, b, c]) connection.joinRoom('room');
    assert.equal(a.connection.info, undefined);
    a.connection.info = { name: 'Ann', tags: ['x'] };
    b.connection.info = JSON.parse('{"__proto__":1}');
    c.connection.info = null;
    const { members, missingNodes } = await server.room('room').fetch();
    assert.deepEqual(missingNodes, []);
    const infos = new Map(members.map((/** @type {any} */ { id, info }) => [id, info]));
    assert.deepEqual([...infos.keys()].sort(), ['a', '__proto__', '\ud83d"\n'].sort());
    assert.deepEqual(infos.get('a'), { name: 'Ann', tags: ['x'] });
    assert.deepEqual(Object.keys(infos.get('__proto__')), ['__proto__']);
    assert.equal(infos.get('\ud83d"\n'), null);
    assert.equal((await server.everyone.fetch()).members.length, 4);
    assert.equal((await server.everyone.fetch({ limit: 3 })).members.length, 3);
    assert.deepEqual(await server.everyone.count(), { count: 4, missingNodes: [] });
    assert.deepEqual(await server.room('nobody').fetch(), { members: [], missingNodes: [] });
  }));

  it('info is a value of its own, which assigning changes', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    const info = { n: 1 };
    a.connection.info = info;
    info.n = 2;
    a.connection.info.n = 3;
    assert.deepEqual(a.connection.info, { n: 1 });
    assert.throws(() => (a.connection.info = 1n), { name: 'LineError', code: 'scInvalidJson' });
    assert.deepEqual(a.connection.info, { n: 1 });
    const ended = new Promise((resolve) => a.connection.once('_disconnected', resolve));
    a.connection.info = undefined;
    assert.equal((await server.everyone.fetch()).members[0].info, undefined);
    a.connection.info = 'last';
    a.client.close(1000);
    await ended;
    assert.equal(a.connection.info, 'last');
    a.connection.info = 'later';
    assert.equal((await server.everyone.count()).count, 0);
  }));

  it('may be closed, and joins and leaves together', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c']);
    const [a, b, c] = pairs;
    a.connection.joinRoom('x');
    b.connection.joinRoom('x');
    b.connection.joinRoom('y');
    assert.deepEqual(await server.room('x').join('y'), { joined: 1, missingNodes: [] });
    assert.deepEqual(await server.room('y').count(), { count: 2, missingNodes: [] });
    assert.deepEqual(await server.everyone.leave('x'), { left: 2, missingNodes: [] });
    assert.equal(server.getRoom('x'), undefined);
    assert.deepEqual(await server.room('nobody').join('z'), { joined: 0, missingNodes: [] });

    const heard = /** @type {unknown[]} */ ([]);
    a.connection.on('late', () => heard.push('late'));
    assert.deepEqual(await server.room('y').close(4000, 'bye'), { closed: 2, missingNodes: [] });
    a.client.json({ n: 'late' });
    for (const { client } of [a, b]) assert.deepEqual(await client.closed().then(({ code, reason }) => [code, reason]), [4000, 'bye']);
    await until(() => a.connection.state === 'disconnected', 'end');
    assert.deepEqual(heard, []);
    assert.equal(c.connection.state, 'connected');
    assert.deepEqual(await server.room('y').close(), { closed: 0, missingNodes: [] });
  }));
});

describe('a connection by its id', () => {
  it('can be sent to, asked, looked up and closed', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    const remote = server.connection('a');
    assert.deepEqual([remote.id, remote.info], ['a', undefined]);
    a.connection.info = { n: 1 };
    assert.deepEqual((await remote.fetch()).member.info, { n: 1 });
    const [answer] = await Promise.all([
      remote.send('ask', 5),
      a.client.message(({ n }) => n === 'ask').then(({ message }) => a.client.json({ n: '_r', i: message.i, p: message.p * 2 })),
    ]);
    assert.equal(answer, 10);
    await remote.sendWithoutResponse('said', 1);
    assert.deepEqual((await received(a)).map(({ n }) => n), ['ask', 'said']);
    await assert.rejects(remote.close(1), { code: 'scWebsocketError' });
    assert.deepEqual(await remote.close(4001, 'x'), { closed: 1, missingNodes: [] });
    assert.equal((await a.client.closed()).code, 4001);
  }));

  it('that nobody has is told as disconnected', withScene(async (scene) => {
    const { server } = await scene.listen();
    for (const id of ['nobody', '__proto__', 'constructor']) {
      const remote = server.connection(id);
      await assert.rejects(remote.send('ask'), { name: 'LineError', code: 'scDisconnected', message: new RegExp(id) });
      await assert.rejects(remote.sendWithoutResponse('said'), { code: 'scDisconnected' });
      assert.deepEqual(await remote.close(), { closed: 0, missingNodes: [] });
      assert.deepEqual(await remote.fetch(), { member: undefined, missingNodes: [] });
    }
  }));
});
