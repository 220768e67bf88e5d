// @ts-check
'use strict';

/** A server in a process that may open few descriptors: reports its port and every `error` event. */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0 });
server.on('error', (/** @type {any} */ { code, syscall, message }) => report({ code, syscall, message }));
server.on('connection', (/** @type {any} */ connection) => {
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('tell', (/** @type {any} */ message) => server.broadcast('news', message.payload));
  connection.on('stop', () => server.stop());
});
server.start().then(() => report(server.address().port));
