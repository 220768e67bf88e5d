// @ts-check
'use strict';

/** A message to everybody but its sender, who has shown it already: where the others' pointers are. */

const Server = require('line-socket-native');

/**
 * @typedef {object} ToServer
 * @property {{payload: any}} move `{ x, y }`, both numbers.
 *
 * @typedef {object} ToClient
 * @property {{payload: {by: string, x: number, y: number}}} moved
 */

const port = Number(process.env.PORT || 3000);
/** @type {Server<ToServer, ToClient>} */
const server = new Server({ port });

server.on('connection', (connection) => {
  connection.joinRoom('board');

  connection.on('move', (message) => {
    const { x, y } = message.payload ?? {};
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    server.room('board').broadcast('moved', { by: connection.id, x, y }, { except: connection });
  });
});

server.start().then(() => console.log(`Listening on port ${port}`));
