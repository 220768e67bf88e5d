// @ts-check
'use strict';

/** What was queued before `stop()` is offered to the kernel before connections are cut. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { WsClient } = require('../helpers/ws-client');
const { identity, TRUST } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');
const { WAYS, Wrapped, attached, connect, listening, plain } = require('../attach/support');
const { withScene } = require('./support/scene');

/** Without the offer it takes about three rounds for something to be lost. */
const ROUNDS = 12;
const CLIENTS = 8;

const MIB = 1024 * 1024;

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

/** A stream that writes late: until then all that follows waits in it. */
class Slow extends Wrapped {
  /** @type {Wrapped['_write']} */
  _write(chunk, encoding, done) {
    setTimeout(() => super._write(chunk, encoding, done), 5);
  }
}

/** @type {import('../attach/support').Way} */
const slow = {
  ...plain,
  name: 'a duplex that writes late',
  listen: async () => {
    const web = http.createServer();
    const outer = net.createServer({ allowHalfOpen: true }, (socket) => web.emit('connection', new Slow(socket)));
    return { web, port: await listening(outer), close: () => outer.close() };
  },
};

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

  for (const way of [...WAYS, slow]) {
    it(`over ${way.name}, whose sockets the application destroys after stop()`, withScene(async (scene) => {
      for (let round = 0; round < ROUNDS / 2; round++) {
        const target = await attached(scene, way);
        /** @type {Set<import('node:net').Socket>} */
        const sockets = new Set();
        target.web.on('connection', (socket) => sockets.add(socket));
        target.server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
        const clients = [];
        for (let left = CLIENTS; left > 0; left--) clients.push((await connect(scene, way, target)).client);
        // Node writes a large message in parts, and it is more than waits for a stream at other times.
        const payload = 'x'.repeat(round % 4 === 0 ? 300_000 : 10);
        const connections = Object.values(target.server.getConnections());
        // While Node writes one message, the next ones wait in the stream.
        for (let left = 1 + (round % 3); left > 0; left--) {
          target.server.broadcast('before', payload);
          await delay(1);
        }
        target.server.broadcast('before', payload);
        await within(sendAndStop(target.server, connections, payload), 'stop');
        sockets.forEach((socket) => socket.destroy());
        for (const client of clients) {
          assert.deepEqual((await namesAtEnd(client)).filter((name) => name !== 'before'), EXPECTED, `round ${round}`);
        }
      }
    }));
  }

  for (const way of WAYS) {
    it(`a client that does not read keeps stop() waiting for a second at most, over ${way.name}`, withScene(async (scene) => {
      const target = await attached(scene, way);
      const { client, connection } = await connect(scene, way, target);
      client.socket.pause();
      for (let left = 10; left > 0; left--) connection.sendWithoutResponse('large', 'x'.repeat(MIB)).catch(() => {});
      await until(() => connection.bufferedAmount > 0, 'the kernel is full');
      const begin = performance.now();
      await within(target.server.stop(), 'stop');
      const took = performance.now() - begin;
      assert.ok(took < 4000, `${took} ms`);
      assert.equal(connection.state, 'disconnected');
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
