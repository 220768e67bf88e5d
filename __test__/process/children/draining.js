// @ts-check
'use strict';

/**
 * A server that drains at SIGTERM, and whose listeners of `_disconnecting` throw. Reports its port, and
 * what was uncaught.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0 });

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('_disconnecting', () => {
    throw new Error('oops');
  });
});

process.on('uncaughtException', (error) => report(`uncaught: ${error.message}`));
process.once('SIGTERM', () => server.stop({ drain: 5000 }));

server.start().then(() => report(server.address().port));
