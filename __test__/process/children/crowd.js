// @ts-check
'use strict';

/**
 * Run with --expose-gc: clients come, join rooms, talk and go, and afterwards nothing of them may be
 * left. Reports what is.
 */

const { setImmediate: turn } = require('node:timers/promises');
const { loadNative } = require('../../helpers/implementations');
const { RawClient } = require('../../helpers/raw-client');
const { until } = require('../../helpers/timing');
const { report } = require('../support/report');
const { Usage, settledUsage } = require('../support/usage');

const CLIENTS = 2000;
const AT_ONCE = 50;
/** Garbage collections until what can be collected has been. */
const COLLECTIONS = 20;

const collect = /** @type {() => void} */ (global.gc);
const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0 });

let made = 0;
let ended = 0;
let collected = 0;
const registry = new FinalizationRegistry(() => (collected += 1));

server.on('connection', (/** @type {any} */ connection) => {
  made += 1;
  registry.register(connection, undefined);
  connection.joinRoom('lobby');
  connection.joinRoom(`room ${made % 10}`);
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('_disconnected', () => (ended += 1));
  // One that is answered, and one that never is.
  connection.send('greeting').catch(() => {});
  connection.send('greeting').catch(() => {});
  connection.sendWithoutResponse('news').catch(() => {});
});

/** Ways to go. @type {((client: RawClient) => void)[]} */
const leave = [(client) => client.reset(), (client) => client.close(1000), (client) => client.end()];

/** @param {number} number */
async function visit(number) {
  const client = await RawClient.open({ port: server.address().port });
  await client.handshake();
  const { message } = await client.message(({ n }) => n === 'greeting');
  client.json({ n: '_r', p: 'hi', i: message.i, e: null });
  await client.request('ask', number);
  server.getRoom('lobby').broadcast('gossip', number);
  leave[number % leave.length](client);
  await client.closed();
}

/** A crowd that comes and goes. @param {number} size */
async function crowd(size) {
  for (let first = 0; first < size; first += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => visit(first + index)));
  }
  await until(() => ended === made, 'told of every end');
}

async function main() {
  await server.start();
  const before = new Usage();
  await crowd(CLIENTS);
  for (let i = 0; i < COLLECTIONS && collected < made; i++) {
    collect();
    await turn();
  }
  const rooms = ['lobby', ...Array.from({ length: 10 }, (_, index) => `room ${index}`)];
  const { descriptors } = await settledUsage(before);
  report({
    made,
    collected,
    members: server.rooms.root.getConnectionsCount(),
    rooms: rooms.filter((name) => server.getRoom(name) !== undefined),
    descriptors: descriptors - before.descriptors,
  });
  await server.stop();
}

main();
