// @ts-check
'use strict';

/**
 * Starts and stops a server many times with clients and rooms, and reports what is open afterwards.
 * Argument: `same` server every time, or a `new` one.
 */

const { loadNative } = require('../../helpers/implementations');
const { RawClient } = require('../../helpers/raw-client');
const { report } = require('../support/report');
const { Usage, settledUsage } = require('../support/usage');

const TIMES = 60;
/** Rounds before the first count: Node itself opens things when it needs them first. */
const WARM_UP = 3;

const [kind] = process.argv.slice(2);
const { Server } = loadNative();

function makeServer() {
  const server = new Server({ host: '127.0.0.1', port: 0 });
  server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('lobby'));
  return server;
}

/** @param {any} server */
async function round(server) {
  await server.start();
  const { port } = server.address();
  // One whose handshake is done and one whose is pending.
  const done = await RawClient.open({ port });
  const pending = await RawClient.open({ port });
  await Promise.all([done.handshake(), pending.fence()]);
  const members = server.getRoom('lobby')?.getConnectionsCount();
  await server.stop();
  await Promise.all([done.closed(), pending.closed()]);
  const left = [server.getRoom('lobby'), Object.keys(server.getConnections()).length, server.address()];
  return { members, left };
}

async function main() {
  const server = makeServer();
  for (let i = 0; i < WARM_UP; i++) await round(server);
  const before = new Usage();
  const rounds = new Set();
  for (let i = 0; i < TIMES; i++) {
    rounds.add(JSON.stringify(await round(kind === 'same' ? server : makeServer())));
  }
  report({ before, after: await settledUsage(before), rounds: [...rounds].map((text) => JSON.parse(text)) });
}

main();
