// @ts-check
'use strict';

/** Rows about messages to rooms, answers, and who is there. */

const { openClients } = require('../clients');
const { monotonic } = require('../clock');
const { cpuDuring } = require('../cpu');

/**
 * @typedef {import('../world').World} World
 * @typedef {Record<string, number>} Figures
 * @typedef {{ms: number, quick: boolean}} Times How long to measure.
 */

/** Clients in all. */
const CLIENTS = 300;
/** Bytes of a payload. */
const SIZE = 128;

/** Time after which subscriptions of adapters that do not tell of them are there, in ms. */
const SETTLED = 500;

/** Time within which a message has come, else it is lost, in ms: nodes may fall behind. */
const LATEST = 20_000;

/** Times that a node without the rooms is compared with itself. */
const TURNS = 7;

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {number[]} numbers @param {number} part */
function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/**
 * Opens clients, shared out among nodes, each in a room.
 * @param {World} world
 * @param {(index: number) => string} roomOf
 * @param {number} [count]
 * @param {World['nodes']} [nodes]
 */
async function inRooms(world, roomOf, count = CLIENTS, nodes = world.nodes) {
  const clients = await openClients(world.peer, nodes, count, (client, index) => client.join(roomOf(index)));
  await pause(SETTLED);
  return clients;
}

/**
 * One room of 300, in which one node publishes 100 messages a second.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function room(world, { ms }) {
  let deliveries = 0;
  const clients = await inRooms(world, () => 'room');
  for (const client of clients) client.onRaw = () => (deliveries += 1);
  const publish = (/** @type {number} */ time) => world.nodes[0].order('publish', { rooms: ['room'], rate: 100, ms: time, size: SIZE });
  const warm = await publish(1000);
  await arrived(() => deliveries, warm * CLIENTS);
  deliveries = 0;
  let count = 0;
  const { all, js } = await cpuDuring(world.pids, async () => {
    count = await publish(ms);
    await arrived(() => deliveries, count * CLIENTS);
  });
  return { cpu: all / deliveries, js: js / deliveries };
}

/**
 * 300 rooms of one, 2,000 messages a second, which all nodes publish in turn; in each node only a third of the rooms
 * have a member.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function rooms(world, { ms }) {
  const roomOf = (/** @type {number} */ index) => `room${index}`;
  const clients = await inRooms(world, roomOf);
  /** @type {number[]} */
  let here = [];
  /** @type {number[]} */
  let elsewhere = [];
  for (const [index, client] of clients.entries()) {
    client.onMessage = ({ t, f }) => (f === index % world.nodes.length ? here : elsewhere).push((monotonic() - t) / 1000);
  }
  const all = clients.map((_, index) => roomOf(index));
  const publish = (/** @type {number} */ time) => Promise.all(world.nodes.map((node, source) =>
    node.order('publish', { rooms: all.slice(source).concat(all.slice(0, source)), rate: 2000 / world.nodes.length, ms: time, size: SIZE, source })));
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((whole, each) => whole + each, 0);
  await arrived(() => here.length + elsewhere.length, sum(await publish(1000)));
  [here, elsewhere] = [[], []];
  let count = 0;
  const used = await cpuDuring(world.pids, async () => {
    count = sum(await publish(ms));
    await arrived(() => here.length + elsewhere.length, count);
  });
  return {
    cpu: used.all / count,
    js: used.js / count,
    herep50: quantile(here, 0.5),
    p50: quantile(elsewhere, 0.5),
    p99: quantile(elsewhere, 0.99),
  };
}

/**
 * CPU of a node that has no member of any of the rooms, in which another publishes 2,000 messages a second.
 *
 * It is compared with the node's CPU in equal times without messages, in turns: the median of the differences leaves out
 * garbage collections and compilations of V8, which come some seconds after clients were opened, with or without messages.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function without(world, { ms }) {
  await inRooms(world, (index) => `room${index}`, 200, world.nodes.slice(0, 2));
  const names = Array.from({ length: 200 }, (_, index) => `room${index}`);
  const third = [world.nodes[2].pid];
  const differences = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const idle = await cpuDuring(third, () => pause(ms / 2));
    let count = 0;
    const busy = await cpuDuring(third, async () => {
      count = await world.nodes[0].order('publish', { rooms: names, rate: 2000, ms: ms / 2, size: SIZE });
    });
    differences.push((busy.all - idle.all) / count);
  }
  return { cpu: Math.max(0, quantile(differences, 0.5)) };
}

/**
 * A broadcast that 300 clients answer, again and again.
 * @param {World} world
 * @param {Times} times
 * @returns {Promise<Figures>}
 */
async function answers(world, { quick }) {
  await inRooms(world, () => 'room');
  const times = quick ? 10 : 50;
  await world.nodes[0].order('ask', { room: 'room', times: 5 });
  let count = 0;
  const { all } = await cpuDuring(world.pids, async () => {
    count = await world.nodes[0].order('ask', { room: 'room', times });
  });
  checkAll(count, times * CLIENTS);
  return { cpu: all / count };
}

/**
 * How long it takes to list 300 members, also while the JavaScript of another node is blocked for a second.
 * @param {World} world
 * @returns {Promise<Figures>}
 */
async function fetch(world) {
  await inRooms(world, () => 'room');
  const list = (/** @type {number} */ times) => world.nodes[0].order('fetch', { room: 'room', times, every: 20 });
  await list(10);
  const free = await list(40);
  const blocked = world.nodes[1].order('block', { ms: 1000 });
  const busy = await list(40);
  await blocked;
  checkAll(free.least, CLIENTS);
  return { p50: quantile(free.ms, 0.5), p99: quantile(free.ms, 0.99), blockedp99: quantile(busy.ms, 0.99), least: busy.least };
}

/**
 * Waits until so many messages have come.
 * @param {() => number} got
 * @param {number} expected
 */
async function arrived(got, expected) {
  const deadline = Date.now() + LATEST;
  while (got() < expected && Date.now() < deadline) await pause(20);
  checkAll(got(), expected);
}

/**
 * @param {number} got
 * @param {number} expected
 */
function checkAll(got, expected) {
  if (got !== expected) throw new Error(`${got} of ${expected}`);
}

module.exports = { room, rooms, without, answers, fetch, inRooms, pause, quantile, SIZE };
