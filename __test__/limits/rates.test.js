// @ts-check
'use strict';

/** How fast a client may send: `messagesPerSecond`, `bytesPerSecond`, `rateBurst`, `rateTimeout`. */

const { describe, it } = require('node:test');
const zlib = require('node:zlib');
const assert = require('node:assert/strict');
const { Opcode, encodeFrame } = require('../helpers/frames');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** Grain of the clocks, in ms. */
const GRAIN = 20;

/**
 * A connection that keeps the numbers it is sent as `number`.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} options Of the server.
 */
async function numbered(scene, options) {
  const target = await scene.listen();
  Object.assign(target.server.options, options);
  const pair = await scene.connect(target);
  /** @type {number[]} */
  const numbers = [];
  pair.connection.on('number', (/** @type {any} */ { payload }) => numbers.push(payload[0]));
  /** @type {Promise<[number, string]>} */
  const ended = new Promise((resolve) => {
    pair.connection.once('_disconnected', (/** @type {number} */ code, /** @type {string} */ reason) => resolve([code, reason]));
  });
  return { ...target, ...pair, numbers, ended };
}

/**
 * The frames of numbered messages.
 * @param {number} count
 * @param {number} [size] Bytes that each carries beside.
 */
function frames(count, size = 0) {
  const filler = 'x'.repeat(size);
  const all = Array.from({ length: count }, (_, number) => encodeFrame({ payload: JSON.stringify({ n: 'number', p: [number, filler] }) }));
  return Buffer.concat(all);
}

/** @param {number} count */
const pongs = (count) => Buffer.concat(Array(count).fill(encodeFrame({ opcode: Opcode.PONG })));

/** @param {number} count */
const upTo = (count) => Array.from({ length: count }, (_, number) => number);

describe('messagesPerSecond', () => {
  it('what is more is read later, in order, and the connection stays', withScene(async (scene) => {
    const { server, client, numbers } = await numbered(scene, { messagesPerSecond: 100, rateBurst: 100 });
    const begin = performance.now();
    client.send(frames(60));
    await delay(100);
    assert.ok(numbers.length >= 5 && numbers.length < 60, `${numbers.length} after 100 ms`);
    await until(() => numbers.length === 60, 'all there');
    // 10 at once, less what the handshake took, and 100 in a second.
    const took = performance.now() - begin;
    assert.ok(took > 500 - GRAIN, `${took} ms`);
    assert.deepEqual(numbers, upTo(60));
    await client.fence();
    const { rateDelays, rateLimited } = server.getStats();
    assert.ok(rateDelays >= 1);
    assert.equal(rateLimited, 0);
  }));

  it('a client within its rate is not held back', withScene(async (scene) => {
    const { server, client, numbers } = await numbered(scene, { messagesPerSecond: 1000 });
    for (let round = 0; round < 10; round++) {
      client.send(frames(10));
      await delay(20);
    }
    await until(() => numbers.length === 100, 'all there');
    assert.equal(server.getStats().rateDelays, 0);
  }));

  it('one that stays over it for rateTimeout is closed with 4207', withScene(async (scene) => {
    const options = { messagesPerSecond: 50, rateBurst: 100, rateTimeout: 300 };
    const { server, client, ended, numbers } = await numbered(scene, options);
    client.send(frames(1000));
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [4207, 'Rate limit']);
    assert.deepEqual(await within(ended, 'end of the connection'), [4207, 'Rate limit']);
    assert.ok(numbers.length < 60, `${numbers.length} of 1000`);
    assert.equal(server.getStats().rateLimited, 1);
  }));

  it('with rateTimeout 0 it is only read more slowly', withScene(async (scene) => {
    const { client, numbers } = await numbered(scene, { messagesPerSecond: 100, rateBurst: 10, rateTimeout: 0 });
    client.send(frames(80));
    await until(() => numbers.length === 80, 'all there');
    await client.fence();
  }));

  it('counts control frames too', withScene(async (scene) => {
    const { client, ended } = await numbered(scene, { messagesPerSecond: 50, rateBurst: 100, rateTimeout: 200 });
    client.send(Buffer.concat(Array.from({ length: 500 }, () => encodeFrame({ opcode: Opcode.PING }))));
    assert.equal((await within(ended, 'end of the connection'))[0], 4207);
    assert.ok(client.frames.filter(({ opcode }) => opcode === Opcode.PONG).length < 60);
  }));

  it('a client that is held back still gets what is sent to it, and others do not wait', withScene(async (scene) => {
    const target = await numbered(scene, { messagesPerSecond: 20, rateBurst: 50, rateTimeout: 0 });
    target.client.send(frames(1000));
    await until(() => target.server.getStats().rateDelays > 0, 'held back');
    target.server.broadcast('news', 1);
    await target.client.message(({ n }) => n === 'news');
    target.server.options.messagesPerSecond = 0;
    const { client } = await scene.connect(target);
    await client.fence();
    assert.ok(target.numbers.length < 200);
  }));

  it('a close of the application comes through', withScene(async (scene) => {
    const { client, connection } = await numbered(scene, { messagesPerSecond: 1, rateBurst: 1, rateTimeout: 0 });
    client.send(frames(100));
    await delay(50);
    connection.close(4000, 'enough');
    await client.closeFrame();
    client.destroy();
  }));
});

describe('by default', () => {
  it('100,000 messages may come at once, and a client that goes on is read more slowly', withScene(async (scene) => {
    const { server, client } = await numbered(scene, {});
    client.send(pongs(90_000));
    await client.fence();
    assert.equal(server.getStats().rateDelays, 0);
    const begin = performance.now();
    client.send(pongs(150_000));
    await client.fence();
    // At least 40,000 of them had to wait: 0.4 s, less what the first ones took.
    assert.ok(performance.now() - begin > 100, `${performance.now() - begin} ms`);
    assert.equal(server.getStats().rateDelays, 1);
    assert.equal(server.getStats().rateLimited, 0);
  }));

  it('a client that goes on for rateTimeout is closed with 4207', withScene(async (scene) => {
    const { server, client, ended } = await numbered(scene, { rateTimeout: 500 });
    const begin = performance.now();
    client.send(pongs(400_000));
    assert.deepEqual(await within(ended, 'end of the connection'), [4207, 'Rate limit']);
    assert.ok(performance.now() - begin > 500 - GRAIN);
    assert.equal(server.getStats().rateLimited, 1);
  }));

  it('a fast client is not held back', withScene(async (scene) => {
    const { server, client, numbers } = await numbered(scene, {});
    const many = frames(500);
    for (let round = 0; round < 100; round++) {
      client.send(many);
      await delay(10);
    }
    await until(() => numbers.length === 50_000, 'all there');
    assert.equal(server.getStats().rateDelays, 0);
  }));

  it('0 is no limit', withScene(async (scene) => {
    const { server, client } = await numbered(scene, { messagesPerSecond: 0, bytesPerSecond: 0 });
    client.send(pongs(400_000));
    await client.fence();
    assert.equal(server.getStats().rateDelays, 0);
  }));
});

describe('bytesPerSecond', () => {
  it('what is more is read later, of one large message as well', withScene(async (scene) => {
    const options = { bytesPerSecond: 200_000, rateBurst: 100 };
    const { client, numbers, ended } = await numbered(scene, options);
    const begin = performance.now();
    client.send(frames(1, 100_000));
    await until(() => numbers.length === 1, 'there');
    const took = performance.now() - begin;
    assert.ok(took > 400 - GRAIN, `${took} ms`);
    client.close(1000);
    assert.equal((await within(ended, 'end of the connection'))[0], 1000);
  }));

  it('one that stays over it for rateTimeout is closed with 4207', withScene(async (scene) => {
    const { client } = await numbered(scene, { bytesPerSecond: 10_000, rateBurst: 100, rateTimeout: 200 });
    client.send(frames(10, 100_000));
    assert.equal((await client.closed()).code, 4207);
  }));

  it('counts what compressed messages are inflated to', withScene(async (scene) => {
    const target = await scene.listen({
      perMessageDeflate: true, bytesPerSecond: 200_000, rateBurst: 100, rateTimeout: 300,
    });
    const client = await scene.open(target.port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
    await client.handshake();
    const text = JSON.stringify({ n: 'number', p: 'x'.repeat(100_000) });
    const deflated = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const message = encodeFrame({ rsv: 4, payload: deflated });
    assert.ok(message.length < 1000);
    client.send(Buffer.concat([message, message]));
    const { code } = await client.closed();
    assert.equal(code, 4207);
  }));
});
