// @ts-check
'use strict';

/** Ids come back as the same ids, though JavaScript's numbers do not hold all of them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');

const AS_THEY_CAME = [
  '9007199254740993', '-9007199254740993', '1e400', '-1e400', '12345678901234567890', '0.30000000000000004441',
  `1${'0'.repeat(400)}`, `1.${'0'.repeat(1000)}1`, '5e-324', '-0.5', '7', '"ab"', '"9007199254740993"', '"\\ud800"',
];

/** The same number or string, written otherwise. */
const REWRITTEN = [['1.0', '1'], ['1E+2', '100'], ['0.1000', '0.1'], ['1e21', '1e+21'], ['"a\\u0062"', '"ab"']];

/** What comes and what goes back. */
const BACK = [...AS_THEY_CAME.map((id) => [id, id]), ...REWRITTEN];

/** What is asked, and the answer but for the id. @type {[string, (id: string) => string, string, string][]} */
const ASKED = [
  ['a resolved message', (id) => `{"n":"ask","p":1,"i":${id}}`, '"p":2,', ',"e":null}'],
  ['one of medium size', (id) => `{"n":"ask","p":"${'x'.repeat(1000)}","i":${id}}`, '"p":2,', ',"e":null}'],
  ['a rejected message', (id) => `{"n":"refuse","i":${id}}`, '', ',"e":{"name":"Error","message":"no"}}'],
  ['a message rejected with a value', (id) => `{"n":"refuse","p":5,"i":${id}}`, '', ',"e":5}'],
  ['a ping', (id) => `{"n":"_p","i":${id}}`, '"p":"pong",', ',"e":null}'],
  ['a ping behind a message', (id) => `{"n":"nobody"}{"n":"_p","i":${id}}`, '"p":"pong",', ',"e":null}'],
  ['a reserved name', (id) => `{"n":"_x","i":${id}}`, '', ',"e":{"name":"Error","message":"Message names beginning with _ are reserved"}}'],
  ['a further handshake', (id) => `{"n":"_h","i":${id}}`, '', ',"e":{"name":"Error","message":"Handshake is already resolved"}}'],
];

describe('ids', () => {
  for (const [name, ask, payload, error] of ASKED) {
    it(`of ${name} come back as they came`, withScene(async (scene) => {
      const { client, connection } = await scene.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(2));
      connection.on('refuse', (/** @type {any} */ message) => message.reject(message.payload ?? new Error('no')));
      for (const [id, back] of BACK) {
        for (const text of ask(id).split(/(?<=\})(?=\{)/)) client.text(text);
        const { text } = await client.message(({ n }) => n === '_r');
        assert.equal(text, `{"n":"_r",${payload}"i":${back}${error}`);
      }
    }));
  }

  for (const verdict of ['resolved', 'rejected']) {
    it(`of a ${verdict} handshake come back as they came`, withScene(async (scene) => {
      const { server, port } = await scene.serve();
      server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => {
        if (verdict === 'resolved') message.resolve();
        else message.reject(new Error('no'));
      });
      for (const [id, back] of BACK) {
        const client = await scene.open(port);
        client.text(`{"n":"_h","i":${id}}`);
        const { text } = await client.message();
        assert.ok(text.includes(`"i":${back},`), text);
      }
    }));
  }

  it('of messages before the handshake come back as they came', withScene(async (scene) => {
    const { port } = await scene.serve();
    for (const [id, back] of BACK) {
      const client = await scene.open(port);
      client.text(`{"n":"early","i":${id}}`);
      const { text } = await client.message();
      assert.equal(text, `{"n":"_r","i":${back},"e":{"name":"Error","message":"Handshake is not completed"}}`);
    }
  }));
});
