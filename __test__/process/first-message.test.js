// @ts-check
'use strict';

/** What a client sends together with its handshake is served (contract section 3). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { encodeFrame } = require('../helpers/frames');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** How the application resolves handshakes. @type {Record<string, (server: any) => void>} */
const HANDSHAKES = {
  'no handshake listener': () => {},
  'a handshake listener that resolves at once': (server) => {
    server.on('handshake', (/** @type {any} */ _connection, /** @type {any} */ handshake) => handshake.resolve('in'));
  },
  'a handshake listener that resolves after a promise': (server) => {
    server.on('handshake', async (/** @type {any} */ _connection, /** @type {any} */ handshake) => {
      await Promise.resolve();
      handshake.resolve('in');
    });
  },
  'a handshake listener that resolves after setImmediate': (server) => {
    server.on('handshake', (/** @type {any} */ _connection, /** @type {any} */ handshake) => {
      setImmediate(() => handshake.resolve('in'));
    });
  },
};

/** @param {unknown} value */
function frame(value) {
  return encodeFrame({ payload: JSON.stringify(value) });
}

/** Registers an `ask` listener inside `connection`. @param {any} server @param {unknown[]} seen */
function answerInConnection(server, seen) {
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('ask', (/** @type {any} */ message) => {
      seen.push(message.payload);
      if (message.id !== undefined) message.resolve(message.payload);
    });
  });
}

/** @param {any[]} texts */
function answers(texts) {
  return texts.map((text) => JSON.parse(text)).map(({ n, i, p, e }) => [n, i, p, e]);
}

const HANDSHAKE = frame({ n: '_h', i: 'hs' });

describe('a request right behind the handshake', () => {
  for (const [how, prepare] of Object.entries(HANDSHAKES).slice(0, 2)) {
    for (const count of [1, 5]) {
      it(`in the same packet, ${count} of them, ${how}`, withScene(async (scene) => {
        /** @type {unknown[]} */
        const seen = [];
        const { port } = await scene.listen({}, (server) => {
          prepare(server);
          answerInConnection(server, seen);
        });
        const client = await scene.open(port);
        const numbers = Array.from({ length: count }, (_, index) => index);
        const requests = numbers.map((number) => frame({ n: 'ask', p: number, i: `r${number}` }));
        client.send(Buffer.concat([HANDSHAKE, ...requests]));
        await client.message(({ i }) => i === `r${count - 1}`);
        assert.deepEqual(seen, numbers);
        assert.deepEqual(
          answers(client.texts).slice(1),
          numbers.map((number) => ['_r', `r${number}`, number, null]),
        );
      }));
    }
  }

  it('in the same packet as the upgrade request as well', withScene(async (scene) => {
    /** @type {unknown[]} */
    const seen = [];
    const { port } = await scene.listen({}, (server) => answerInConnection(server, seen));
    const ask = frame({ n: 'ask', p: 'soon', i: 'r' });
    const client = await scene.open(port, { head: Buffer.concat([HANDSHAKE, ask]) });
    const { message } = await client.message(({ i }) => i === 'r');
    assert.deepEqual([message.p, message.e, seen], ['soon', null, ['soon']]);
  }));

  for (const [how, prepare] of Object.entries(HANDSHAKES)) {
    it(`sent when the handshake is answered reaches a listener attached in connection, ${how}`, withScene(
      async (scene) => {
        /** @type {unknown[]} */
        const seen = [];
        const { port } = await scene.listen({}, (server) => {
          prepare(server);
          answerInConnection(server, seen);
        });
        // Each in the very moment the answer comes, which is when the original loses it.
        for (let attempt = 0; attempt < 50; attempt++) {
          const client = await scene.open(port);
          client.once('frame', () => client.send(Buffer.concat([frame({ n: 'ask', p: attempt }), frame({ n: '_p', i: 'p' })])));
          client.send(HANDSHAKE);
          await client.message(({ i }) => i === 'p');
          client.destroy();
        }
        assert.deepEqual(seen, Array.from({ length: 50 }, (_, index) => index));
      },
    ));
  }

  it('while the handshake is pending is refused, and reaches no listener', withScene(async (scene) => {
    /** @type {unknown[]} */
    const seen = [];
    const { port } = await scene.listen({}, (server) => {
      HANDSHAKES['a handshake listener that resolves after setImmediate'](server);
      answerInConnection(server, seen);
    });
    const client = await scene.open(port);
    client.send(Buffer.concat([HANDSHAKE, frame({ n: 'ask', p: 'early', i: 'e' }), frame({ n: 'ask', p: 'early' })]));
    const { message: refused } = await client.message(({ i }) => i === 'e');
    const { message: welcome } = await client.message(({ i }) => i === 'hs');
    await delay(20);
    assert.notEqual(refused.e, null);
    assert.equal(welcome.e, null);
    assert.deepEqual(seen, []);
  }));
});
