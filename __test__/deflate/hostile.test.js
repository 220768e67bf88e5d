// @ts-check
'use strict';

/** Compressed frames that no honest client sends. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { Opcode, encodeFrame } = require('../helpers/frames');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const RSV1 = 4;
const MIB = 1024 * 1024;

/**
 * A message as permessage-deflate has it.
 * @param {string | Buffer} message
 */
function deflate(message) {
  const flushed = zlib.deflateRawSync(message, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return flushed.subarray(0, -4);
}

/**
 * A server with compression and a client that has shaken hands.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Record<string, unknown>} [options]
 */
async function pair(scene, options) {
  const target = await scene.listen({ perMessageDeflate: { threshold: 1e9 }, ...options });
  const client = await scene.open(target.port, { headers: OFFER });
  const connected = new Promise((resolve) => target.server.once('connection', resolve));
  await client.handshake();
  return { ...target, client, connection: /** @type {any} */ (await connected) };
}

/** What each is, the frames sent, and the close code. @type {[string, import('../helpers/frames').FrameFields[], number][]} */
const VIOLATIONS = [
  ['RSV1 on a ping', [{ opcode: Opcode.PING, rsv: RSV1 }], 1002],
  ['RSV1 on a pong', [{ opcode: Opcode.PONG, rsv: RSV1 }], 1002],
  ['RSV1 on a close frame', [{ opcode: Opcode.CLOSE, rsv: RSV1 }], 1002],
  ['RSV2', [{ rsv: 2, payload: '{}' }], 1002],
  ['RSV3', [{ rsv: 1, payload: '{}' }], 1002],
  ['RSV1 with RSV2', [{ rsv: 6, payload: deflate('{}') }], 1002],
  [
    'RSV1 on a continuation',
    [
      { rsv: RSV1, fin: false, payload: deflate('{}').subarray(0, 1) },
      { rsv: RSV1, opcode: Opcode.CONTINUATION, payload: deflate('{}').subarray(1) },
    ],
    1002,
  ],
  [
    'RSV1 on the continuation of a plain message',
    [
      { fin: false, payload: '{' },
      { rsv: RSV1, opcode: Opcode.CONTINUATION, payload: '}' },
    ],
    1002,
  ],
  ['bytes that are no deflate stream', [{ rsv: RSV1, payload: Buffer.alloc(20, 0xff) }], 1007],
  ['plain text called compressed', [{ rsv: RSV1, payload: '{"n":"_p","i":"1"}' }], 1007],
  ['a stream cut within a block', [{ rsv: RSV1, payload: deflate('abcdefghijkl'.repeat(9)).subarray(0, 12) }], 1007],
  ['a reference to before the message', [{ rsv: RSV1, payload: Buffer.from([0xf2, 0x00, 0x11, 0x00, 0x00]) }], 1007],
  ['compressed bytes that are not UTF-8', [{ rsv: RSV1, payload: deflate(Buffer.from([0x22, 0xff, 0x22])) }], 1007],
  ['a small frame that becomes a large message', [{ rsv: RSV1, payload: deflate(Buffer.alloc(10 * MIB)) }], 1009],
  [
    'fragments that become a large message',
    [
      { rsv: RSV1, fin: false, payload: deflate(Buffer.alloc(MIB)).subarray(0, 500) },
      { opcode: Opcode.CONTINUATION, payload: deflate(Buffer.alloc(MIB)).subarray(500) },
    ],
    1009,
  ],
  [
    'blocks without content for ever',
    Array.from({ length: 30 }, (_, index) => ({
      rsv: index === 0 ? RSV1 : 0,
      opcode: index === 0 ? Opcode.TEXT : Opcode.CONTINUATION,
      fin: false,
      payload: Buffer.from('000000ffff'.repeat(2000), 'hex'),
    })),
    1009,
  ],
  ['a large frame announced', [{ rsv: RSV1, claim: 2n ** 40n, payload: 'x' }], 1009],
];

/** Unusual, but allowed. @type {[string, import('../helpers/frames').FrameFields[]][]} */
const ALLOWED = [
  ['a plain message', [{ payload: '{"n":"_p","i":"1"}' }]],
  ['a compressed one', [{ rsv: RSV1, payload: deflate('{"n":"_p","i":"1"}') }]],
  ['a binary one', [{ rsv: RSV1, opcode: Opcode.BINARY, payload: deflate('{"n":"_p","i":"1"}') }]],
  [
    'a final block',
    [{ rsv: RSV1, payload: Buffer.concat([zlib.deflateRawSync('{"n":"_p","i":"1"}'), Buffer.alloc(1)]) }],
  ],
  ['a final block and nothing more', [{ rsv: RSV1, payload: zlib.deflateRawSync('{"n":"_p","i":"1"}') }]],
  [
    'stored blocks',
    [
      {
        rsv: RSV1,
        payload: zlib.deflateRawSync('{"n":"_p","i":"1"}', { level: 0, finishFlush: zlib.constants.Z_SYNC_FLUSH })
          .subarray(0, -4),
      },
    ],
  ],
  [
    'fragments of single bytes with pings between them',
    [...deflate('{"n":"_p","i":"1"}')].flatMap((byte, index, all) => [
      {
        rsv: index === 0 ? RSV1 : 0,
        opcode: index === 0 ? Opcode.TEXT : Opcode.CONTINUATION,
        fin: index === all.length - 1,
        payload: Buffer.from([byte]),
      },
      { opcode: Opcode.PING, payload: 'between' },
    ]),
  ],
  [
    'empty fragments',
    [
      { rsv: RSV1, fin: false },
      { opcode: Opcode.CONTINUATION, fin: false, payload: deflate('{"n":"_p","i":"1"}') },
      { opcode: Opcode.CONTINUATION },
    ],
  ],
];

describe('compressed frames against the rules', () => {
  for (const [name, frames, code] of VIOLATIONS) {
    it(`${name}: ${code}`, withScene(async (scene) => {
      const { server, port, client, connection } = await pair(scene, { maxPayload: 100_000 });
      const reported = new Promise((resolve) => connection.once('_error', resolve));
      for (const frame of frames) client.frame(frame);
      assert.equal((await client.closed()).code, code);
      const error = /** @type {any} */ (await reported);
      assert.deepEqual([error.code, error.payload.code], ['scWebsocketError', code]);
      // Others are not harmed, and no state is left over for them.
      const other = await scene.open(port, { headers: OFFER });
      other.frame({ rsv: RSV1, payload: deflate('{"n":"_h","i":"1"}') });
      assert.equal((await other.message()).message.e, null);
      assert.ok(server.address());
    }));
  }

  for (const [name, frames] of ALLOWED) {
    it(`${name}: served, again and again`, withScene(async (scene) => {
      const { client } = await pair(scene);
      for (let count = 0; count < 3; count++) {
        for (const frame of frames) client.frame(frame);
        assert.equal((await client.message()).text, '{"n":"_r","p":"pong","i":"1","e":null}');
      }
    }));
  }

  it('an empty message is invalid JSON, and nothing worse', withScene(async (scene) => {
    const { client, connection } = await pair(scene);
    for (const payload of [deflate(''), Buffer.alloc(0)]) {
      const reported = new Promise((resolve) => connection.once('_error', resolve));
      client.frame({ rsv: RSV1, payload });
      assert.equal(/** @type {any} */ (await reported).code, 'scInvalidJson');
    }
    await client.fence();
  }));

  it('bombs of many clients leave the server responsive', withScene(async (scene) => {
    const { port, client } = await pair(scene, { maxPayload: 32 * MIB, maxHandshakePayload: 0 });
    const bomb = deflate(Buffer.alloc(32 * MIB, ' '));
    const attackers = await Promise.all(Array.from({ length: 4 }, () => scene.open(port, { headers: OFFER })));
    for (const attacker of attackers) attacker.frame({ rsv: RSV1, payload: bomb });
    await client.fence();
  }));

  it('many small bombs in one read take turns with other clients', withScene(async (scene) => {
    const { port, client } = await pair(scene, { bytesPerSecond: 0, maxHandshakePayload: 0 });
    const attacker = await scene.open(port, { headers: OFFER });
    // Refused by the core, so that nothing but the turns holds them up.
    const bomb = encodeFrame({ rsv: RSV1, payload: deflate(JSON.stringify({ n: 'early', p: ' '.repeat(200_000), i: '1' })) });
    const count = Math.floor((256 * 1024) / bomb.length);
    assert.ok(count > 800, `${count} in one read`);
    attacker.send(Buffer.concat(Array(count).fill(bomb)));
    await until(() => attacker.frames.length > 0, 'the first answer');
    await client.fence();
    assert.ok(attacker.frames.length < count / 2, `${attacker.frames.length} of ${count} before another client`);
    await until(() => attacker.frames.length === count, 'the others');
  }));

  it('memory follows what was inflated', withScene(async (scene) => {
    const { port, client } = await pair(scene, { maxPayload: 1024 * MIB, maxHandshakePayload: 0 });
    const before = process.memoryUsage().rss;
    const bomb = deflate(Buffer.alloc(64 * MIB, ' '));
    // The first half only: it inflates to half of the message.
    const clients = await Promise.all(Array.from({ length: 20 }, () => scene.open(port, { headers: OFFER })));
    for (const each of clients) each.frame({ rsv: RSV1, claim: 2n ** 30n, payload: bomb.subarray(0, 1000) });
    await Promise.all(clients.map((each) => new Promise((resolve) => each.socket.write('', resolve))));
    await client.fence();
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 150 * MIB, `${Math.round(grown / MIB)} MiB`);
  }));
});
