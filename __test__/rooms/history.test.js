// @ts-check
'use strict';

/** Rooms with history, on the wire. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const WebSocket = require('ws');
const { until } = require('../helpers/timing');
const { arrive, parts, received, serve } = require('./support');

const POSITION = /^[0-9a-z]+:\d+:[0-9a-f]+$/;

describe('rooms with history', () => {
  it('tell clients that know of positions where they stand, and no others', async (t) => {
    const { server, port } = await serve(t);
    const knowing = await arrive(t, port, {});
    const plain = await arrive(t, port);
    assert.match(knowing.answer, /^\{"n":"_r","p":\{"id":"[^"]+"\},"i":"hs","e":null,"o":\{\}\}$/);
    assert.match(plain.answer, /^\{"n":"_r","p":\{"id":"[^"]+"\},"i":"hs","e":null\}$/);
    for (const client of [knowing, plain]) {
      await client.request('join', { room: 'news' });
      await client.request('join', { room: 'plain' });
    }
    server.getRoom('news').broadcast('said', { text: 'hi' });
    server.getRoom('plain').broadcast('said', 1);
    server.broadcast('said', 2);
    const [joined, said, ...others] = await received(knowing);
    const { o: start } = parts(joined);
    assert.match(start, POSITION);
    assert.equal(joined, `{"n":"_o","r":"news","o":"${start}","p":{"recovered":false,"replayed":0}}`);
    const { o: first } = parts(said);
    assert.match(first, POSITION);
    assert.equal(said, `{"n":"said","p":{"text":"hi"},"r":"news","o":"${first}"}`);
    assert.deepEqual(others, ['{"n":"said","p":1}', '{"n":"said","p":2}']);
    assert.deepEqual(await received(plain), ['{"n":"said","p":{"text":"hi"}}', ...others]);
  });

  it('send a client that comes back what it has missed, and then what follows', async (t) => {
    const { server, port } = await serve(t);
    const gone = await arrive(t, port, {});
    const { message } = await gone.request('join', { room: 'news' });
    const { position } = message.p;
    gone.socket.destroy();
    await until(() => server.getRoom('news') === undefined, 'gone');
    const other = await arrive(t, port, {});
    await other.request('join', { room: 'news' });
    for (let number = 1; number <= 3; number += 1) server.getRoom('news').broadcast('said', number);
    const back = await arrive(t, port, { news: position });
    back.json({ n: 'joinPlainly', p: 'news' });
    await back.fence();
    server.getRoom('news').broadcast('said', 4);
    const texts = await received(back);
    assert.deepEqual(texts.map((text) => parts(text).p), [1, 2, 3, { recovered: true, replayed: 3 }, 4]);
    assert.equal(parts(texts[2]).o, parts(texts[3]).o);
    // Bytes of a replay are those of the broadcast.
    assert.deepEqual(texts.slice(0, 3), (await received(other)).slice(1, 4));
  });

  it('say how a join went', async (t) => {
    const { server, port } = await serve(t);
    const first = await arrive(t, port, {});
    const joined = (await first.request('join', { room: 'news' })).message.p;
    assert.deepEqual(joined, { recovered: false, replayed: 0, position: joined.position });
    for (let number = 1; number <= 5; number += 1) server.getRoom('news').broadcast('said', number);
    // Also a client that knows of no positions, as the original's.
    const plain = await arrive(t, port);
    const rewound = (await plain.request('join', { room: 'news', rewind: 2 })).message.p;
    assert.equal(rewound.recovered, false);
    assert.equal(rewound.replayed, 2);
    assert.deepEqual(await received(plain), ['{"n":"said","p":4}', '{"n":"said","p":5}']);
    const back = await arrive(t, port, { news: joined.position });
    const recovered = (await back.request('join', { room: 'news', rewind: 2 })).message.p;
    assert.deepEqual(recovered, { recovered: true, replayed: 5, position: rewound.position });
    assert.deepEqual((await back.request('join', { room: 'news' })).message.p, { recovered: false, replayed: 0, position: rewound.position });
    assert.deepEqual((await back.request('join', { room: 'plain' })).message.p, { recovered: false, replayed: 0 });
    for (const rewind of [-1, 1.5, '2', NaN, {}]) {
      const { message } = await back.request('join', { room: 'news', rewind: Number.isNaN(rewind) ? 'NaN' : rewind });
      assert.equal(message.e.code, 'sInvalidOptions');
      assert.match(message.e.message, /"options.rewind"/);
    }
  });

  it('tell who leaves, and forget where it stood', async (t) => {
    const { server, port } = await serve(t);
    const client = await arrive(t, port, {});
    await client.request('join', { room: 'news' });
    client.json({ n: 'leave', p: 'news' });
    client.json({ n: 'leave', p: 'news' });
    await client.fence();
    const keeper = await arrive(t, port, {});
    await keeper.request('join', { room: 'news' });
    server.getRoom('news').broadcast('said', 1);
    await client.request('join', { room: 'news' });
    const texts = await received(client);
    assert.equal(texts.length, 3);
    assert.equal(texts[1], '{"n":"_o","r":"news","o":null}');
    assert.deepEqual(parts(texts[2]).p, { recovered: false, replayed: 0 });
    const connections = Object.values(server.getConnections());
    connections.forEach((connection) => server.removeFromAllRooms(connection));
    assert.equal((await received(client)).at(-1), '{"n":"_o","r":"news","o":null}');
  });

  it('know a client that has been there before', async (t) => {
    const { server, port } = await serve(t);
    const first = await arrive(t, port, {});
    const { position } = (await first.request('join', { room: 'news' })).message.p;
    const returning = () => Object.values(server.getConnections()).map((connection) => connection.returning);
    assert.deepEqual(returning(), [false]);
    const [connection] = Object.values(server.getConnections());
    first.socket.destroy();
    await until(() => connection.state === 'disconnected', 'gone');
    assert.equal(connection.returning, false);
    await assert.rejects(connection.joinRoomAsync('news'), { code: 'scDisconnected' });
    await arrive(t, port, { news: position });
    assert.deepEqual(returning(), [true]);
    await arrive(t, port, { news: 'nonsense' });
    assert.deepEqual(returning(), [true, false]);
  });

  it('keep the bytes of all rooms as they are without the option', async (t) => {
    const { server, port } = await serve(t, { history: undefined });
    const client = await arrive(t, port, { news: 'a:1:1' });
    assert.match(client.answer, /^\{"n":"_r","p":\{"id":"[^"]+"\},"i":"hs","e":null\}$/);
    assert.deepEqual((await client.request('join', { room: 'news' })).message.p, { recovered: false, replayed: 0 });
    server.getRoom('news').broadcast('said', 1);
    assert.deepEqual(await received(client), ['{"n":"said","p":1}']);
  });

  it('are read by the application', async (t) => {
    const { server } = await serve(t);
    const room = server.room('news');
    const start = await room.history();
    assert.deepEqual(start, { messages: [], position: start.position, complete: true });
    const payloads = [1, { a: [null, 'x"'] }, undefined, 'grüße', 5];
    const sent = [];
    for (const payload of payloads) sent.push((await room.broadcastAsync('said', payload)).position);
    const all = await room.history();
    assert.deepEqual(all.messages, payloads.map((payload, index) => ({ name: 'said', payload, position: sent[index] })));
    assert.deepEqual([all.position, all.complete], [sent[4], true]);
    assert.deepEqual(await room.history({ since: start.position }), all);
    const some = await room.history({ since: sent[0], limit: 2 });
    assert.deepEqual(some.messages.map(({ position }) => position), [sent[1], sent[2]]);
    assert.deepEqual([some.position, some.complete], [sent[2], true]);
    assert.deepEqual((await room.history({ since: some.position })).messages.length, 2);
    assert.deepEqual(await room.history({ since: sent[4] }), { messages: [], position: sent[4], complete: true });
    assert.deepEqual((await room.history({ limit: 2 })).messages.length, 2);
    assert.equal((await room.history({ limit: 2 })).complete, false);
    assert.equal((await room.history({ limit: 0 })).messages.length, 0);
    for (const since of ['', 'nonsense', '0:0:0', `${sent[2]}0`]) {
      const { messages, complete } = await room.history({ since });
      assert.deepEqual([messages.length, complete], [5, false], since);
    }
    assert.deepEqual(await server.room('plain').broadcastAsync('said', 1), {});
    assert.deepEqual(await server.room(['news', 'plain']).broadcastAsync('said', 1), {});
    for (const options of [5, 'news', [], new Map(), { since: 5 }, { since: {} }, { limit: -1 }, { limit: '5' }, { limit: [] }, { snce: '' }]) {
      await assert.rejects(room.history(/** @type {any} */ (options)), { code: 'sInvalidOptions' });
    }
    for (const target of [server.room('plain'), server.room([]), server.room(['news', 'chat:1']), server.everyone]) {
      await assert.rejects(target.history(), { code: 'sInvalidAction' });
    }
  });

  it('begin with a message or a member, and not by being read', async (t) => {
    const { server, port } = await serve(t);
    for (let number = 0; number < 100; number += 1) await server.room(`chat:${number}`).history();
    assert.deepEqual(server.getStats().history, { rooms: 0, bytes: 0 });
    server.room('chat:1').broadcast('said', 1);
    const client = await arrive(t, port, {});
    await client.request('join', { room: 'chat:2' });
    const { rooms, bytes } = server.getStats().history;
    assert.equal(rooms, 2);
    assert.ok(bytes > 0 && bytes < 200, `${bytes}`);
  });

  it('are counted, and who recovers there', async (t) => {
    const { server, port } = await serve(t);
    const counts = () => {
      const { recoveries, replayed } = server.getStats();
      return { ...recoveries, replayed };
    };
    assert.deepEqual(counts(), { ring: 0, failed: 0, replayed: 0 });
    const { position } = await server.room('news').broadcastAsync('said', 1);
    server.room('news').broadcast('said', 2);
    const back = await arrive(t, port, { news: position, 'chat:1': position });
    await back.request('join', { room: 'news' });
    await back.request('join', { room: 'chat:1' });
    const late = await arrive(t, port);
    await late.request('join', { room: 'news', rewind: 2 });
    assert.deepEqual(counts(), { ring: 1, failed: 1, replayed: 3 });
  });

  it('are joined and left through targets as well', async (t) => {
    const { server, port } = await serve(t);
    const first = await arrive(t, port, {});
    await first.request('join', { room: 'lobby' });
    await server.room('lobby').join('news');
    const { position } = await server.room('news').history();
    await server.room('news').broadcastAsync('said', 1);
    await server.room('lobby').leave('news');
    const texts = await received(first);
    assert.deepEqual(texts.map((text) => parts(text).n), ['_o', 'said', '_o']);
    assert.equal(parts(texts[0]).o, position);
    assert.equal(parts(texts[2]).o, null);
    const back = await arrive(t, port, { news: position });
    await back.request('join', { room: 'lobby' });
    await server.room('lobby').join('news');
    assert.deepEqual((await received(back)).map((text) => parts(text).p), [1, { recovered: true, replayed: 1 }]);
  });

  it('tell who is left out of a message that it stands behind it', async (t) => {
    const { server, port } = await serve(t);
    const sender = await arrive(t, port, {});
    const other = await arrive(t, port, {});
    for (const client of [sender, other]) await client.request('join', { room: 'news' });
    const [connection] = Object.values(server.getConnections());
    const { position } = await server.room('news').broadcastAsync('said', 1, { except: connection });
    assert.equal((await received(sender)).at(-1), `{"n":"_o","r":"news","o":"${position}"}`);
    assert.equal((await received(other)).at(-1), `{"n":"said","p":1,"r":"news","o":"${position}"}`);
    const back = await arrive(t, port, { news: position });
    assert.deepEqual((await back.request('join', { room: 'news' })).message.p, { recovered: true, replayed: 0, position });
  });

  it('send a message also to who was left out of it, and comes with a position before it', async (t) => {
    const { server, port } = await serve(t);
    const away = await arrive(t, port, {});
    const { position } = (await away.request('join', { room: 'news' })).message.p;
    const [{ id }] = Object.values(server.getConnections());
    away.socket.destroy();
    await until(() => server.getRoom('news') === undefined, 'gone');
    server.room('news').broadcast('said', 1, { except: id });
    const back = await arrive(t, port, { news: position });
    assert.equal((await back.request('join', { room: 'news' })).message.p.replayed, 1);
    assert.equal(parts((await received(back))[0]).p, 1);
  });

  it('give a message to several of them one id', async (t) => {
    const { server, port } = await serve(t);
    const client = await arrive(t, port, {});
    for (const room of ['news', 'chat:1', 'plain']) await client.request('join', { room });
    server.room(['news', 'chat:1', 'plain', 'news']).broadcast('said', 1);
    const texts = (await received(client)).filter((text) => parts(text).n === 'said').map(parts);
    assert.deepEqual(texts.map(({ r }) => r).sort(), ['chat:1', 'news']);
    assert.equal(new Set(texts.map(({ d }) => d)).size, 1);
    assert.equal((await server.room('news').history()).messages.length, 1);
  });

  it('have any name', async (t) => {
    const { server, port } = await serve(t, { history: { '*': { size: 10, ttl: 60_000 } } });
    for (const room of ['', '"\\', 'grüße', '😀', '\ud83d', '\ufffd', '\ufffdd83d', '__proto__', 'constructor', '\u2028', '\n']) {
      const first = await arrive(t, port, {});
      const { position } = (await first.request('join', { room })).message.p;
      server.getRoom(room).broadcast('said', 1);
      const [joined, said] = await received(first);
      assert.deepEqual([parts(joined).r, parts(said).r], [room, room]);
      const back = await arrive(t, port, Object.fromEntries([[room, position]]));
      assert.equal((await back.request('join', { room })).message.p.replayed, 1, JSON.stringify(room));
    }
  });
});

describe('rooms with history, compressed', () => {
  it('send the same messages to clients that compress', async (t) => {
    const { server, port } = await serve(t, { perMessageDeflate: { threshold: 0 } });
    const plain = await arrive(t, port, {});
    const { position } = (await plain.request('join', { room: 'news' })).message.p;
    for (let number = 1; number <= 20; number += 1) server.getRoom('news').broadcast('said', { number, text: 'x'.repeat(number * 50) });
    const expected = (await received(plain)).filter((text) => parts(text).n === 'said');
    for (const o of [{ news: position }, undefined]) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: true });
      t.after(() => socket.terminate());
      /** @type {string[]} */
      const texts = [];
      socket.on('message', (/** @type {any} */ data) => texts.push(String(data)));
      await new Promise((resolve) => socket.on('open', resolve));
      assert.match(socket.extensions, /permessage-deflate/);
      socket.send(JSON.stringify({ n: '_h', i: 'hs', o }));
      socket.send(JSON.stringify({ n: 'join', p: { room: 'news', rewind: 20 }, i: 'j' }));
      await until(() => texts.some((text) => text.includes('"i":"j"')), 'joined');
      server.getRoom('news').broadcast('said', 'last');
      await until(() => texts.at(-1)?.includes('last'), 'live');
      const said = texts.filter((text) => parts(text).n === 'said' && typeof parts(text).p === 'object');
      // By then the room has one more, so that 19 of these are among the last 20.
      const asSent = o === undefined ? expected.slice(1).map((text) => text.replace(/,"r":"news","o":"[^"]*"\}$/, '}')) : expected;
      assert.deepEqual(said, asSent);
    }
  });
});
