// @ts-check
'use strict';

/** A node that connects to Redis again and again keeps its memory: 100 times, or as often as `LINE_RECONNECTIONS` says. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { fence, oneEach, startJoined } = require('./support/joined');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

const TIMES = Number(process.env.LINE_RECONNECTIONS ?? 100);
const ROOMS = Array.from({ length: 50 }, (_, index) => `room ${index}`);

/** Most that memory may grow, in bytes: what one reconnection kept, of rooms alone, would be more than this in all. */
const GROWTH = 8 * 1024 * 1024;

it('memory does not grow over reconnections', { skip: WITHOUT_REDIS }, withScene(async (scene, test) => {
  const { redis, nodes } = await startJoined(scene, 1, { how: { apart: true }, server: { history: { 'room 1*': { size: 100, ttl: 60_000 } } } });
  const [node] = nodes;
  const members = await oneEach(scene, nodes, ROOMS);
  const ups = async () => (await node.do('stats')).adapter.reconnects;
  const reconnect = async (/** @type {number} */ times) => {
    for (let i = 0; i < times; i += 1) {
      const before = await ups();
      await redis.clientKill(i % 2 === 0 ? 'pubsub' : 'normal');
      await until(async () => await ups() > before && await node.do('state') === 'up', 'up again', PATIENCE);
      await fence(node, ROOMS[i % ROOMS.length], members);
    }
  };
  await reconnect(TIMES / 2);
  const { memory: before } = await node.do('usage');
  await reconnect(TIMES / 2);
  const { memory: after } = await node.do('usage');
  test.diagnostic(`${TIMES} reconnections: ${Math.round((after - before) / 1024)} KiB more after the second half`);
  assert.ok(after - before < GROWTH, `${after - before} bytes`);
}));
