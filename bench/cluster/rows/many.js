// @ts-check
'use strict';

/** Rows about great numbers: clients that come back, rooms. */

const { LineClient, SocketIoClient, openClients } = require('../clients');
const { monotonic } = require('../clock');
const { cpuDuring } = require('../cpu');
const { pause, inRooms, SIZE } = require('./traffic');

/**
 * @typedef {import('../world').World} World
 * @typedef {import('./traffic').Figures} Figures
 * @typedef {import('./traffic').Times} Times
 */

/** Messages that each client has missed, and foreign ones between. */
const MISSED = 100;
const FOREIGN = 5000;

/** Clients that come back at a time. */
const AT_A_TIME = 256;

/**
 * Clients come back to a node that is new, with 100 messages missed and 5,000 of others between.
 * @param {World} world
 * @param {Times} times
 * @param {number} count
 * @returns {Promise<Figures>}
 */
async function recovery(world, { quick }, count) {
  const clients = quick ? Math.min(count, 300) : count;
  const [first] = world.nodes;
  const positions = await positionsOf(world, clients);
  for (let part = 0; part < MISSED; part += 1) {
    await first.order('publishMany', { room: 'h:room', count: 1, from: part, size: SIZE });
    await first.order('publishMany', { room: 'h:other', count: FOREIGN / MISSED, size: SIZE });
  }
  await pause(500);
  const fresh = await world.add();
  await pause(1000);
  const calls = await readCalls(world);
  let most = 0;
  const { all } = await cpuDuring([fresh.pid], async () => {
    const start = monotonic();
    const waiting = [...positions];
    await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
      for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) await comeBack(world, fresh.port, position);
    }));
    most = (monotonic() - start) / 1e6;
  });
  return { clients, seconds: most, cpu: all / 1000 / clients, reads: (await readCalls(world)) - calls };
}

/**
 * @param {World} world
 * @param {number} count
 * @returns {Promise<any[]>} What each client brings.
 */
async function positionsOf(world, count) {
  const isLine = world.peer.protocol === 'line';
  // Positions in one room are the same for all; a session is of one client.
  const clients = await inRooms(world, () => 'h:room', isLine ? 1 : count, [world.nodes[0]]);
  // Socket.IO has no position before a first message.
  if (!isLine) await world.nodes[0].order('publishMany', { room: 'h:room', count: 1, size: SIZE });
  await pause(500);
  const positions = Array.from({ length: count }, (_, index) => clients[index % clients.length].positions);
  clients.forEach((client) => client.close());
  await pause(1000);
  return positions;
}

/**
 * Connects a client, and waits until it has all that it missed.
 * @param {World} world
 * @param {number} port
 * @param {any} positions
 */
async function comeBack(world, port, positions) {
  const isLine = world.peer.protocol === 'line';
  const client = isLine ? new LineClient(port, positions) : new SocketIoClient(port, positions);
  let missing = MISSED;
  /** @type {Promise<void>} */
  const complete = new Promise((resolve, reject) => {
    client.onRaw = () => {
      missing -= 1;
      if (missing === 0) resolve();
    };
    setTimeout(() => reject(new Error(`${missing} messages did not come to a client that came back`)), 120_000).unref();
  });
  complete.catch(() => {});
  await client.open();
  if (isLine) await client.join('h:room');
  await complete;
}

/** @param {World} world @returns {Promise<number>} Reads of streams, in all. */
async function readCalls({ redis }) {
  const stats = await redis.info('commandstats');
  return ['cmdstat_xrange', 'cmdstat_xrevrange', 'cmdstat_xread'].reduce((sum, name) => sum + Number(/calls=(\d+)/.exec(stats[name] ?? '')?.[1] ?? 0), 0);
}

/**
 * A node whose subscribing connection is cut subscribes again to 100,000 rooms.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function resubscribing(world, { quick }) {
  const count = quick ? 10_000 : 100_000;
  await openClients(world.peer, world.nodes, 10);
  await world.nodes[0].order('joinAll', { count, prefix: 'h:many' });
  const channels = async () => {
    const { pubsub_channels: plain, pubsubshard_channels: sharded = '0' } = await world.redis.info('stats');
    return Number(plain) + Number(sharded);
  };
  const waitFor = async () => {
    const start = monotonic();
    while (await channels() < count) {
      if (monotonic() - start > 60e6) throw new Error(`${await channels()} of ${count} channels after 60 s`);
      await pause(10);
    }
    return (monotonic() - start) / 1e6;
  };
  await waitFor();
  await pause(2000);
  await world.redis.clientKill('pubsub');
  return { rooms: count, seconds: await waitFor() };
}

/**
 * Memory of a room with one member.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function memory(world, { quick }) {
  const count = quick ? 20_000 : 100_000;
  const [node] = world.nodes;
  await openClients(world.peer, [node], 10);
  // What is allocated once is there before.
  await node.order('joinAll', { count: 1000, prefix: 'warm' });
  await pause(1000);
  const before = await node.order('memory');
  await node.order('joinAll', { count, prefix: 'room' });
  await pause(3000);
  return { bytes: (await node.order('memory') - before) / count };
}

module.exports = { recovery, resubscribing, memory };
