// @ts-check
'use strict';

/** A worker thread with a server that answers `who` with the thread's number. */

const { parentPort, threadId, workerData } = require('node:worker_threads');
const { loadNative } = require('../helpers/implementations');

const { Server } = loadNative();
const server = new Server(workerData);
server.on('connection', (/** @type {any} */ connection) => {
  connection.on('who', (/** @type {any} */ message) => message.resolve(threadId));
});
server.start().then(() => parentPort?.postMessage(server.address()));
