// @ts-check
'use strict';

/**
 * Run as a process of its own: starts a server, stops it, and ends only if nothing keeps it alive.
 * Arguments: implementation, port, and `idle` or `connected` (with a client that is still there).
 */

const { loadNative, loadOriginal } = require('./implementations');
const { RawClient } = require('./raw-client');

const [name, port, kind] = process.argv.slice(2);

/** @returns {Promise<void>} */
async function main() {
  const { Server } = name === 'original' ? loadOriginal() : loadNative();
  const server = new Server({ port: Number(port), host: '127.0.0.1' });
  await server.start();
  if (kind === 'connected') {
    const client = await RawClient.open({ port: Number(port) });
    await client.handshake();
  }
  await server.stop();
  console.log('stopped');
}

main();
