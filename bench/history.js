// @ts-check
'use strict';

/**
 * What history costs a broadcast: CPU of the server's process for a delivery, in a room with history beside one
 * without, in turn in one run. Once with clients that know of positions, and once with others.
 *
 *     node bench/history.js [--members 500] [--rounds 64]
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const { WebSocket } = require('ws');
const { buildAddon } = require('./lib/setup');

/** Broadcasts of one round, and ms between two of them, in which the io thread writes each by itself. */
const BROADCASTS = 15;
const PAUSE = 8;

/** Rounds that are not counted. */
const WARM_UP = 4;

const PAYLOAD = { text: 'x'.repeat(100) };

const { values, positionals } = parseArgs({
  options: { members: { type: 'string', default: '500' }, rounds: { type: 'string', default: '64' } },
  allowPositionals: true,
});
const members = Number(values.members);
const rounds = Number(values.rounds);

/** The clients, in a process of their own. @param {string} port @param {string | undefined} positions Their `o`. */
async function connect(port, positions) {
  for (let count = 0; count < members; count += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(socket, 'open');
    socket.send(`{"n":"_h","i":"h"${positions ? `,"o":${positions}` : ''}}`);
    await once(socket, 'message');
  }
  process.send?.('ready');
  process.on('disconnect', () => process.exit());
}

/** @param {number[]} list */
const median = (list) => [...list].sort((one, other) => one - other)[list.length >> 1];

/** @param {string} name @param {string} positions */
async function measure(name, positions) {
  const Server = require('..');
  const server = new Server({ host: '127.0.0.1', port: 0, pingInterval: 0, history: { kept: { size: 200, ttl: 600_000 } } });
  server.on('connection', (connection) => {
    for (const room of ['kept', 'plain']) connection.joinRoom(room);
  });
  await server.start();
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const clients = fork(__filename, ['--members', String(members), 'clients', String(port), positions]);
  await once(clients, 'message');
  /** @type {Record<string, number[]>} */
  const costs = { kept: [], plain: [] };
  for (let round = 0; round < rounds; round += 1) {
    // plain, kept, kept, plain: what changes over time changes both.
    const room = round % 4 === 1 || round % 4 === 2 ? 'kept' : 'plain';
    await delay(50);
    const before = process.cpuUsage();
    for (let count = 0; count < BROADCASTS; count += 1) {
      server.room(room).broadcast('said', PAYLOAD);
      await delay(PAUSE);
    }
    await delay(40);
    const { user, system } = process.cpuUsage(before);
    if (round >= WARM_UP) costs[room].push((user + system) / BROADCASTS / members);
  }
  const [kept, plain] = [median(costs.kept), median(costs.plain)];
  console.log(`${name}: ${plain.toFixed(2)} µs a delivery without history, ${kept.toFixed(2)} with it, ratio ${(kept / plain).toFixed(3)}`);
  clients.disconnect();
  await server.stop();
}

async function main() {
  const [command, port, positions] = positionals;
  if (command === 'clients') {
    await connect(port, positions);
    return;
  }
  buildAddon();
  await measure('clients with positions', '{}');
  await measure('clients without', '');
}

main();
