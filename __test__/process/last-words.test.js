// @ts-check
'use strict';

/** What was queued before `stop()` is offered to the kernel before connections are cut. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { WsClient } = require('../helpers/ws-client');
const { identity, TRUST } = require('../helpers/tls');
const { within } = require('../helpers/timing');
const { WAYS, attached, connect } = require('../attach/support');
const { withScene } = require('./support/scene');

/** Without the offer it takes about three rounds for something to be lost. */
const ROUNDS = 12;
const CLIENTS = 8;

/** @typedef {import('../helpers/raw-client').RawClient} RawClient */

/**
 * Sends to every client in each way there is, and stops the server in the same turn.
 * @param {any} server
 * @param {any[]} connections
 * @param {unknown} payload
 */
function sendAndStop(server, connections, payload) {
  for (const connection of connections) connection.send('send', payload).catch(() => {});
  server.broadcast('broadcast', payload);
  server.getRoom('room').broadcast('room', payload);
  const sent = connections.map((connection) => connection.sendWithoutResponse('last', payload));
  return Promise.all([server.stop(), ...sent]);
}

const EXPECTED = ['send', 'broadcast', 'room', 'last'];

/** @param {RawClient} client */
async function namesAtEnd(client) {
  await client.closed();
  return client.texts.slice(1).map((text) => JSON.parse(text).n);
}

describe('what is sent in the turn of stop() arrives', () => {
  for (const [name, options, secure] of /** @type {[string, any, any][]} */ ([
    ['with one io thread', {}, undefined],
    ['with three io threads', { ioThreads: 3 }, undefined],
    ['over TLS', { ioThreads: 2, tls: identity('server') }, TRUST],
  ])) {
    it(name, withScene(async (scene) => {
      for (let round = 0; round < ROUNDS; round++) {
        const { server, port } = await scene.listen(options);
        server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
        const clients = await Promise.all(Array.from({ length: CLIENTS }, () => scene.open(port, { tls: secure })));
        await Promise.all(clients.map((client) => client.handshake()));
        const connections = Object.values(server.getConnections());
        assert.equal(connections.length, CLIENTS);
        await within(sendAndStop(server, connections, 'x'.repeat(round % 2 ? 10 : 3000)), 'stop');
        for (const client of clients) assert.deepEqual(await namesAtEnd(client), EXPECTED, `round ${round}`);
      }
    }));
  }

  for (const way of WAYS) {
    it(`over ${way.name}`, withScene(async (scene) => {
      for (let round = 0; round < ROUNDS; round++) {
        const target = await attached(scene, way);
        target.server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
        const { client, connection } = await connect(scene, way, target);
        await within(sendAndStop(target.server, [connection], 'x'), 'stop');
        assert.deepEqual(await namesAtEnd(client), EXPECTED, `round ${round}`);
      }
    }));
  }

  for (const length of [2000, 200_000]) {
    it(`compressed, ${length} bytes`, withScene(async (scene) => {
      for (let round = 0; round < 4; round++) {
        const { server, port } = await scene.listen({ ioThreads: 2, perMessageDeflate: { threshold: 0 } });
        server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
        const client = await WsClient.connect(port);
        scene.defer(() => client.destroy());
        assert.notEqual(client.parameters, undefined);
        await within(sendAndStop(server, Object.values(server.getConnections()), 'x'.repeat(length)), 'stop');
        await within(client.ended, 'end');
        const names = [];
        for (const _ of EXPECTED) names.push((await client.next()).n);
        assert.deepEqual(names, EXPECTED, `round ${round}`);
      }
    }));
  }
});
