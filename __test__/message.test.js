// @ts-check
'use strict';

/** `Message.parse` of the server and the client. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');

const TEXT = '{"n":"größe","p":[1],"i":"7"}';

for (const [what, { Message }] of /** @type {[string, any][]} */ ([
  ['server', require('line-socket-native')],
  ['client', require('line-socket-native/client-web')],
])) {
  describe(`Message.parse of the ${what}`, () => {
    it('takes a string, and its bytes in UTF-8', () => {
      const bytes = new TextEncoder().encode(`  ${TEXT}`);
      for (const raw of [TEXT, new String(TEXT), Buffer.from(TEXT), bytes, bytes.subarray(2)]) {
        const { name, payload, id } = Message.parse(raw);
        assert.deepEqual({ name, payload, id }, { name: 'größe', payload: [1], id: '7' });
      }
    });

    it('refuses other values', () => {
      for (const raw of ['', 'null', new Uint8Array([0xff]), new Uint8Array(), undefined, null, Symbol('x'), {}]) {
        assert.throws(() => Message.parse(raw), { code: 'mInvalidJson' });
      }
    });
  });
}
