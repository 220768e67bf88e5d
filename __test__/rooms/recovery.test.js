// @ts-check
'use strict';

/** The client of this package in rooms with history, over a network that breaks. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const LineClient = require('../../client-node.js');
const { clients } = require('../helpers/clients');
const { implementations } = require('../helpers/implementations');
const { delay, until, within } = require('../helpers/timing');
const { reservePort } = require('../helpers/ports');
const { RawClient } = require('../helpers/raw-client');
const { Network, person } = require('./history-support');
const { HISTORY, arrive, serve } = require('./support');

/** @param {any} server @param {string} room @param {number} count @param {number} [from] */
function say(server, room, count, from = 1) {
  for (let number = from; number < from + count; number += 1) server.getRoom(room).broadcast('said', number);
}

/** @param {number} count @param {number} [from] */
const numbers = (count, from = 1) => Array.from({ length: count }, (_, index) => index + from);

/** A member that is always there. @param {import('node:test').TestContext} t @param {number} port @param {string[]} rooms */
async function keep(t, port, rooms) {
  const client = await arrive(t, port);
  for (const room of rooms) await client.request('join', { room });
}

describe('the client in rooms with history', () => {
  it('gets what it has missed while the network was down, once and in order', async (t) => {
    const { server, port } = await serve(t);
    const network = await Network.open(t, port);
    await keep(t, port, ['news', 'chat:1']);
    const { client, said, recoveries } = person(t, network.url, ['news', 'chat:1']);
    await until(() => Object.keys(client.positions).length === 2, 'in the rooms');
    say(server, 'news', 5);
    await until(() => said.length === 5, 'told');
    network.down();
    say(server, 'news', 20, 6);
    say(server, 'chat:1', 5, 100);
    await delay(30);
    network.up();
    await until(() => recoveries.length === 2, 'recovered');
    say(server, 'news', 5, 26);
    await until(() => said.length === 35, 'all told');
    assert.deepEqual(said.filter((number) => number < 100), numbers(30));
    assert.deepEqual(said.filter((number) => number >= 100), numbers(5, 100));
    assert.deepEqual(recoveries.sort((a, b) => a.replayed - b.replayed), [
      { room: 'chat:1', recovered: true, replayed: 5 },
      { room: 'news', recovered: true, replayed: 20 },
    ]);
  });

  it('gets everything however often a replay is cut', async (t) => {
    // All messages are kept: on a busy machine a client may not get any for several rounds.
    const { server, port } = await serve(t, { history: { news: { size: 200, maxReplay: 200, ttl: 60_000 } } });
    const network = await Network.open(t, port);
    await keep(t, port, ['news']);
    const { client, said, recoveries } = person(t, network.url, ['news'], { rewind: 3 });
    await until(() => client.positions.news !== undefined, 'in the room');
    let next = 1;
    for (let round = 0; round < 12; round += 1) {
      network.down();
      say(server, 'news', 12, next);
      next += 12;
      // The handshake takes some 250 bytes; then cut anywhere in the messages.
      network.cutAfter(200 + round * 67);
      network.up();
      await delay(60);
    }
    network.cutAfter(Infinity);
    await until(() => said.length >= next - 1, 'all told');
    say(server, 'news', 1, next);
    await until(() => said.at(-1) === next, 'live');
    assert.deepEqual(said, numbers(next));
    assert.ok(recoveries.every(({ recovered }) => recovered));
  });

  it('gets a message to several rooms once, live or later', async (t) => {
    const { server, port } = await serve(t);
    const network = await Network.open(t, port);
    const rooms = ['news', 'chat:1', 'plain'];
    const { client, said, recoveries } = person(t, network.url, rooms);
    await until(() => Object.keys(client.positions).length === 2, 'in the rooms');
    await until(() => server.getRoom('plain') !== undefined, 'in all');
    server.room(rooms).broadcast('said', 1);
    await until(() => said.length > 0, 'told');
    network.down();
    for (const number of [2, 3]) server.room(rooms).broadcast('said', number);
    network.up();
    await until(() => recoveries.length === 2, 'recovered');
    server.room(rooms).broadcast('said', 4);
    await until(() => said.includes(4), 'live');
    await client.ping();
    assert.deepEqual(said, [1, 2, 3, 4]);
  });

  it('is told when something is lost', async (t) => {
    const { server, port } = await serve(t);
    const network = await Network.open(t, port);
    await keep(t, port, ['chat:1']);
    const { client, said, recoveries } = person(t, network.url, ['chat:1'], { rewind: 2 });
    await until(() => client.positions['chat:1'] !== undefined, 'in the room');
    network.down();
    say(server, 'chat:1', 6);
    network.up();
    await until(() => said.length === 2, 'told');
    assert.deepEqual(recoveries, [{ room: 'chat:1', recovered: false, replayed: 2 }]);
    assert.deepEqual(said, [5, 6]);
    // From there on it recovers again.
    network.down();
    say(server, 'chat:1', 3, 7);
    network.up();
    await until(() => recoveries.length === 2, 'recovered');
    assert.deepEqual(said, numbers(5, 5));
    assert.deepEqual(recoveries[1], { room: 'chat:1', recovered: true, replayed: 3 });
  });

  it('recovers nothing of a server that was started anew', async (t) => {
    const first = await serve(t);
    const { client, said, recoveries } = person(t, first.url, ['news']);
    await until(() => client.positions.news !== undefined, 'in the room');
    const before = client.positions.news;
    await first.server.stop();
    await first.server.start().catch(() => {});
    const second = await serve(t, { port: first.port }).catch(() => undefined);
    const server = second?.server ?? first.server;
    await until(() => recoveries.length === 1, 'told', 8000);
    // The same server keeps its rooms for their ttl; a new one has none.
    assert.equal(recoveries[0].recovered, second === undefined);
    if (second !== undefined) assert.notEqual(client.positions.news, before);
    say(server, 'news', 1);
    await until(() => said.length === 1, 'told');
  });

  it('keeps its positions over a page load', async (t) => {
    const { server, port, url } = await serve(t);
    await keep(t, port, ['news']);
    const before = person(t, url, ['news']);
    await until(() => before.client.positions.news !== undefined, 'in the room');
    say(server, 'news', 2);
    await until(() => before.said.length === 2, 'told');
    const stored = JSON.stringify(before.client.positions);
    await before.client.dispose();
    say(server, 'news', 3, 3);
    const after = person(t, url, ['news'], { options: { positions: JSON.parse(stored) } });
    await until(() => after.recoveries.length === 1, 'recovered');
    assert.deepEqual(after.said, [3, 4, 5]);
    // A first page has none.
    const first = person(t, url, ['news'], { options: { positions: JSON.parse('null') } });
    await until(() => first.client.positions.news !== undefined, 'in the room');
    assert.deepEqual(first.recoveries, []);
    for (const positions of [5, 'news', true]) {
      assert.throws(() => new LineClient(url, /** @type {any} */ ({ positions })), { code: 'cInvalidOptions', message: /positions/ });
    }
  });

  it('forgets a room that it has left', async (t) => {
    const { url } = await serve(t);
    const { client, recoveries } = person(t, url, ['news', 'chat:1', '__proto__']);
    await until(() => Object.keys(client.positions).length === 2, 'in the rooms');
    await client.sendWithoutResponse('leave', 'news');
    await until(() => Object.keys(client.positions).length === 1, 'out');
    assert.deepEqual(Object.keys(client.positions), ['chat:1']);
    client.disconnect(1000, '', true);
    await until(() => recoveries.length === 1, 'back');
    assert.equal(recoveries[0].room, 'chat:1');
  });

  it('brings no more than a handshake may hold', async (t) => {
    const { url } = await serve(t);
    const positions = Object.fromEntries(numbers(5000).map((number) => [`chat:${number}`, `k3f9:${number}:7c`]));
    const { client } = person(t, url, ['news'], { options: { positions, handshake: { payload: 'x'.repeat(10_000) } } });
    await until(() => client.positions.news !== undefined, 'in the room');
    const left = Object.keys(client.positions);
    assert.ok(left.length > 300 && left.length < 1000, `${left.length}`);
    assert.equal(left.at(-2), 'chat:5000');
  });

  for (const { name, Client } of clients()) {
    it(`works on such a server with other clients (${name})`, async (t) => {
      const { server, port, url } = await serve(t);
      const client = new Client(url, { reconnect: false });
      /** @type {any[]} */
      const events = [];
      client.on('said', (/** @type {any} */ message) => events.push(message.payload));
      client.on('_error', (/** @type {any} */ error) => events.push(error));
      await client.connectAsync();
      const joined = await client.send('join', { room: 'news' });
      assert.equal(joined.recovered, false);
      say(server, 'news', 3);
      await client.sendWithoutResponse('leave', 'news');
      await client.ping();
      assert.deepEqual(events, [1, 2, 3]);
      await client.disconnectAsync();
      assert.ok(port);
    });
  }

  for (const { name, Server } of implementations()) {
    it(`works on servers without history (${name})`, async (t) => {
      const port = await reservePort();
      const server = new Server({ port, host: '127.0.0.1' });
      await server.start();
      t.after(() => server.stop());
      /** @type {any[]} */
      const errors = [];
      server.on('connection', (/** @type {any} */ connection) => {
        connection.on('_error', (/** @type {any} */ error) => errors.push(error));
        connection.joinRoom('news');
        connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
      });
      const { client, said, recoveries } = person(t, `ws://127.0.0.1:${port}`, [], { options: { positions: { news: 'k3f9:42:7c' } } });
      await within(new Promise((resolve) => client.once('_connected', resolve)), 'connected');
      assert.equal(await client.send('echo', 5), 5);
      say(server, 'news', 2);
      await until(() => said.length === 2, 'told');
      assert.deepEqual(errors, []);
      assert.deepEqual(recoveries, []);
      assert.deepEqual(client.positions, { news: 'k3f9:42:7c' });
    });
  }
});

describe('positions that are forged', () => {
  it('bring nothing, and never messages of another room', async (t) => {
    const { server, port } = await serve(t);
    await keep(t, port, ['news', 'chat:secret']);
    const probe = await arrive(t, port, {});
    const { position } = (await probe.request('join', { room: 'news' })).message.p;
    say(server, 'news', 3);
    say(server, 'chat:secret', 3, 100);
    const spy = await arrive(t, port, {});
    const secret = (await spy.request('join', { room: 'chat:secret' })).message.p.position;
    const [epoch, , tag] = position.split(':');
    const forged = [
      secret, `${epoch}:99:${tag}`, `${epoch}:1:ffff`, `${epoch}:2:${tag}`, `0:0:0`, `${epoch}:-1:0`, `${epoch}:1e999:0`,
      `${epoch}:18446744073709551615:0`, `${epoch}:99999999999999999999999:0`, `${'z'.repeat(13)}:1:1`, `${epoch}:1.5:0`,
      `${epoch}:0:0:0`, `${epoch}`, ':::', '', 'null', '\u0000', `${position} `, 'x'.repeat(10_000),
      null, true, 5, [], [position], {}, { o: position },
    ];
    for (const each of forged) {
      const client = await arrive(t, port, { news: each, 'chat:secret': each === secret ? position : each });
      const joined = (await client.request('join', { room: 'news' })).message.p;
      assert.deepEqual([joined.recovered, joined.replayed], [false, 0], JSON.stringify(each));
      assert.ok(!client.texts.some((text) => text.includes('"said"')), JSON.stringify(each));
    }
    // Numbers that JSON.stringify does not write.
    for (const o of ['{"news":1e999}', '{"news":-0}', '1e999', '[]', '"news"', 'true', '[{"news":"a:1:1"}]', '{"news":"a:1:1","news":5}']) {
      const client = await RawClient.open({ port });
      t.after(() => client.socket.destroy());
      client.text(`{"n":"_h","i":"hs","o":${o}}`);
      await client.message((message) => message.n === '_r');
      assert.equal((await client.request('join', { room: 'news' })).message.p.recovered, false, o);
    }
  });

  it('are ignored when they are too many', async (t) => {
    const { port } = await serve(t, { maxHandshakePayload: 1024 * 1024, history: { ...HISTORY, '*': { size: 5, ttl: 60_000 } } });
    const probe = await arrive(t, port, {});
    const { position } = (await probe.request('join', { room: 'news' })).message.p;
    /** @param {number} rooms @param {number} [length] Of their names. */
    const recovered = async (rooms, length = 4) => {
      const others = numbers(rooms - 1).map((number) => [String(number).padStart(length, '0'), position]);
      const client = await arrive(t, port, { news: position, ...Object.fromEntries(others) });
      assert.match(client.answer, /,"o":\{\}\}$/);
      return (await client.request('join', { room: 'news' })).message.p.recovered;
    };
    assert.equal(await recovered(1000), true);
    assert.equal(await recovered(1001), false);
    assert.equal(await recovered(500, 80), true);
    assert.equal(await recovered(700, 80), false);
  });

  it('do not outlive their connections', async (t) => {
    const { server, port } = await serve(t);
    for (let round = 0; round < 200; round += 1) {
      const client = await RawClient.open({ port });
      client.json({ n: '_h', i: 'hs', o: Object.fromEntries(numbers(100).map((number) => [`chat:${number}`, 'a:1:1'])) });
      client.socket.end();
      client.socket.destroy();
    }
    await until(() => server.getStats().connections === 0, 'gone');
  });
});
