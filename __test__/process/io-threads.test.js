// @ts-check
'use strict';

/** The option `ioThreads`: everything holds with several threads that share the connections. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const WebSocket = require('ws');
const Server = require('../..');

const THREADS = 4;
const CLIENTS = 40;
const REQUESTS = 200;

/** Threads of this process named by us. */
function ioThreads() {
  if (process.platform !== 'linux') return undefined;
  return fs
    .readdirSync('/proc/self/task')
    .filter((task) => fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim() === 'line-socket-io').length;
}

/**
 * @param {number} port
 * @returns {Promise<WebSocket>} Its handshake done.
 */
function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"n":"_h","i":"h"}'));
    socket.once('message', () => resolve(socket));
  });
}

it('answers in order, broadcasts to all, and leaves no thread behind', { timeout: 20000 }, async () => {
  const server = new Server({ host: '127.0.0.1', port: 0, ioThreads: THREADS });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.joinRoom('all');
    connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  });
  await server.start();
  const port = /** @type {any} */ (server.address()).port;
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => connect(port)));
  if (ioThreads() !== undefined) assert.equal(ioThreads(), THREADS);

  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          let next = 0;
          socket.on('message', (/** @type {Buffer} */ data) => {
            assert.deepEqual(JSON.parse(data.toString()), { n: '_r', p: next, i: `${next}`, e: null });
            next += 1;
            if (next === REQUESTS) resolve(undefined);
          });
          for (let i = 0; i < REQUESTS; i += 1) socket.send(`{"n":"ask","p":${i},"i":"${i}"}`);
        }),
    ),
  );

  sockets.forEach((socket) => socket.removeAllListeners('message'));
  const news = sockets.map(
    (socket) => new Promise((resolve) => socket.once('message', (data) => resolve(data.toString()))),
  );
  server.getRoom('all')?.broadcast('news', { to: 'all' });
  assert.deepEqual([...new Set(await Promise.all(news))], ['{"n":"news","p":{"to":"all"}}']);

  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await server.stop();
  await Promise.all(closed);
  if (ioThreads() !== undefined) assert.equal(ioThreads(), 0);
});
