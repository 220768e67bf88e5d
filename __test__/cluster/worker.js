// @ts-check
'use strict';

/**
 * A worker of a cluster, with a server that answers `who` with the worker's number. Options come as
 * JSON in `OPTIONS`. It tells the primary where it listens, or why it does not; the message `stop` makes
 * it stop and leave.
 */

require('../../lib/binding/native.js');
// The core is that of this system; all above it behaves as on the other.
Object.defineProperty(process, 'platform', { value: process.env.PLATFORM });
const { loadNative } = require('../helpers/implementations');

const { Server } = loadNative();
const me = Number(process.env.NUMBER);
const server = new Server(JSON.parse(process.env.OPTIONS ?? '{}'));

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('who', (/** @type {any} */ message) => message.resolve(me));
  connection.on('drain', () => server.stop({ drain: 100 }));
});

process.on('message', async (message) => {
  if (message !== 'stop') return;
  await server.stop();
  process.disconnect();
});

server.start().then(
  () => process.send?.({ address: server.address() }),
  (/** @type {any} */ error) => {
    process.send?.({ code: error.code, cause: error.payload?.code, message: error.message });
    process.disconnect();
  },
);
