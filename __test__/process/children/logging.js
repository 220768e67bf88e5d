// @ts-check
'use strict';

/**
 * A server that is told what to do by its clients: on `stop` it stops. Reports its port. With the
 * argument `workers` it is one in each of two worker threads.
 */

const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

async function serve() {
  const { Server } = loadNative();
  const server = new Server({ host: '127.0.0.1', port: 0, allowedOrigins: ['https://own.example'] });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('stop', () => server.stop());
  });
  await server.start();
  return server.address().port;
}

async function main() {
  if (!isMainThread) {
    parentPort?.postMessage(await serve());
  } else if (process.argv[2] === 'workers') {
    for (let i = 0; i < 2; i++) new Worker(__filename).on('message', report);
  } else {
    report(await serve());
  }
}

main();
