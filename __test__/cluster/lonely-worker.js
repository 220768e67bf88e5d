// @ts-check
'use strict';

/**
 * A cluster whose primary process has not loaded the package, or with the argument `busy` has, and is busy once its worker is
 * joined. The worker prints why it is not joined with others.
 */

const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {any} */ (require('node:cluster')));
const isBusy = process.argv[2] === 'busy';

if (cluster.isPrimary) {
  if (isBusy) require('../..');
  const worker = cluster.fork();
  worker.on('exit', (code) => process.exit(code));
  // For longer than the worker waits for an answer.
  worker.on('message', (message) => message === 'joined' && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000));
} else {
  const { Server } = require('../..');
  const server = new Server({ host: '127.0.0.1', port: 0, noServer: true, adapter: /** @type {any} */ ('cluster'), history: { kept: { size: 10, ttl: 1000 } } });
  server.nodes.on('_up', () => {
    process.send?.('joined');
    setTimeout(() => server.room('kept').broadcast('said', 1), 100);
  });
  server.nodes.on('_down', async (error) => {
    await server.stop();
    console.log(JSON.stringify({ code: error.code, message: error.message }));
    process.disconnect();
  });
  server.start();
}
