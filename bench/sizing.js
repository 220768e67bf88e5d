// @ts-check
'use strict';

/**
 * What Redis and the kernel need for servers that are joined: `node bench/sizing.js`, a minute. The table of
 * docs/guides/sizing.md is made of it. CPU is that of the Redis process, from its own count, so other programs disturb it little.
 */

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { Redis: Client } = require('ioredis');
const { connect } = require('../__test__/cluster/support/members');
const { startNodes } = require('../__test__/cluster/support/nodes');
const { Redis } = require('../__test__/cluster/support/redis');
const { cpuDuring } = require('./cluster/cpu');

/** @typedef {import('ioredis').Redis} Connection */

const SCRIPT = fs.readFileSync(path.join(__dirname, '../lua/publish.lua'), 'utf8');

const MESSAGE = JSON.stringify({ n: 'said', p: 'x'.repeat(128) });

/** Messages in one pipeline, as a node sends what has gathered while it was busy. */
const BATCH = 50;

/** Pipelines of a measurement. */
const BATCHES = 400;

const ROOMS = 1000;

/** Messages that are kept in each room. */
const KEPT = 100;

/** Sockets for the kernel's memory. */
const SOCKETS = 8000;

/** @type {(() => unknown)[]} */
const closers = [];

/** @param {Redis} redis */
function open(redis) {
  // Its check whether the server is ready cannot be sent on a connection that is subscribed.
  const client = new Client(redis.port, '127.0.0.1', { enableReadyCheck: false });
  closers.push(() => client.disconnect());
  return client;
}

/** CPU that Redis has used, in µs. @param {Redis} redis */
async function cpu(redis) {
  const { used_cpu_sys: system, used_cpu_user: user } = await redis.info('cpu');
  return (Number(system) + Number(user)) * 1e6;
}

/** @param {Redis} redis */
async function memory(redis) {
  return Number((await redis.info('memory')).used_memory);
}

/** @param {Redis} redis */
async function traffic(redis) {
  const { total_net_input_bytes: into, total_net_output_bytes: out } = await redis.info('stats');
  return { into: Number(into), out: Number(out) };
}

/**
 * @param {Redis} redis
 * @param {number} nodes Subscribers of every room.
 * @param {boolean} isKept
 */
async function publish(redis, nodes, isKept) {
  const subscribers = Array.from({ length: nodes }, () => open(redis));
  let received = 0;
  for (const subscriber of subscribers) {
    await subscriber.subscribe('line:r:news');
    subscriber.on('message', () => (received += 1));
  }
  const publisher = open(redis);
  const sha = /** @type {string} */ (await publisher.script('LOAD', SCRIPT));
  const [begun, before] = [await cpu(redis), await traffic(redis)];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const pipeline = publisher.pipeline();
    for (let message = 0; message < BATCH; message += 1) {
      if (isKept) pipeline.evalsha(sha, 2, 'line:m:news', 'line:h:news', 'line:r:news', MESSAGE, 1000, 3_600_000);
      else pipeline.publish('line:r:news', MESSAGE);
    }
    await pipeline.exec();
  }
  while (received < nodes * BATCHES * BATCH) await delay(5);
  const [ended, after] = [await cpu(redis), await traffic(redis)];
  for (const client of [...subscribers, publisher]) client.disconnect();
  const count = BATCHES * BATCH;
  return { cpu: (ended - begun) / count, into: (after.into - before.into) / count, out: (after.out - before.out) / count };
}

/**
 * CPU of a node, in µs, for a message that comes from Redis to members of a room there. 2,000 messages a second come, as
 * two nodes would publish them, each every 5 ms.
 * @param {Redis} redis
 * @param {import('../__test__/cluster/support/program').Owner} owner
 * @param {number} members In each room.
 */
async function receive(redis, owner, members) {
  const [node] = await startNodes(owner, 1, { adapter: { redis: redis.url, prefix: `receive${members}` } }, { apart: true });
  const rooms = Array.from({ length: 300 / members }, (_, index) => `room${index}`);
  const clients = await Promise.all(rooms.flatMap((room) => Array.from({ length: members }, () => connect(owner, node, { rooms: [room] }))));
  const publisher = open(redis);
  const perTurn = 5;
  let count = 0;
  /** @param {number} ms */
  const run = async (ms) => {
    const begun = performance.now();
    for (let turn = 0; performance.now() - begun < ms; turn += 1) {
      // Turns that come late are made up for.
      while (count < ((performance.now() - begun) * 2000) / 1000) {
        const pipeline = publisher.pipeline();
        for (let each = 0; each < perTurn; each += 1) pipeline.publish(`receive${members}:r:${rooms[(count += 1) % rooms.length]}`, MESSAGE);
        await pipeline.exec();
      }
      await delay(2.5);
    }
  };
  await run(1000);
  count = 0;
  const before = clients.reduce((sum, { received }) => sum + received.length, 0);
  const { all } = await cpuDuring([node.pid], async () => {
    await run(5000);
    const expected = before + count * members;
    while (clients.reduce((sum, { received }) => sum + received.length, 0) < expected) await delay(20);
  });
  return all / count;
}

/** Memory of histories, for each message and each room. @param {Redis} redis */
async function histories(redis) {
  const client = open(redis);
  const sha = /** @type {string} */ (await client.script('LOAD', SCRIPT));
  /** @param {string} prefix @param {number} count */
  const fill = async (prefix, count) => {
    const before = await memory(redis);
    for (let room = 0; room < ROOMS; room += 1) {
      const pipeline = client.pipeline();
      for (let message = 0; message < count; message += 1) {
        const keys = [`line:m:${prefix}${room}`, `line:h:${prefix}${room}`];
        pipeline.evalsha(sha, 2, ...keys, `line:r:${prefix}${room}`, MESSAGE, KEPT, 3_600_000);
      }
      await pipeline.exec();
    }
    return ((await memory(redis)) - before) / ROOMS;
  };
  const one = await fill('one', 1);
  // `MAXLEN ~` gives up whole blocks of a stream: more than `size` messages are kept.
  const full = await fill('full', KEPT * 3);
  return { one, full };
}

/** Memory of a channel for each node that is subscribed. @param {Redis} redis */
async function channels(redis) {
  const [first, second] = [open(redis), open(redis)];
  const names = Array.from({ length: ROOMS * 10 }, (_, index) => `line:r:channel:${index}`);
  const sizes = [await memory(redis)];
  for (const client of [first, second]) {
    for (let at = 0; at < names.length; at += 500) await client.subscribe(...names.slice(at, at + 500));
    sizes.push(await memory(redis));
  }
  const [none, one, two] = sizes.map((size) => size / names.length);
  return { first: one - none, further: two - one };
}

/** What the kernel keeps for an idle connection: both ends are here, so it is half of what comes. */
async function sockets() {
  const slab = () => Number(/^Slab: +(\d+)/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
  /** @type {net.Socket[]} */
  const open = [];
  const server = net.createServer((socket) => open.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const before = slab();
  for (let at = 0; at < SOCKETS; at += 200) {
    await Promise.all(Array.from({ length: 200 }, () => new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1').once('connect', resolve).once('error', reject);
      open.push(socket);
    })));
  }
  const after = slab();
  for (const socket of open) socket.destroy();
  server.close();
  return (after - before) / SOCKETS / 2;
}

async function main() {
  const owner = { defer: (/** @type {() => unknown} */ closer) => void closers.unshift(closer) };
  const redis = await Redis.start(owner);
  const shown = (/** @type {number} */ value) => (value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString('en'));
  console.log(`Redis ${(await redis.info('server')).redis_version}, a message has ${MESSAGE.length} bytes, ${BATCH} in a pipeline\n`);
  console.log('| nodes in the room | history | µs of Redis CPU a message | bytes to Redis | bytes from Redis |\n| --: | --- | --: | --: | --: |');
  for (const isKept of [false, true]) {
    for (const nodes of [1, 3, 10, 30]) {
      const { cpu: used, into, out } = await publish(redis, nodes, isKept);
      console.log(`| ${nodes} | ${isKept ? 'yes' : 'no'} | ${shown(used)} | ${shown(into)} | ${shown(out)} |`);
    }
  }
  const [alone, ten] = [await receive(redis, owner, 1), await receive(redis, owner, 10)];
  console.log(`\nCPU of a node for a message from Redis, µs: ${shown(alone)} with one member in the room, ${shown(ten)} with ten`);
  const { one, full } = await histories(redis);
  console.log(`\nRedis memory of a history: ${shown(one)} bytes with its first message, ${shown(full)} when full with size: ${KEPT}`);
  const { first, further } = await channels(redis);
  console.log(`Redis memory of a channel: ${shown(first)} bytes for the first node, ${shown(further)} for each further one`);
  console.log(`Kernel memory of an idle connection, without its buffers: ${shown(await sockets())} bytes`);
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(async () => {
    for (const close of closers) await close();
  });
