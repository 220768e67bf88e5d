// @ts-check
'use strict';

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { hostile, PHASES, brief } = require('./arena');
const { INVALID } = require('./texts');
const { Opcode } = require('../helpers/frames');
const { until } = require('../helpers/timing');

hostile('texts', (arena) => {
  for (const [name, text] of INVALID) {
    it(`${name}: reported as scInvalidJson, the connection stays`, () =>
      arena.survive(async () => {
        for (const phase of PHASES) {
          const { client, log, texts } = await arena.reach(phase);
          client.text(text);
          await client.fence();
          const expected = phase === 'fresh' ? [] : [['_error', 'scInvalidJson', brief(text)]];
          assert.deepEqual(log, expected, phase);
          assert.equal(texts().length, 1, `${phase}: nothing is answered but the fence`);
          client.destroy();
        }
      }));
  }

  it('the same in a binary frame', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      for (const [, text] of INVALID) client.frame({ opcode: Opcode.BINARY, payload: text });
      await client.fence();
      assert.deepEqual(log, INVALID.map(([, text]) => ['_error', 'scInvalidJson', brief(text)]));
    }));

  it('the same in fragments', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      for (const [, text] of INVALID) {
        const bytes = Buffer.from(text);
        const cut = bytes.length >> 1;
        client.frame({ fin: false, payload: bytes.subarray(0, cut) });
        client.frame({ opcode: Opcode.CONTINUATION, payload: bytes.subarray(cut) });
      }
      await client.fence();
      assert.deepEqual(log, INVALID.map(([, text]) => ['_error', 'scInvalidJson', brief(text)]));
    }));

  it('a thousand invalid texts, then the client leaves', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      for (let i = 0; i < 1000; i++) client.text(`{"n":${i}}`);
      client.close(1000);
      await until(() => log.length > 1000, 'all reported');
      assert.deepEqual(log[0], ['_error', 'scInvalidJson', '{"n":0}']);
      assert.deepEqual(log[999], ['_error', 'scInvalidJson', '{"n":999}']);
      assert.deepEqual(log.slice(1000), [['_disconnected', 1000]]);
    }));
});
