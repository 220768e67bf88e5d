// @ts-check
'use strict';

/**
 * A server that answers `ask`, and on the message `do` does what its payload says: what happens to a
 * process under traffic.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0 });

/** @type {Record<string, (connection: any) => unknown>} */
const deeds = {
  exit: () => process.exit(7),
  'exit later': () => setTimeout(() => process.exit(7), 20),
  'exit in a promise': () => Promise.resolve().then(() => process.exit(7)),
  throw: () => {
    throw new Error('thrown by a handler');
  },
  reject: async () => {
    await Promise.resolve();
    throw new Error('rejected by a handler');
  },
  stop: () => server.stop(),
};

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('do', (/** @type {any} */ message) => deeds[message.payload](connection));
});

if (process.argv[2] === 'catch') {
  process.on('uncaughtException', (error, origin) => report([origin, error.message]));
  process.on('unhandledRejection', (/** @type {any} */ error) => report(['unhandledRejection', error.message]));
}

server.start().then(() => report(server.address().port));
