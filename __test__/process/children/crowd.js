// @ts-check
'use strict';

/**
 * Run with --expose-gc: a server whose clients join rooms, talk and go (`visitors.js`). Reports its
 * port; and, whenever the client whose handshake says `control` sends `measure`, what is left of all
 * the others, in numbers.
 */

const { setImmediate: turn } = require('node:timers/promises');
const { loadNative } = require('../../helpers/implementations');
const { until } = require('../../helpers/timing');
const { report } = require('../support/report');
const { Usage, memoryStatus } = require('../support/usage');

/** Garbage collections until what can be collected has been. */
const COLLECTIONS = 20;

/** Rooms that visitors are dealt out to. */
const ROOMS = 10;

const collect = /** @type {() => void} */ (global.gc);
const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0 });

const count = { made: 0, ended: 0, collected: 0, sent: 0, settled: 0 };
const registry = new FinalizationRegistry(() => (count.collected += 1));

/** @param {Promise<unknown>} promise */
function watch(promise) {
  count.sent += 1;
  const settle = () => (count.settled += 1);
  promise.then(settle, settle);
}

server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
  if (handshake.payload === 'control') {
    connection.on('measure', measure);
    connection.on('stop', () => server.stop());
  } else {
    count.made += 1;
    registry.register(connection, undefined);
    connection.on('_disconnected', () => (count.ended += 1));
  }
  handshake.resolve();
});

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('visit', (/** @type {any} */ message) => {
    const room = `room ${message.payload % ROOMS}`;
    connection.joinRoom('lobby');
    connection.joinRoom(room);
    // One that is answered, one that never is, and one that needs no answer.
    watch(connection.send('greeting'));
    watch(connection.send('greeting'));
    watch(connection.sendWithoutResponse('news'));
    server.getRoom(room).broadcast('gossip', message.payload);
    message.resolve(room);
  });
  // Never answered.
  connection.on('ignored', () => {});
});

async function measure() {
  await until(() => count.ended === count.made && count.settled === count.sent, 'told of every end', 20000).catch(() => {});
  for (let i = 0; i < COLLECTIONS && count.collected < count.made; i++) {
    collect();
    await turn();
  }
  collect();
  const rooms = ['lobby', ...Array.from({ length: ROOMS }, (_, index) => `room ${index}`)];
  const { descriptors, threads } = new Usage();
  report({
    ...count,
    connections: server.rooms.root.getConnectionsCount(),
    rooms: rooms.filter((name) => server.getRoom(name) !== undefined).length,
    descriptors,
    threads,
    memory: memoryStatus('VmRSS'),
  });
}

server.start().then(() => report(server.address().port));
