// @ts-check
'use strict';

/**
 * A node that connects to Redis again and again keeps its memory, its descriptors and its threads: for five seconds, or as
 * often as `LINE_RECONNECTIONS` says. Connections are ended by Redis, cut on their way, and lost with Redis itself.
 */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { TcpProxy } = require('../helpers/proxy');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { fence, oneEach, startJoined } = require('./support/joined');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

/** @type {number | undefined} */
const TIMES = process.env.LINE_RECONNECTIONS === undefined ? undefined : Number(process.env.LINE_RECONNECTIONS);

/** Milliseconds of each half unless a number of times is given. */
const TIME = 2500;

const ROOMS = Array.from({ length: 50 }, (_, index) => `room ${index}`);

/** Most that memory may grow, in bytes: what one reconnection kept, of rooms alone, would be more than this in all. */
const GROWTH = 8 * 1024 * 1024;

/** Every so many reconnections Redis is killed. */
const KILL = 20;

it('nothing grows over reconnections', { skip: WITHOUT_REDIS }, withScene(async (scene, test) => {
  /** @type {TcpProxy[]} */
  const proxies = [];
  const url = async (/** @type {import('./support/redis').Redis} */ { port }) => {
    proxies.push(await TcpProxy.start(scene, port));
    return `redis://127.0.0.1:${proxies[0].port}`;
  };
  const { redis, nodes } = await startJoined(scene, 1, { url, how: { apart: true }, server: { history: { 'room 1*': { size: 100, ttl: 60_000 } } } });
  const [node] = nodes;
  const members = await oneEach(scene, nodes, ROOMS);

  const cut = async (/** @type {number} */ number) => {
    if (number % KILL === KILL - 1) {
      await redis.kill();
      await redis.start();
    } else if (number % 4 === 1) {
      await redis.clientKill('pubsub');
    } else if (number % 4 === 3) {
      await redis.clientKill('normal');
    } else {
      proxies[0].cut({ reset: number % 4 === 0 });
    }
  };
  const ups = async () => (await node.do('stats')).adapter.reconnects;
  let count = 0;
  const reconnect = async () => {
    const [begun, before] = [Date.now(), count];
    while (TIMES === undefined ? Date.now() - begun < TIME : count - before < TIMES / 2) {
      const was = await ups();
      await cut(count);
      await until(async () => await ups() > was && await node.do('state') === 'up', 'up again', PATIENCE);
      // A message that goes out as the next connection is cut may be lost, in a plain room.
      await fence(node, ROOMS[10 + count % 10], members);
      count += 1;
    }
  };
  const used = async () => {
    const { memory } = await node.do('usage');
    const of = (/** @type {string} */ what) => (process.platform === 'linux' ? fs.readdirSync(`/proc/${node.pid}/${what}`).length : 0);
    return { memory, descriptors: of('fd'), threads: of('task') };
  };

  await reconnect();
  const before = await used();
  const half = count;
  await reconnect();
  const after = await used();
  const [kibibytes, reconnections] = [Math.round((after.memory - before.memory) / 1024), await ups()];
  test.diagnostic(`${reconnections} reconnections: ${kibibytes} KiB more after the last ${count - half}, ${after.descriptors} descriptors, ${after.threads} threads`);
  assert.ok(reconnections >= count && count >= 4, `${reconnections} of ${count}`);
  assert.ok(after.memory - before.memory < GROWTH, `${after.memory - before.memory} bytes`);
  assert.ok(after.descriptors <= before.descriptors + 2, `${after.descriptors} descriptors after ${before.descriptors}`);
  assert.ok(after.threads <= before.threads + 1, `${after.threads} threads after ${before.threads}`);
}));
