// @ts-check
'use strict';

/**
 * What is told of a connection beside its own events, `_drain` and a ping that is due, reaches no other connection: the
 * next one that gets its slot may be there before the server's thread comes to it.
 */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { kSlot } = require('../../lib/symbols.js');
const { delay, until } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** Clients whose messages keep the server busy, and for how long each does until the second connection is there, in ms: most of a turn. */
const BUSY = 200;
const MESSAGE = 4;

/** Clients whose handshakes come behind that of the first connection, and how long each takes. */
const GREETED = 15;
const HANDSHAKE = 2;

/** After so many ms of silence the first connection is to be pinged. */
const SILENCE = 10;

/** The high-water mark, and a message above it. */
const MARK = 1000;
const ABOVE = 'x'.repeat(2 * MARK);

/** How often it is tried to have things happen in the order that is meant. */
const TRIES = 5;

/** @param {number} ms Keeps the thread busy for so long. */
function block(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/**
 * Has a connection end, and another get its slot, while what is told beside the events of the first waits.
 * @param {import('./support/scene').Scene} scene
 * @returns {Promise<{drains: number, pings: number, isMeant: boolean}>} What the second was told, and whether all happened in the
 *   order that is meant.
 */
async function succeed(scene) {
  const { server, port } = await scene.listen({ highWaterMark: MARK, pingInterval: 60_000, ioThreads: 1 });
  /** Messages that were handled. */
  let handled = 0;
  let drains = 0;
  /** @type {Record<string, any>} */
  const connections = {};
  server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => {
    if (message.payload === 'greeted') block(HANDSHAKE);
    if (message.payload !== undefined) connections[message.payload] = connection;
    message.resolve();
  });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('busy', () => {
      handled += 1;
      if (connections.second === undefined) block(MESSAGE);
    });
    if (connection === connections.first) {
      connection.on('_drain', () => {});
      connection.sendWithoutResponse('above', ABOVE).catch(() => {});
    }
    if (connection === connections.second) connection.on('_drain', () => (drains += 1));
  });
  const busy = await Promise.all(Array.from({ length: BUSY }, () => scene.open(port)));
  await Promise.all(busy.map((client) => client.handshake()));
  const greeted = await Promise.all(Array.from({ length: GREETED }, () => scene.open(port)));
  server.options.pingInterval = SILENCE;
  const first = await scene.open(port);
  server.options.pingInterval = 60_000;

  // All of these wait when the server's thread looks for events: the messages in one queue, the handshakes in the other.
  busy.forEach((client) => client.json({ n: 'busy' }));
  first.json({ n: '_h', p: 'first' });
  block(20);
  greeted.forEach((client) => client.json({ n: '_h', p: 'greeted' }));
  block(20);
  await first.message(({ n }) => n === 'above');
  await delay(4 * SILENCE);
  first.destroy();
  await until(() => connections.first.state === 'disconnected', 'end of the first');
  const second = await scene.open(port);
  await second.handshake('second');
  const isMeant = connections.second[kSlot] === connections.first[kSlot] && handled < BUSY;
  await until(() => handled === BUSY, 'end of the messages');
  await second.fence();
  await delay(SILENCE);
  return { drains, pings: second.texts.filter((text) => text.startsWith('{"n":"_p"')).length, isMeant };
}

it('a connection is told nothing that is meant for an earlier one in its slot', withScene(async (scene, test) => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { drains, pings, isMeant } = await succeed(scene);
    assert.deepEqual({ drains, pings }, { drains: 0, pings: 0 });
    if (isMeant) return;
  }
  test.diagnostic('the machine was too busy: the second connection came too late');
}));
