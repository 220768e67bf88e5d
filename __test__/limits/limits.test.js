// @ts-check
'use strict';

/** Limits on messages, requests and sends, and what `getStats()` counts. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Opcode, encodeFrame } = require('../helpers/frames');
const { exchange, upgradeRequest, statusOf } = require('../helpers/raw-http');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/**
 * A message in so many frames, all but the last empty.
 * @param {number} count
 */
function fragments(count) {
  const text = '{"n":"ask","i":"1"}';
  return Buffer.concat(Array.from({ length: count }, (_, index) => encodeFrame({
    opcode: index === 0 ? Opcode.TEXT : Opcode.CONTINUATION,
    fin: index === count - 1,
    payload: index === count - 1 ? text : '',
  })));
}

describe('maxFragments', () => {
  it('a message may have that many frames, and no more', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair({ maxFragments: 10 });
    connection.on('ask', (/** @type {any} */ message) => message.resolve());
    const errors = new Promise((resolve) => connection.once('_error', resolve));
    client.send(fragments(10));
    await client.message(({ i }) => i === '1');
    client.send(fragments(11));
    assert.equal((await client.closed()).code, 1009);
    const { code, payload } = await errors;
    assert.deepEqual([code, payload], ['scWebsocketError', { code: 1009 }]);
    assert.equal(server.getStats().violations, 1);
  }));

  it('0 is no limit', withScene(async (scene) => {
    const { client, connection } = await scene.pair({ maxFragments: 0 });
    connection.on('ask', (/** @type {any} */ message) => message.resolve());
    client.send(fragments(140_000));
    await client.message(({ i }) => i === '1');
  }));
});

describe('maxHeaderBytes and maxHeaders', () => {
  /** @param {number} port @param {string} request */
  const ask = async (port, request) => statusOf(await exchange(port, request, { done: (answer) => statusOf(answer) === 101 }));

  it('an upgrade request may have that many bytes, and no more', withScene(async (scene) => {
    const { server, port } = await scene.listen({ maxHeaderBytes: 1000 });
    /** @param {number} length */
    const ofLength = (length) => {
      const rest = upgradeRequest({ headers: { 'X-Filler': '' } }).length;
      return upgradeRequest({ headers: { 'X-Filler': 'x'.repeat(length - rest) } });
    };
    assert.equal(await ask(port, ofLength(1000)), 101);
    assert.equal(await ask(port, ofLength(1001)), 431);
    server.options.maxHeaderBytes = 1001;
    assert.equal(await ask(port, ofLength(1001)), 101);
    assert.equal(server.getStats().refused.request, 1);
  }));

  it('it may have that many header lines, and no more', withScene(async (scene) => {
    const { port } = await scene.listen({ maxHeaders: 7 });
    const headers = { 'X-A': 'a', 'X-B': 'b' };
    assert.equal(await ask(port, upgradeRequest({ headers })), 101);
    assert.equal(await ask(port, upgradeRequest({ headers: { ...headers, 'X-C': 'c' } })), 431);
  }));
});

describe('maxPendingSends', () => {
  it('further sends are rejected until an answer comes, pings are not', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair({ maxPendingSends: 2 });
    const sends = [connection.send('ask', 1), connection.send('ask', 2)];
    await assert.rejects(connection.send('ask', 3), { name: 'LineError', code: 'scTooManySends' });
    await connection.sendWithoutResponse('news');
    const ping = connection.ping();
    const { message } = await client.message(({ n }) => n === 'ask');
    client.json({ n: '_r', i: message.i, p: 'one', e: null });
    assert.equal(await sends[0], 'one');
    const { message: asked } = await client.message(({ n }) => n === '_p');
    client.json({ n: '_r', i: asked.i, p: 'pong', e: null });
    assert.equal(await ping, 'pong');
    connection.send('ask', 4).catch(() => {});
    await client.message(({ n, p }) => n === 'ask' && p === 4);
    server.options.maxPendingSends = 0;
    for (let i = 0; i < 10; i++) connection.send('ask', 5).catch(() => {});
    sends[1].catch(() => {});
    await client.message(({ n, p }) => n === 'ask' && p === 5);
    assert.equal(client.texts.some((text) => text.includes('"p":3')), false);
  }));
});

describe('getStats', () => {
  it('counts connections, messages and bytes', withScene(async (scene) => {
    const target = await scene.listen();
    const { server } = target;
    const zeros = server.getStats();
    assert.ok(Object.values(zeros).every((value) => value === 0 || typeof value === 'object'), JSON.stringify(zeros));
    assert.ok(Object.values(zeros.refused).every((value) => value === 0));
    const { client, connection } = await scene.connect(target);
    const other = await scene.connect(target);
    connection.on('ask', (/** @type {any} */ message) => message.resolve());
    const before = server.getStats();
    const ask = '{"n":"ask","i":"1"}';
    client.text(ask);
    const { text: answer } = await client.message(({ i }) => i === '1');
    client.text('{"n":"_p","i":"2"}');
    const { text: pong } = await client.message(({ i }) => i === '2');
    server.broadcast('news', 'é');
    const { text: news } = await other.client.message(({ n }) => n === 'news');
    const after = server.getStats();
    assert.equal(after.messagesReceived - before.messagesReceived, 2);
    assert.equal(after.bytesReceived - before.bytesReceived, ask.length + '{"n":"_p","i":"2"}'.length);
    assert.equal(after.messagesSent - before.messagesSent, 4);
    const bytes = answer.length + pong.length + 2 * Buffer.byteLength(news);
    assert.equal(after.bytesSent - before.bytesSent, bytes);
    assert.deepEqual([after.connections, after.connectionsTotal], [2, 2]);
    client.destroy();
    await until(() => server.getStats().connections === 1, 'gone');
    assert.equal(server.getStats().connectionsTotal, 2);
  }));

  it('counts upgrades refused, by reason', withScene(async (scene) => {
    const { server, port } = await scene.listen({
      upgradeTimeout: 500,
      path: '/chat',
      verifyClient: (/** @type {any} */ { req }) => req.url === '/chat' && req.headers['x-in'] === 'yes',
    });
    assert.equal(statusOf(await exchange(port, upgradeRequest({ path: '/chat' }))), 401);
    assert.equal(statusOf(await exchange(port, upgradeRequest({ path: '/other' }))), 400);
    assert.equal(statusOf(await exchange(port, 'nonsense\r\n\r\n')), 400);
    await exchange(port, 'GET / HTTP/1.1\r\n');
    const { refused, connections } = server.getStats();
    assert.deepEqual(refused, { maxConnections: 0, maxConnectionsPerAddress: 0, request: 2, application: 1, timeout: 1, stopping: 0 });
    assert.equal(connections, 0);
  }));

  it('counts slow consumers and the broadcasts they miss', withScene(async (scene) => {
    const { server, client } = await scene.pair({ maxBufferedBytes: 1000, slowConsumer: 'drop' });
    client.socket.pause();
    const piece = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 20; i++) server.broadcast('news', piece);
    const { broadcastsDropped, slowConsumers } = server.getStats();
    assert.ok(broadcastsDropped > 0 && broadcastsDropped < 20, `${broadcastsDropped} dropped`);
    assert.equal(slowConsumers, 0);
    server.options.slowConsumer = 'close';
    server.broadcast('news', piece);
    assert.equal(server.getStats().slowConsumers, 1);
  }));
});
