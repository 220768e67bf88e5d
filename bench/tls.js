// @ts-check
'use strict';

/**
 * The cost of TLS: server CPU per request and memory of an idle connection, of this package with the option
 * `tls`, of ws 8 on Node's `https`, and of both without TLS. The load generator of the other cases has no TLS,
 * so the load comes from `ws` clients in a separate Node process.
 *
 *     node bench/tls.js [--rounds 3] [--seconds 4]
 */

const { fork } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { WebSocket, WebSocketServer } = require('ws');
const { buildAddon } = require('./lib/setup');

const CONNECTIONS = 64;
const IDLE = 2000;
const REQUEST = JSON.stringify({ n: 'echo', p: 'x'.repeat(64), i: '1' });

/** @param {string} name */
const fixture = (name) => fs.readFileSync(path.join(__dirname, '../__test__/fixtures/tls', name));

const TLS = { key: fixture('server.key'), cert: fixture('server.pem') };

/** What is measured, each in a process of its own. @type {Record<string, () => Promise<number>>} */
const SERVERS = {
  'ours-tls': () => serveOurs({ tls: TLS }),
  'ws-tls': () => serveWs(https.createServer(TLS)),
  ours: () => serveOurs({}),
  ws: () => serveWs(http.createServer()),
};

/** @param {object} options */
async function serveOurs(options) {
  const Server = require('..');
  const server = new Server({ host: '127.0.0.1', port: 0, ...options });
  server.on('connection', (connection) => {
    connection.on('echo', (message) => message.resolve(message.payload));
  });
  await server.start();
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/**
 * @param {http.Server | https.Server} server
 * @returns {Promise<number>}
 */
function serveWs(server) {
  const handle = require('./peers/by-hand');
  const none = { handshaken: () => {}, broadcast: () => {} };
  new WebSocketServer({ server, clientTracking: false }).on('connection', (socket) => {
    socket.on('message', (data) => {
      const response = handle(data.toString(), none);
      if (response !== undefined) socket.send(response);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
}

/** Runs a server, and tells the parent of its CPU and memory when asked. @param {string} name */
async function serve(name) {
  const port = await SERVERS[name]();
  process.on('message', () => {
    for (let round = 0; round < 3; round += 1) global.gc?.();
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, rss: process.memoryUsage().rss });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}

/**
 * Opens connections and completes their handshakes.
 * @param {string} name
 * @param {number} port
 * @param {number} count
 */
async function open(name, port, count) {
  const scheme = name.endsWith('-tls') ? 'wss' : 'ws';
  /** @type {WebSocket[]} */
  const sockets = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(50, count - sockets.length) }, () => {
      return new WebSocket(`${scheme}://127.0.0.1:${port}/`, { ca: fixture('ca.pem'), perMessageDeflate: false });
    });
    await Promise.all(batch.map((socket) => new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => socket.send('{"n":"_h","i":"h"}'));
      socket.once('message', resolve);
    })));
    sockets.push(...batch);
  }
  return sockets;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} [ask]
 * @returns {Promise<any>}
 */
function told(child, ask = true) {
  const message = new Promise((resolve) => child.once('message', resolve));
  if (ask) child.send('stats');
  return message;
}

/** @param {number} seconds */
const rest = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Measures one server: µs of CPU a request, bytes an idle connection.
 * @param {string} name
 * @param {number} seconds
 */
async function measure(name, seconds) {
  const child = fork(__filename, ['serve', name], { execArgv: ['--expose-gc'] });
  const { port } = await told(child, false);
  // The first connections bring the process to its working size.
  const early = await open(name, port, IDLE / 4);
  const some = await told(child);
  const idle = await open(name, port, IDLE);
  await rest(0.5);
  const all = await told(child);
  for (const socket of [...early, ...idle]) socket.terminate();
  await rest(0.5);

  let requests = 0;
  const busy = await open(name, port, CONNECTIONS);
  for (const socket of busy) {
    socket.on('message', () => {
      requests += 1;
      socket.send(REQUEST);
    });
    socket.send(REQUEST);
  }
  await rest(1);
  const before = { requests, ...(await told(child)) };
  await rest(seconds);
  const after = { requests, ...(await told(child)) };
  for (const socket of busy) socket.terminate();
  child.kill();
  return {
    request: (after.cpu - before.cpu) / (after.requests - before.requests),
    idle: (all.rss - some.rss) / IDLE,
  };
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {string} flag @param {number} fallback */
function option(flag, fallback) {
  const index = process.argv.indexOf(flag);
  return index < 0 ? fallback : Number(process.argv[index + 1]);
}

async function main() {
  buildAddon();
  const seconds = option('--seconds', 4);
  /** @type {Record<string, {request: number, idle: number}[]>} */
  const runs = {};
  for (let round = 0; round < option('--rounds', 3); round += 1) {
    for (const name of Object.keys(SERVERS)) {
      const result = await measure(name, seconds);
      console.error('%s: %j', name, result);
      (runs[name] ??= []).push(result);
    }
  }
  console.log(`Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}, ${new Date().toISOString().slice(0, 10)}`);
  console.log('| server | µs of CPU a request | bytes an idle connection |\n| --- | --: | --: |');
  for (const [name, results] of Object.entries(runs)) {
    const request = median(results.map((result) => result.request));
    const idle = median(results.map((result) => result.idle));
    console.log(`| ${name} | ${request.toFixed(1)} | ${Math.round(idle)} |`);
  }
}

if (process.argv[2] === 'serve') serve(process.argv[3]);
else main();
