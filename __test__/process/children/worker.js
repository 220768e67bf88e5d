// @ts-check
'use strict';

/** A worker thread with a server that answers `ask` with its payload and the thread's number. */

const { parentPort, threadId, workerData } = require('node:worker_threads');
const { loadNative } = require('../../helpers/implementations');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: workerData?.port ?? 0 });
server.on('connection', (/** @type {any} */ connection) => {
  connection.joinRoom('lobby');
  connection.on('ask', (/** @type {any} */ message) => message.resolve([threadId, message.payload]));
  connection.on('stop', () => server.stop());
  connection.on('exit', () => process.exit(3));
});
server.start().then(() => parentPort?.postMessage(server.address().port));
