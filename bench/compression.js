// @ts-check
'use strict';

/**
 * The cost of compression for the server: CPU of all its threads and of the JavaScript thread for an echoed message,
 * bytes on the wire, and memory of a connection. `node bench/compression.js [--messages N] [--connections N]`
 */

const { fork } = require('node:child_process');
const fs = require('node:fs');
const WebSocket = require('ws');
const { buildAddon } = require('./lib/setup');

/** Options of the server, by name. */
const MODES = {
  off: false,
  on: true,
  'level 1': { zlibDeflateOptions: { level: 1 } },
  'context takeover': { serverNoContextTakeover: false, clientNoContextTakeover: false },
  'takeover, 10 bits': {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 10,
    zlibDeflateOptions: { memLevel: 4 },
  },
};
const SIZES = [2 * 1024, 16 * 1024, 64 * 1024];

/**
 * @param {string} name Of a number on the command line.
 * @param {number} otherwise
 */
function argument(name, otherwise) {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
}

/** In the child: a server that echoes, and reports its usage on request. */
async function serve() {
  const { Server } = require('..');
  const server = new Server({ host: '127.0.0.1', port: 0, perMessageDeflate: JSON.parse(process.argv[3]) });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
  });
  await server.start();
  const say = (/** @type {unknown} */ value) => /** @type {any} */ (process).send(value);
  process.on('message', () => {
    /** @type {any} */ (global).gc();
    const { user, system } = process.cpuUsage();
    say({ cpu: user + system, thread: threadTime(), rss: process.memoryUsage().rss });
  });
  process.on('disconnect', () => process.exit());
  say(/** @type {any} */ (server.address()).port);
}

/** @returns {number} µs of CPU the main thread has used. Linux only. */
function threadTime() {
  const stat = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
  return Number(stat.split(' ')[0]) / 1000;
}

/** @param {import('node:child_process').ChildProcess} child */
function heard(child) {
  return new Promise((resolve) => child.once('message', resolve));
}

/** @param {import('node:child_process').ChildProcess} child */
function usage(child) {
  const answer = heard(child);
  child.send('usage');
  return /** @type {Promise<{cpu: number, thread: number, rss: number}>} */ (answer);
}

/**
 * Text as applications send it: objects with the same names and different values.
 * @param {number} length
 */
function payload(length) {
  const items = [];
  for (let n = 0; JSON.stringify(items).length < length - 120; n++) {
    const id = (n * 2654435761) % 4294967296;
    items.push({ id, name: `user-${id.toString(36)}`, online: id % 3 === 0, score: (id % 10007) / 7, tags: ['a', 'b'] });
  }
  return items;
}

/** @param {number} port */
async function connect(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: true });
  await new Promise((resolve) => socket.once('open', resolve));
  await ask(socket, '{"n":"_h","i":"h"}');
  return socket;
}

/**
 * @param {WebSocket} socket
 * @param {string} text
 */
function ask(socket, text) {
  const answer = new Promise((resolve) => socket.once('message', resolve));
  socket.send(text);
  return answer;
}

/**
 * @param {string} mode
 * @returns {Promise<string[]>} A row for each size.
 */
async function measure(mode) {
  const options = JSON.stringify(/** @type {any} */ (MODES)[mode]);
  const child = fork(__filename, ['server', options], { execArgv: ['--expose-gc'] });
  const port = Number(await heard(child));
  const rows = [];
  for (const size of SIZES) {
    const messages = Math.ceil(argument('messages', 20000) / (1 + size / 4096));
    const text = JSON.stringify({ n: 'echo', p: payload(size), i: '1' });
    const socket = await connect(port);
    for (let n = 0; n < messages / 5; n++) await ask(socket, text);
    const bytes = /** @type {any} */ (socket)._socket.bytesRead;
    const before = await usage(child);
    for (let n = 0; n < messages; n++) await ask(socket, text);
    const after = await usage(child);
    const wire = (/** @type {any} */ (socket)._socket.bytesRead - bytes) / messages;
    const cpu = (after.cpu - before.cpu) / messages;
    const thread = (after.thread - before.thread) / messages;
    rows.push(`| ${size / 1024} KiB | ${mode} | ${cpu.toFixed(1)} | ${thread.toFixed(1)} | ${Math.round(wire)} |`);
    socket.terminate();
  }
  rows.push(await memory(mode, port, child));
  child.disconnect();
  return rows;
}

/**
 * @param {string} mode
 * @param {number} port
 * @param {import('node:child_process').ChildProcess} child
 */
async function memory(mode, port, child) {
  const connections = argument('connections', 1000);
  const text = JSON.stringify({ n: 'echo', p: payload(2048), i: '1' });
  const before = await usage(child);
  const sockets = [];
  for (let n = 0; n < connections; n++) {
    const socket = await connect(port);
    await ask(socket, text);
    sockets.push(socket);
  }
  const after = await usage(child);
  for (const socket of sockets) socket.terminate();
  return `| connection | ${mode} | ${((after.rss - before.rss) / connections / 1024).toFixed(1)} KiB | | |`;
}

async function main() {
  buildAddon();
  console.log('| message | compression | CPU, µs | JavaScript thread, µs | bytes sent |');
  console.log('| --- | --- | --: | --: | --: |');
  for (const mode of Object.keys(MODES)) {
    for (const row of await measure(mode)) console.log(row);
  }
}

(process.argv[2] === 'server' ? serve() : main()).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
