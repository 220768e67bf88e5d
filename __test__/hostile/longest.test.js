// @ts-check
'use strict';

/** Names and ids that are nearly as long as a string can be (`maxPayload: 0`): what is said of them is shorter, and nobody else notices. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { constants: { MAX_STRING_LENGTH } } = require('node:buffer');
const { LineError } = require('../../lib/index.js');
const { kInbox, kNative, kOnMessage, kUnanswered } = require('../../lib/symbols.js');
const { until } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');
const { withScene } = require('../process/support/scene');

/** One text for all: it takes half a GiB. */
const LONGEST = 'a'.repeat(MAX_STRING_LENGTH - 40);
const ID = `"${LONGEST}"`;

/** Characters that the text of an error may have. */
const SHORT = 3000;

/**
 * A connection whose answers leave the process by `respond` of the native side alone, which fails.
 * @param {import('../process/support/scene').Scene} scene
 */
async function connected(scene) {
  const { server, port } = await scene.listen({ maxPayload: 0 });
  /** @type {any} */
  let connection;
  server.on('connection', (/** @type {any} */ each) => (connection = each));
  const client = await scene.open(port);
  await client.handshake();
  await until(() => connection !== undefined, 'connection');
  /** @type {any[]} */
  const errors = [];
  connection.on('_error', (/** @type {any} */ error) => errors.push(error));
  return { server, connection, client, errors };
}

describe('a request with the longest id', () => {
  it('is resolved together with others', withScene(async (scene) => {
    const { server, connection, client, errors } = await connected(scene);
    const native = server[kNative];
    const real = native.respond;
    /** @type {number[]} */
    const lengths = [];
    native.respond = (/** @type {any} */ slot, /** @type {any} */ json, /** @type {any} */ id) => {
      if (id.length < 100) return real(slot, json, id);
      lengths.push(id.length);
      return 0;
    };
    connection.on('ask', (/** @type {any} */ message) => {
      message.resolve('x'.repeat(1000));
      connection[kOnMessage]('long', ID);
    });
    connection.on('long', (/** @type {any} */ message) => message.resolve(1));
    const { fatal } = await collectFatal(async () => {
      assert.equal((await client.request('ask')).message.p.length, 1000);
    });
    assert.deepEqual(fatal, []);
    assert.equal(lengths[0], ID.length);
    assert.equal(connection[kUnanswered], 0);
    assert.deepEqual(errors, []);
  }));

  for (const [how, answer] of Object.entries({
    'that is rejected': (/** @type {any} */ message) => message.reject(new Error('x'.repeat(100))),
    'whose connection is not open': (/** @type {any} */ message) => message.resolve(1),
  })) {
    it(`${how}: cMessageNotResponded, in few words`, withScene(async (scene) => {
      const { server, connection, client, errors } = await connected(scene);
      server[kNative].respond = () => 1;
      connection.on('ask', answer);
      const { fatal } = await collectFatal(async () => {
        connection[kOnMessage]('ask', ID);
        await until(() => errors.length > 0, '_error');
      });
      assert.deepEqual(fatal, []);
      assert.deepEqual(errors.map(({ code }) => code), ['cMessageNotResponded']);
      assert.ok(errors[0].message.length < SHORT);
      assert.equal(connection[kUnanswered], 0, 'a drain waits for no answer');
      assert.equal(server[kInbox].isGathering, false);
      client.destroy();
    }));
  }
});

it('a message with the longest name that cannot be answered, or was: the error is a LineError, in few words', withScene(async (scene) => {
  const { server, connection } = await connected(scene);
  server[kNative].respond = () => 0;
  /** @type {any[]} */
  const thrown = [];
  connection.on(/^aaa/, (/** @type {any} */ message) => {
    for (const answer of [() => message.resolve(1), () => message.resolve(2), () => message.reject(3)]) {
      try {
        answer();
      } catch (error) {
        thrown.push(error);
      }
    }
  });
  connection[kOnMessage](LONGEST, undefined);
  connection[kOnMessage](LONGEST, '"1"');
  assert.deepEqual(thrown.map(({ code }) => code), [...Array(3).fill('mMissingId'), ...Array(2).fill('mAlreadyResponded')]);
  for (const error of thrown) assert.ok(error instanceof LineError && error.message.length < SHORT);
}));

it('a name of the application that no message can hold', withScene(async (scene) => {
  const { server, connection } = await connected(scene);
  const payload = 'x'.repeat(40);
  await assert.rejects(connection.send(LONGEST, payload), { code: 'scInvalidJson' });
  assert.throws(() => server.broadcast(LONGEST, payload), { code: 'mInvalidJson' });
}));

it('a message that could not be read from a history, because it gets a position there, is not sent', withScene(async (scene) => {
  const { server } = await scene.listen({ history: { news: { size: 10, ttl: 60_000 } }, historyBytes: 2 ** 34 });
  const room = server.room('news');
  await assert.rejects(room.broadcastAsync('said', LONGEST), { code: 'mInvalidJson', message: /at most \d+ characters/ });
  room.broadcast('said', 'short');
  assert.deepEqual((await room.history()).messages.map((/** @type {any} */ { payload }) => payload), ['short']);
}));
