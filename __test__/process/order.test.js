// @ts-check
'use strict';

/** Many requests from many connections at once: none is lost, each connection's are in order. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { encodeFrame } = require('../helpers/frames');
const { until } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const CONNECTIONS = 64;
const REQUESTS = 1000;

/** Pieces the requests of a connection are sent in, so that frames are cut anywhere. */
const PIECE = 7001;

/** Time for all of it; a second or two on an idle machine. */
const PATIENCE = 20000;

/** @param {Buffer} bytes */
function pieces(bytes) {
  const count = Math.ceil(bytes.length / PIECE);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * PIECE, (index + 1) * PIECE));
}

/**
 * Sends all requests of one connection without waiting for answers, and reads these.
 * @param {import('../helpers/raw-client').RawClient} client
 * @param {number} who
 */
async function requestAll(client, who) {
  const already = client.frames.length;
  const frames = Array.from({ length: REQUESTS }, (_, index) =>
    encodeFrame({ payload: JSON.stringify({ n: 'ask', p: { who, index }, i: String(index) }) }),
  );
  for (const piece of pieces(Buffer.concat(frames))) {
    client.send(piece);
    // Lets the other connections send theirs in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => client.frames.length - already >= REQUESTS, `answered, connection ${who}`, PATIENCE);
  return client.texts.slice(already);
}

/** @param {number} who */
function expectedAnswers(who) {
  return Array.from({ length: REQUESTS }, (_, index) =>
    JSON.stringify({ n: '_r', p: { who, index, nth: index }, i: String(index), e: null }),
  );
}

describe('requests of many connections at once', () => {
  for (const answering of ['at once', 'later']) {
    it(`are answered in order, none lost, by handlers that answer ${answering}`, withScene(async (scene) => {
      const { server, port } = await scene.listen({}, (starting) =>
        starting.on('connection', (/** @type {any} */ connection) => {
          let nth = 0;
          connection.on('ask', (/** @type {any} */ message) => {
            const answer = { ...message.payload, nth: nth++ };
            if (answering === 'at once') message.resolve(answer);
            else setImmediate(() => message.resolve(answer));
          });
        }),
      );
      const clients = [];
      for (let who = 0; who < CONNECTIONS; who++) {
        const client = await scene.open(port);
        await client.handshake();
        clients.push(client);
      }
      const answers = await Promise.all(clients.map(requestAll));
      answers.forEach((texts, who) => assert.deepEqual(texts, expectedAnswers(who)));
      assert.equal(server.rooms.root.getConnectionsCount(), CONNECTIONS);
    }));
  }
});
