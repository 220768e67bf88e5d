// @ts-check
'use strict';

/**
 * A server whose package is loaded within an `AsyncLocalStorage`, with the argument as store. Every message `enter`
 * enters its payload as store; `look` is answered with the store that its handler sees. Reports its port.
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const { report } = require('../support/report');

/** @type {AsyncLocalStorage<unknown>} */
const storage = new AsyncLocalStorage();
const load = () => require('../../helpers/implementations').loadNative();
const { Server } = process.argv[2] === undefined ? load() : storage.run(process.argv[2], load);
const server = new Server({ host: '127.0.0.1', port: 0 });

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('enter', (/** @type {any} */ message) => storage.enterWith(message.payload));
  connection.on('run', (/** @type {any} */ message) => storage.run(message.payload, () => {}));
  connection.on('look', (/** @type {any} */ message) => message.resolve(storage.getStore() ?? 'none'));
});
server.start().then(() => report({ port: server.address().port }));
