// @ts-check
'use strict';

/**
 * The cost of a broadcast over TLS and with compression: server CPU per delivery, of this package, of ws 8 and of Bun, all by the
 * same protocol. The load generator of the other cases has neither, so the clients are those of `ws`, in this process.
 *
 *     node bench/broadcast.js [--rounds 3] [--seconds 3] [--connections 500]
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { WebSocket } = require('ws');
const { reservePort } = require('../__test__/helpers/ports');
const { command, peers } = require('./lib/peers');
const { Program } = require('./lib/program');
const { buildAddon } = require('./lib/setup');

const PEERS = ['ours', 'ws', 'bun'];
const TRANSPORTS = ['plain', 'tls', 'compressed'];

/** Longest time for a server to start, in ms. */
const START_TIMEOUT = 30_000;

/** About 2 KiB of JSON, like rows of a table: more than the 1,024 bytes from which on ours and ws compress. */
const PAYLOAD = Array.from({ length: 24 }, (_, id) => ({ id, name: `user ${id * 7919}`, score: id * 1.37, tags: ['a', 'b', `t${id}`], on: id % 2 === 0 }));
const REQUEST = JSON.stringify({ n: 'broadcast', p: PAYLOAD });

const authority = fs.readFileSync(path.join(__dirname, '../__test__/fixtures/tls/ca.pem'));

/** @param {number} ms */
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {number} pid
 * @returns {number} Microseconds of CPU that all threads of a process have used.
 */
function cpuOf(pid) {
  const tasks = `/proc/${pid}/task`;
  const times = fs.readdirSync(tasks).map((task) => Number(fs.readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]));
  return times.reduce((sum, time) => sum + time, 0) / 1000;
}

/**
 * Opens connections and completes their handshakes.
 * @param {string} url
 * @param {boolean} compresses
 * @param {number} count
 */
async function open(url, compresses, count) {
  /** @type {WebSocket[]} */
  const sockets = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(50, count - sockets.length) }, () => {
      return new WebSocket(url, { ca: authority, perMessageDeflate: compresses });
    });
    await Promise.all(batch.map((socket) => new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => socket.send('{"n":"_h","i":"h"}'));
      socket.once('message', resolve);
    })));
    sockets.push(...batch);
  }
  const agreed = sockets[0].extensions.includes('permessage-deflate');
  if (agreed !== compresses) throw new Error(`${url}: compression is ${agreed ? 'on' : 'off'}`);
  return sockets;
}

/**
 * Measures one server: µs of CPU a delivery, and bytes of one on the wire.
 * @param {string} key
 * @param {string} transport
 * @param {number} connections
 * @param {number} seconds
 */
async function measure(key, transport, connections, seconds) {
  const peer = /** @type {import('./lib/peers').Peer} */ (peers.find((one) => one.key === key));
  const port = await reservePort();
  const server = new Program('0', command(peer), { PORT: String(port), TRANSPORT: transport, NODE_ENV: 'production' });
  try {
    await server.says(['ready'], START_TIMEOUT);
    const url = `${transport === 'tls' ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
    const sockets = await open(url, transport === 'compressed', connections);
    await rest(200);
    let deliveries = 0;
    const [asking] = sockets;
    for (const socket of sockets) {
      socket.on('message', () => {
        deliveries += 1;
        if (deliveries % connections === 0) asking.send(REQUEST);
      });
    }
    asking.send(REQUEST);
    await rest(1000);
    const before = { deliveries, cpu: cpuOf(Number(server.pid)) };
    await rest(seconds * 1000);
    const cpu = (cpuOf(Number(server.pid)) - before.cpu) / (deliveries - before.deliveries);
    const wire = /** @type {any} */ (sockets[1])._socket.bytesRead / (deliveries / connections);
    for (const socket of sockets) socket.terminate();
    return { cpu, wire };
  } finally {
    await server.stop();
  }
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '500' },
    },
  });
  const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number);
  if (![rounds, seconds, connections].every((value) => value >= 1)) throw new Error('--rounds, --seconds and --connections are numbers from 1 on');
  buildAddon();
  /** @type {Map<string, {cpu: number, wire: number}[]>} */
  const runs = new Map();
  for (let round = 0; round < rounds; round += 1) {
    for (const transport of TRANSPORTS) {
      for (const key of PEERS) {
        const result = await measure(key, transport, connections, seconds);
        console.error('%s, %s: %s µs, %d bytes', transport, key, result.cpu.toFixed(2), Math.round(result.wire));
        const name = `${transport} ${key}`;
        runs.set(name, [...(runs.get(name) ?? []), result]);
      }
    }
  }
  console.log(`Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}, ${new Date().toISOString().slice(0, 10)}`);
  console.log(`| µs of CPU a delivery to ${connections} | ${PEERS.join(' | ')} |\n| --- | ${PEERS.map(() => '--: |').join(' ')}`);
  for (const transport of TRANSPORTS) {
    const row = PEERS.map((key) => {
      const results = /** @type {{cpu: number, wire: number}[]} */ (runs.get(`${transport} ${key}`));
      return `${median(results.map(({ cpu }) => cpu)).toFixed(2)}, ${Math.round(median(results.map(({ wire }) => wire)))} bytes`;
    });
    console.log(`| ${transport} | ${row.join(' | ')} |`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
