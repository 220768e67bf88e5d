// @ts-check
'use strict';

/**
 * A server that broadcasts pieces of 64 KiB when a client asks for it, as fast as that client reads.
 * Arguments: options of the server as JSON, how many pieces. Reports its port, then how the broadcast and
 * the connections went.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');
const { memoryStatus } = require('../support/usage');

const PIECE = 'x'.repeat(64 * 1024);

/** Pieces sent without waiting for the client that asked. */
const AT_ONCE = 16;

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2]) });
const pieces = Number(process.argv[3]);

/** @param {any} asker */
async function broadcast(asker) {
  const before = memoryStatus('VmRSS');
  let count = 0;
  while (count < pieces) {
    server.broadcast('news', [count++, PIECE]);
    if (count % AT_ONCE === 0) await asker.sendWithoutResponse('pace');
  }
  report({ broadcast: count, growth: memoryStatus('VmHWM') - before });
}

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('broadcast', () => broadcast(connection));
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('stop', () => server.stop());
  connection.on('_disconnected', (/** @type {number} */ code, /** @type {string} */ reason) => {
    report({ disconnected: code, reason });
  });
});

server.start().then(() => report(server.address().port));
