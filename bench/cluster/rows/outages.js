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
  /** Of those published while Redis was away. */
  const during = here.map((list) => list.filter(({ t }) => t > killed && t < back));
  const delivered = during.flat().filter(({ t, at }) => (at - t) / 1000 < AT_ONCE);
  const published = elsewhere[0] === undefined ? 1 : Math.round(((back - killed) / 1e6) * RATE);
  return {
    published: count,
    awayshare: Math.max(...elsewhere.map((list) => lost(list, before, count, killed, back))) * 100,
    lost: (1 - elsewhere.flat().length / (count * elsewhere.length)) * 100,
    twice: elsewhere.flatMap((list) => [list.length - new Set(list.map(({ s }) => s)).size]).reduce((sum, each) => sum + each, 0),
    disorder: elsewhere.map(disorder).reduce((sum, each) => sum + each, 0),
    late: Math.max(0, ...elsewhere.flat().filter(({ t }) => t > killed && t < back).map(({ at }) => (at - back) / 1e6)),
    here: (delivered.length / (published * here.length)) * 100,
    herelate: Math.max(0, ...delivered.map(({ t, at }) => (at - t) / 1000)),
  };
}

/**
 * The part of the messages published while Redis was away that a client has not got.
 * @param {{s: number, t: number}[]} list
 * @param {number} before
 * @param {number} count
 * @param {number} killed
 * @param {number} back
 */
function lost(list, before, count, killed, back) {
  const expected = Math.min(count, Math.round(((back - killed) / 1e6) * RATE));
  const got = new Set(list.filter(({ t }) => t > killed && t < back).map(({ s }) => s)).size;
  return Math.max(0, 1 - got / expected);
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
