// @ts-check
'use strict';

/** What a client may send before its handshake is resolved (option `maxHandshakePayload`). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { Opcode } = require('../helpers/frames');
const { withScene } = require('../process/support/scene');

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const RSV1 = 4;
const KIB = 1024;
const MIB = 1024 * KIB;

/** @param {string | Buffer} message */
function deflate(message) {
  return zlib.deflateRawSync(message, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** @param {number} length @param {string} [name] @param {string} [id] */
function text(length, name = '_h', id = '1') {
  const empty = JSON.stringify({ n: name, p: '', i: id });
  return JSON.stringify({ n: name, p: 'x'.repeat(length - empty.length), i: id });
}

/** What is sent before the handshake is resolved. @type {[string, (client: any) => void][]} */
const TOO_MUCH = [
  ['a handshake message', (client) => client.text(text(64 * KIB + 1))],
  ['one that is only announced', (client) => client.frame({ claim: BigInt(64 * KIB + 1), payload: '{' })],
  ['a binary one', (client) => client.frame({ opcode: Opcode.BINARY, payload: text(64 * KIB + 1) })],
  ['a compressed one', (client) => client.frame({ rsv: RSV1, payload: deflate(text(64 * KIB + 1)) })],
  ['a compressed one that is not complete', (client) => client.frame({ rsv: RSV1, fin: false, payload: deflate(text(8 * MIB)) })],
  ['fragments', (client) => {
    for (let count = 0; count < 5; count++) {
      client.frame({ fin: false, opcode: count === 0 ? Opcode.TEXT : Opcode.CONTINUATION, payload: 'x'.repeat(15 * KIB) });
    }
  }],
  ['compressed fragments', (client) => {
    const payload = deflate(text(MIB));
    for (let at = 0; at < payload.length; at += 50) {
      const first = at === 0;
      client.frame({
        fin: false,
        rsv: first ? RSV1 : 0,
        opcode: first ? Opcode.TEXT : Opcode.CONTINUATION,
        payload: payload.subarray(at, at + 50),
      });
    }
  }],
  ['a ping', (client) => client.text(text(64 * KIB + 1, '_p'))],
  ['refused messages, together', (client) => {
    for (let count = 0; count < 5; count++) client.text(text(15 * KIB, 'early'));
  }],
  ['no messages at all, together', (client) => {
    for (let count = 0; count < 5; count++) client.text('x'.repeat(15 * KIB));
  }],
];

describe('before the handshake is resolved', () => {
  for (const [name, send] of TOO_MUCH) {
    it(`too much in ${name}: closed with 1009`, withScene(async (scene) => {
      const { port } = await scene.listen({ perMessageDeflate: true });
      const client = await scene.open(port, { headers: OFFER });
      send(client);
      assert.equal((await client.closed()).code, 1009);
    }));

    it(`too much in ${name} while the application decides: closed with 1009`, withScene(async (scene) => {
      const { server, port } = await scene.listen({ perMessageDeflate: true });
      const pending = new Promise((resolve) => server.on('handshake', resolve));
      const client = await scene.open(port, { headers: OFFER });
      client.json({ n: '_h', i: '0' });
      const connection = /** @type {any} */ (await pending);
      const reported = new Promise((resolve) => {
        connection.on('_error', (/** @type {any} */ error) => error.code === 'scWebsocketError' && resolve(error));
      });
      send(client);
      assert.equal((await client.closed()).code, 1009);
      const error = /** @type {any} */ (await reported);
      assert.equal(error.payload.code, 1009);
      assert.match(`${error.message} ${error.payload.message}`, /maxHandshakePayload/);
    }));
  }

  it('as much as is allowed is served, pings beside it', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    /** @type {any} */
    let message;
    const pending = new Promise((resolve) => {
      server.on('handshake', (/** @type {any} */ _, /** @type {any} */ received) => resolve((message = received)));
    });
    const client = await scene.open(port);
    client.text(text(64 * KIB));
    await pending;
    for (let count = 0; count < 20; count++) assert.equal((await client.request('_p')).message.p, 'pong');
    message.resolve();
    assert.equal((await client.message(({ n, i }) => n === '_r' && i === '1')).message.e, null);
  }));

  it('large messages may follow the answer at once', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('length', (/** @type {any} */ message) => message.resolve(message.payload.length));
    });
    for (let count = 0; count < 20; count++) {
      const client = await scene.open(port);
      client.text(text(60 * KIB));
      await client.message();
      assert.equal((await client.request('length', 'x'.repeat(MIB))).message.p, MIB);
    }
  }));

  it('the limit is an option, and 0 leaves it to maxPayload', withScene(async (scene) => {
    const { port } = await scene.listen({ maxHandshakePayload: 200 });
    const client = await scene.open(port);
    client.text(text(201));
    assert.equal((await client.closed()).code, 1009);
    const unbounded = await scene.listen({ maxHandshakePayload: 0 });
    const other = await scene.open(unbounded.port);
    await other.handshake('x'.repeat(MIB));
  }));

  it('many compressed messages cost kilobytes each', withScene(async (scene) => {
    const { port } = await scene.listen({ perMessageDeflate: true });
    const bomb = deflate(Buffer.alloc(64 * MIB, ' '));
    const before = process.memoryUsage().rss;
    const clients = await Promise.all(Array.from({ length: 20 }, () => scene.open(port, { headers: OFFER })));
    for (const each of clients) each.frame({ rsv: RSV1, fin: false, payload: bomb });
    await Promise.all(clients.map((each) => each.closed()));
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 30 * MIB, `${Math.round(grown / MIB)} MiB`);
  }));
});
