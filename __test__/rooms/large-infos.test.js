// @ts-check
'use strict';

/** What is noted of connections may be more in all than a string can hold: lists and changes come in parts. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { kNative } = require('../../lib/symbols.js');
const { collectFatal } = require('../helpers/uncaught');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const MEMBERS = 4;
const LENGTH = 40 * 1024 * 1024;

it('members with large infos are listed, and come and go', withScene(async (scene) => {
  const { server, port } = await scene.listen({ presence: { lobby: {} } });
  /** @type {any[]} */
  const connections = [];
  server.on('connection', (/** @type {any} */ connection) => connections.push(connection));
  const clients = [];
  for (let count = 0; count < MEMBERS; count += 1) {
    const client = await scene.open(port);
    await client.handshake();
    clients.push(client);
  }
  await until(() => connections.length === MEMBERS, 'connections');
  const room = server.room('lobby');
  const presence = room.presence();
  const counts = { join: 0, leave: 0 };
  let [joined, left] = [0, 0];
  presence.on('join', () => (counts.join += 1));
  presence.on('leave', () => (counts.leave += 1));
  presence.on('change', (/** @type {any} */ change) => {
    joined += change.joined;
    left += change.left;
  });
  /** @type {number[]} */
  const texts = [];
  const { core } = server[kNative];
  const { takePresence } = core;
  core.takePresence = () => {
    const taken = takePresence();
    texts.push(taken.length);
    return taken;
  };
  const info = 'x'.repeat(LENGTH);
  const { fatal } = await collectFatal(async () => {
    for (const connection of connections) connection.info = info;
    for (const connection of connections) connection.joinRoom('lobby');
    await until(() => joined === MEMBERS, 'joined');
    assert.deepEqual(server[kNative].core.listPresence('lobby', MEMBERS).members.map((/** @type {string} */ text) => JSON.parse(text).length), [2, 2]);
    for (const list of [() => presence.list(), () => room.fetch()]) {
      const { members } = await list();
      assert.deepEqual(members.map((/** @type {any} */ member) => member.info.length), Array(MEMBERS).fill(LENGTH));
    }
    for (const connection of connections) connection.leaveRoom('lobby');
    await until(() => left === MEMBERS, 'left');
  });
  assert.deepEqual(fatal, []);
  assert.ok(texts.some((count) => count > 1), `${texts}`);
  assert.deepEqual(counts, { join: MEMBERS, leave: MEMBERS });
  assert.deepEqual([joined, left], [MEMBERS, MEMBERS]);
}));

it('an info that takes more than half of a string is refused', withScene(async (scene) => {
  const { server, port } = await scene.listen();
  const connected = new Promise((resolve) => server.once('connection', resolve));
  const client = await scene.open(port);
  await client.handshake();
  const connection = /** @type {any} */ (await connected);
  connection.info = 1;
  assert.throws(() => (connection.info = 'x'.repeat(2 ** 28)), { code: 'scInvalidJson', message: /at most \d+ characters/ });
  assert.equal(connection.info, 1);
}));
