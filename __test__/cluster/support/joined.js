// @ts-check
'use strict';

/** Nodes that are joined by one Redis. */

const { until, within } = require('../../helpers/timing');
const { connect } = require('./members');
const { startNodes } = require('./nodes');
const { PATIENCE } = require('./program');
const { Redis } = require('./redis');

/** Options of the adapter that let tests be quick, in ms. */
const QUICK = { heartbeatInterval: 200, unsubscribeDelay: 100, requestTimeout: 2000 };

/** @typedef {import('./nodes').NodeHere | import('./nodes').NodeApart} AnyNode */

/**
 * @param {AnyNode[]} nodes
 * @param {number} [count] How many there are in all.
 */
async function allJoined(nodes, count = nodes.length) {
  await until(async () => {
    const lists = await Promise.all(nodes.map((node) => node.do('nodes')));
    const states = await Promise.all(nodes.map((node) => node.do('state')));
    return lists.every((list) => list.length === count) && states.every((state) => state === 'up');
  }, `joined: ${count} nodes`, PATIENCE);
}

/**
 * Starts Redis and nodes, and waits until all know each other.
 * @template {import('./nodes').NodesOptions} T
 * @param {import('./program').Owner} owner
 * @param {number} count
 * @param {object} [wishes]
 * @param {import('./redis').RedisOptions} [wishes.redis]
 * @param {object} [wishes.adapter] Further options of the adapter.
 * @param {object} [wishes.server] Further options of the servers.
 * @param {T} [wishes.how]
 * @param {(redis: Redis, index: number) => string | Promise<string>} [wishes.url] Where a node finds Redis.
 */
async function startJoined(owner, count, { redis: redisOptions, adapter, server, how, url = (found) => found.url } = {}) {
  const redis = await Redis.start(owner, redisOptions);
  const urls = await Promise.all(Array.from({ length: count }, (_, index) => url(redis, index)));
  const nodes = await startNodes(owner, count, (index) => ({ adapter: { redis: urls[index], ...QUICK, ...adapter }, ...server }), how);
  await allJoined(nodes);
  return { redis, nodes };
}

/**
 * Waits for an event of the adapter.
 * @param {AnyNode} node
 * @param {string} name
 * @param {number} [from] Earlier ones do not count: so many events had been before, see {@link eventsOf}.
 * @returns {Promise<any>} What came with it.
 */
async function seen(node, name, from = 0) {
  /** @type {any} */
  let found;
  await until(async () => {
    found = (await node.do('events')).slice(from).find((/** @type {any} */ [each]) => each === name);
    return found !== undefined;
  }, `told ${name}`, PATIENCE);
  return found[1];
}

/** @param {AnyNode} node @returns {Promise<number>} How many events of the adapter there have been. */
const eventsOf = async (node) => (await node.do('events')).length;

/**
 * Members of a room, one on each node.
 * @param {import('./program').Owner} owner
 * @param {AnyNode[]} nodes
 * @param {string | string[]} rooms
 * @param {Parameters<typeof connect>[2]} [how]
 */
function oneEach(owner, nodes, rooms, how) {
  return Promise.all(nodes.map((node) => connect(owner, node, { rooms: [rooms].flat(), ...how })));
}

/**
 * Waits until a last message from a node has come everywhere, which is behind all that it sent before.
 * @param {AnyNode} node
 * @param {string | string[]} room
 * @param {import('./members').Member[]} members
 */
async function fence(node, room, members) {
  const mark = `mark ${Math.random()}`;
  await node.do('broadcast', { room, name: mark });
  await within(Promise.all(members.map((member) => member.got(mark, 1))), 'last message', PATIENCE);
}

module.exports = { startJoined, allJoined, seen, eventsOf, oneEach, fence, QUICK };
