// @ts-check
'use strict';

/** What all connections inflate at once (option `maxInflatingBytes`). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { Opcode } = require('../helpers/frames');
const { delay } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const RSV1 = 4;
const MIB = 1024 * 1024;

/** @param {string | Buffer} message */
function deflate(message) {
  return zlib.deflateRawSync(message, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/**
 * A server, and clients that have shaken hands.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} count
 * @param {Record<string, unknown>} options
 */
async function crowd(scene, count, options) {
  const { server, port } = await scene.listen({ perMessageDeflate: { threshold: 1e9 }, bytesPerSecond: 0, ...options });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('length', (/** @type {any} */ message) => message.resolve(message.payload.length));
  });
  const clients = await Promise.all(Array.from({ length: count }, async () => {
    const client = await scene.open(port, { headers: OFFER });
    await client.handshake();
    return client;
  }));
  return { server, port, clients };
}

/** @param {number} length @param {string} id */
function compressed(length, id) {
  return deflate(JSON.stringify({ n: 'length', p: 'x'.repeat(length), i: id }));
}

/** @param {any} client @param {string} id */
async function lengthOf(client, id) {
  return (await client.message((/** @type {any} */ { n, i }) => n === '_r' && i === id)).message.p;
}

describe('what all connections inflate at once', () => {
  it('is bounded: others wait, small messages do not, and all are served once there is room', withScene(async (scene) => {
    const { clients } = await crowd(scene, 21, { maxInflatingBytes: 4 * MIB });
    const [honest, ...holders] = clients;
    const message = compressed(8 * MIB, 'large');
    const cut = message.length - 100;
    const before = process.memoryUsage().rss;
    for (const each of holders) each.frame({ rsv: RSV1, fin: false, payload: message.subarray(0, cut) });
    await delay(300);
    for (let count = 0; count < 5; count++) assert.equal((await honest.request('length', 'abc')).message.p, 3);
    honest.frame({ rsv: RSV1, payload: compressed(10_000, 'small') });
    assert.equal(await lengthOf(honest, 'small'), 10_000);
    const grown = process.memoryUsage().rss - before;
    // One of them may grow beyond the limit.
    assert.ok(grown < 60 * MIB, `${Math.round(grown / MIB)} MiB`);
    for (const each of holders) each.frame({ opcode: Opcode.CONTINUATION, payload: message.subarray(cut) });
    for (const each of holders) assert.equal(await lengthOf(each, 'large'), 8 * MIB);
  }));

  it('those who wait go on when the others are gone', withScene(async (scene) => {
    const { clients } = await crowd(scene, 4, { maxInflatingBytes: MIB });
    const [first, second, third, last] = clients;
    const message = compressed(2 * MIB, 'cut');
    for (const each of [first, second, third]) each.frame({ rsv: RSV1, fin: false, payload: message.subarray(0, -50) });
    await delay(200);
    last.frame({ rsv: RSV1, payload: compressed(2 * MIB, 'whole') });
    await delay(200);
    assert.equal(last.texts.length, 1, 'it waits');
    for (const each of [first, second, third]) each.reset();
    assert.equal(await lengthOf(last, 'whole'), 2 * MIB);
  }));

  it('one message may be larger than the limit', withScene(async (scene) => {
    const { clients: [client] } = await crowd(scene, 1, { maxInflatingBytes: 1 });
    client.frame({ rsv: RSV1, payload: compressed(5 * MIB, 'one') });
    assert.equal(await lengthOf(client, 'one'), 5 * MIB);
  }));

  it('0 is no limit, and the limit can be changed', withScene(async (scene) => {
    const { server, clients } = await crowd(scene, 3, { maxInflatingBytes: 0 });
    const [first, second, third] = clients;
    const message = compressed(2 * MIB, 'cut');
    first.frame({ rsv: RSV1, fin: false, payload: message.subarray(0, -50) });
    second.frame({ rsv: RSV1, payload: message });
    assert.equal(await lengthOf(second, 'cut'), 2 * MIB);
    server.options.maxInflatingBytes = MIB;
    third.frame({ rsv: RSV1, payload: message });
    await delay(200);
    assert.equal(third.texts.length, 1, 'it waits');
    first.frame({ opcode: Opcode.CONTINUATION, payload: message.subarray(-50) });
    assert.equal(await lengthOf(third, 'cut'), 2 * MIB);
  }));
});
