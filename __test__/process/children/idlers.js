// @ts-check
'use strict';

/**
 * Run with --expose-gc: a server whose connections have five listeners that are never called. An argument is its `pingInterval`.
 * Reports its port; and, whenever the client whose handshake says `control` sends `measure`, the bytes
 * of JavaScript's heap and the resident bytes of the process.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const collect = /** @type {() => void} */ (global.gc);
const { Server } = loadNative();
const pingInterval = Number(process.argv[2]);
const server = new Server({ host: '127.0.0.1', port: 0, pingInterval, responseTimeout: 600_000, handshakeTimeout: 600_000 });

server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
  if (handshake.payload === 'control') {
    connection.on('measure', measure);
    connection.on('stop', () => server.stop());
  }
  handshake.resolve();
});

server.on('connection', (/** @type {any} */ connection) => {
  for (const name of ['question', 'order', 'news', '_error', '_disconnected']) connection.on(name, () => {});
});

function measure() {
  // What the first only marks for finalising, the second frees.
  collect();
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  report({ heap: heapUsed, resident: rss });
}

server.start().then(() => report(server.address().port));
