// @ts-check
'use strict';

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { hostile, PHASES, MAX_PAYLOAD } = require('./arena');
const { VIOLATIONS } = require('./violations');
const { Opcode, encodeFrame, closePayload } = require('../helpers/frames');
const { until } = require('../helpers/timing');

/** A request that must not be served any more. */
const FOLLOWER = encodeFrame({ payload: '{"n":"echo","p":"served","i":"late"}' });

/** Byte sequences that a client breaks off, by leaving, in the middle of something. @type {[string, Buffer][]} */
const BROKEN_OFF = [
  ['one byte of a header', Buffer.from([0x81])],
  ['a header that lacks its length', Buffer.from([0x81, 0xfe, 0x01])],
  ['a header that lacks its long length', Buffer.from([0x81, 0xff, 0, 0, 0])],
  ['a header without its mask', Buffer.from([0x81, 0x85])],
  ['half a mask', Buffer.from([0x81, 0x85, 1, 2])],
  ['a payload that never comes', Buffer.from([0x81, 0x85, 1, 2, 3, 4])],
  ['half a payload', encodeFrame({ payload: '{"n":"echo","i":"1"}' }).subarray(0, 15)],
  ['half a close frame', encodeFrame({ opcode: Opcode.CLOSE, payload: closePayload(1000, 'bye') }).subarray(0, 8)],
  ['half a ping', encodeFrame({ opcode: Opcode.PING, payload: 'ping' }).subarray(0, 7)],
  ['a message without its last fragment', encodeFrame({ fin: false, payload: '{"n":"echo"}' })],
  ['as much as is allowed, claimed only', encodeFrame({ claim: BigInt(MAX_PAYLOAD), lengthBits: 64 })]
];

/** Frames that are in order, if unusual; the connection must stay. @type {[string, Buffer][]} */
const UNUSUAL = [
  ['an empty ping and an empty pong', Buffer.concat([encodeFrame({ opcode: Opcode.PING }), encodeFrame({ opcode: Opcode.PONG })])],
  ['a ping of 125 bytes that are no UTF-8', encodeFrame({ opcode: Opcode.PING, payload: Buffer.alloc(125, 0xff) })],
  ['a thousand pings', Buffer.concat(Array.from({ length: 1000 }, () => encodeFrame({ opcode: Opcode.PING, payload: 'x' })))],
  ['a thousand pongs', Buffer.concat(Array.from({ length: 1000 }, () => encodeFrame({ opcode: Opcode.PONG, payload: 'x' })))],
  [
    'a message in fragments of one byte',
    Buffer.concat(
      [...Buffer.from('{"n":"nobody","p":"\u4f60\u{1f600}"}')].map((byte, index) =>
        encodeFrame({ opcode: index ? Opcode.CONTINUATION : Opcode.TEXT, fin: false, payload: Buffer.from([byte]) })
      ).concat(encodeFrame({ opcode: Opcode.CONTINUATION }))
    )
  ],
  [
    'empty fragments around a message',
    Buffer.concat([
      encodeFrame({ fin: false }),
      ...Array.from({ length: 100 }, () => encodeFrame({ opcode: Opcode.CONTINUATION, fin: false })),
      encodeFrame({ opcode: Opcode.CONTINUATION, payload: '{"n":"nobody"}' })
    ])
  ],
  ['a message of exactly maxPayload', encodeFrame({ payload: `{"n":"nobody"}${' '.repeat(MAX_PAYLOAD - 14)}` })]
];

hostile('frames', (arena) => {
  for (const { name, bytes, code } of VIOLATIONS) {
    it(`${name}: closed with ${code}`, () =>
      arena.survive(async () => {
        for (const phase of PHASES) {
          const { client, log, texts } = await arena.reach(phase);
          client.send(Buffer.concat([bytes, FOLLOWER]));
          const ending = await client.closed();
          assert.deepEqual([ending.code, ending.reason], [code, ''], phase);
          assert.deepEqual(texts().filter((text) => text.includes('late')), [], `${phase}: served after the violation`);
          if (phase === 'fresh') continue;
          await until(() => log.some(([event]) => event === '_disconnected'), 'disconnected');
          const messages = log.filter(([event]) => event !== '_error' && event !== '_disconnected');
          assert.deepEqual(messages, [], `${phase}: listeners called`);
        }
      }));
  }

  for (const [name, bytes] of BROKEN_OFF) {
    it(`${name}, then FIN or RST: _disconnected with 1006`, () =>
      arena.survive(async () => {
        for (const leave of /** @type {const} */ (['end', 'reset'])) {
          const { client, log } = await arena.reach('connected');
          client.send(bytes);
          client[leave]();
          await client.closed();
          await until(() => log.length, 'disconnected');
          assert.deepEqual(log, [['_disconnected', 1006]], leave);
        }
      }));
  }

  for (const [name, bytes] of UNUSUAL) {
    it(`${name}: the connection stays`, () =>
      arena.survive(async () => {
        for (const phase of PHASES) {
          const { client, log } = await arena.reach(phase);
          client.send(bytes);
          await client.fence();
          assert.deepEqual(log, [], phase);
          client.destroy();
        }
      }));
  }

  it('binary that is no UTF-8: reported as scInvalidJson, the connection stays', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      client.frame({ opcode: Opcode.BINARY, payload: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) });
      client.frame({ opcode: Opcode.BINARY, payload: Buffer.alloc(1000, 0x80) });
      client.frame({ opcode: Opcode.BINARY });
      await client.fence();
      assert.deepEqual(log.map((call) => call.slice(0, 2)), Array(3).fill(['_error', 'scInvalidJson']));
    }));

  it('random bytes: each connection ends, nothing else happens', () =>
    arena.survive(async () => {
      // A linear congruential generator (Numerical Recipes), so that a failure can be repeated.
      let seed = 1;
      const byte = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 24;
      for (let round = 0; round < 50; round++) {
        const { client, log } = await arena.reach('connected');
        client.send(Buffer.from(Array.from({ length: 300 }, byte)));
        client.end();
        await client.closed();
        await until(() => log.some(([event]) => event === '_disconnected'), 'disconnected');
      }
    }));

  it('a violation whose sender never answers the close frame and never ends is cut off', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      client.answersClose = false;
      client.frame({ opcode: 3 });
      await client.closeFrame();
      client.end();
      await until(() => log.some(([event]) => event === '_disconnected'), 'disconnected');
    }));
});
