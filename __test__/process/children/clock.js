// @ts-check
'use strict';

/**
 * A server with short deadlines. Argument: its options as JSON. Reports its port; a client's request
 * `time` is answered with the wall clock's milliseconds, and its message `owe` makes the server ask
 * something in turn and report how that ends.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2]) });

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('time', (/** @type {any} */ message) => message.resolve(Date.now()));
  connection.on('owe', () => {
    connection.send('question').then(
      () => report({ send: 'answered' }),
      (/** @type {any} */ { code }) => report({ send: code }),
    );
  });
  connection.on('stop', () => server.stop());
});

server.start().then(() => report(server.address().port));
