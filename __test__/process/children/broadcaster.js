// @ts-check
'use strict';

/**
 * A server that broadcasts 200 MiB when a client asks for it, in pieces, so that other events come in
 * between. Argument: options of the server as JSON. Reports its port, then how the broadcast and the
 * connections went.
 */

const { setImmediate: turn } = require('node:timers/promises');
const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');
const { memoryStatus } = require('../support/usage');

const MIB = 1024 * 1024;
const TOTAL = 200 * MIB;
const PIECE = 'x'.repeat(64 * 1024);

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2]) });

async function broadcast() {
  const before = memoryStatus('VmRSS');
  let count = 0;
  for (let sent = 0; sent < TOTAL; sent += PIECE.length) {
    server.broadcast('news', [count++, PIECE]);
    await turn();
  }
  report({ broadcast: count, growth: memoryStatus('VmHWM') - before });
}

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('broadcast', broadcast);
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('stop', () => server.stop());
  connection.on('_disconnected', (/** @type {number} */ code, /** @type {string} */ reason) => {
    report({ disconnected: code, reason });
  });
});

server.start().then(() => report(server.address().port));
