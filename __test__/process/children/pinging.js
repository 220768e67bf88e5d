// @ts-check
'use strict';

/** A server that pings its clients, with the options given as JSON. It answers `echo`, and is busy for as long as `work` says. */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2]) });

/** @param {number} ms */
function work(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('work', (/** @type {any} */ message) => work(message.payload));
});

server.start().then(() => report(server.address().port));
