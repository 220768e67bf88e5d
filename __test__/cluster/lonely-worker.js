// @ts-check
'use strict';

/** A cluster whose primary process has not loaded the package; its worker prints why it is not joined with others. */

const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {any} */ (require('node:cluster')));

if (cluster.isPrimary) {
  cluster.fork().on('exit', (code) => process.exit(code));
} else {
  const { Server } = require('../..');
  const server = new Server({ host: '127.0.0.1', port: 0, noServer: true, adapter: /** @type {any} */ ('cluster') });
  server.nodes.on('_down', async (error) => {
    await server.stop();
    console.log(JSON.stringify({ code: error.code, message: error.message }));
    process.disconnect();
  });
  server.start();
}
