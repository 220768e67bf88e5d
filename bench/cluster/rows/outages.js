// @ts-check
'use strict';

/** Rows about what goes wrong: Redis is away, a node dies. */

const { monotonic } = require('../clock');
const { inRooms, pause, SIZE } = require('./traffic');

/**
 * @typedef {import('../world').World} World
 * @typedef {import('./traffic').Figures} Figures
 * @typedef {import('./traffic').Times} Times
 */

/** Messages a second. */
const RATE = 50;

/** In µs. */
const MARGIN = 100_000;

/** A message that takes longer, on the node that published it, has not come at once; in ms. */
const AT_ONCE = 50;

/**
 * Redis is killed for 10 s and comes back with its data, while one node publishes 50 messages a second.
 * @param {World} world
 * @param {Times} times
 * @param {string} room
 * @returns {Promise<Figures>}
 */
async function outage(world, { quick }, room) {
  const [before, away, after] = quick ? [1000, 2000, 6000] : [2000, 10_000, 12_000];
  const clients = await inRooms(world, () => room, 30);
  /** What each got: the message, and when. @type {{s: number, t: number, at: number}[][]} */
  const got = clients.map(() => []);
  for (const [index, client] of clients.entries()) client.onMessage = ({ s, t }) => got[index].push({ s, t, at: monotonic() });
  const start = monotonic();
  const publishing = world.nodes[0].order('publish', { rooms: [room], rate: RATE, ms: before + away + after, size: SIZE });
  await pause(before);
  await world.redis.kill();
  const killed = monotonic();
  await pause(away);
  await world.redis.start();
  const back = monotonic();
  const count = await publishing;
  await pause(2000);

  const here = got.filter((_, index) => index % world.nodes.length === 0);
  const elsewhere = got.filter((_, index) => index % world.nodes.length !== 0);
  // The numbers of those that were published while Redis was away; those of a tenth of a second at each end may be either.
  const [first, last] = [killed + MARGIN, back - MARGIN].map((time) => Math.round(((time - start) / 1e6) * RATE));
  const isOfOutage = (/** @type {{s: number}} */ { s }) => s >= first && s <= last;
  const published = last - first + 1;
  const delivered = here.flat().filter(isOfOutage).filter(({ t, at }) => (at - t) / 1000 < AT_ONCE);
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((whole, each) => whole + each, 0);
  const lost = elsewhere.map((list) => 1 - new Set(list.filter(isOfOutage).map(({ s }) => s)).size / published);
  return {
    published: count,
    away: published,
    lost: (sum(lost) / lost.length) * 100,
    worst: Math.max(...lost) * 100,
    lostever: (1 - sum(elsewhere.map((list) => new Set(list.map(({ s }) => s)).size)) / (count * elsewhere.length)) * 100,
    twice: sum(elsewhere.map((list) => list.length - new Set(list.map(({ s }) => s)).size)),
    disorder: sum(elsewhere.map(disorder)),
    late: Math.max(0, ...elsewhere.flat().filter(isOfOutage).map(({ at }) => (at - back) / 1e6)),
    here: (delivered.length / (published * here.length)) * 100,
    herelate: Math.max(0, ...delivered.map(({ t, at }) => (at - t) / 1000)),
  };
}

/** @param {{s: number}[]} list @returns {number} How many came after a later one. */
function disorder(list) {
  let last = -1;
  let count = 0;
  for (const { s } of list) {
    if (s < last) count += 1;
    else last = s;
  }
  return count;
}

/**
 * A node with members who are present is killed: time until another knows, in s.
 * @param {World} world
 * @returns {Promise<Figures>}
 */
async function ghosts(world) {
  await inRooms(world, () => 'p:room', 30);
  const others = 20;
  const [first, , third] = world.nodes;
  while (await first.order('present', { room: 'p:room' }) !== 30) await pause(50);
  await third.kill();
  const start = monotonic();
  while (await first.order('present', { room: 'p:room' }) !== others) {
    if (monotonic() - start > 60e6) throw new Error('ghosts for more than 60 s');
    await pause(50);
  }
  return { seconds: (monotonic() - start) / 1e6 };
}

module.exports = { outage, ghosts };
