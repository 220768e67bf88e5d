// @ts-check
'use strict';

/** Who is typing: the others are told, at most every two seconds, and forget it by themselves. */

const Server = require('line-socket-native');

/**
 * @typedef {object} ToServer
 * @property {{}} typing
 * @property {{payload: unknown}} say A text.
 *
 * @typedef {object} ToClient
 * @property {{payload: string}} typing The id of who types: to be shown for a little longer than PAUSE.
 * @property {{payload: {by: string, text: string}}} said
 */

/** Milliseconds between two notices of one client. */
const PAUSE = 2000;

const port = Number(process.env.PORT || 3000);
/** @type {Server<ToServer, ToClient>} */
const server = new Server({ port });
const lobby = server.room('lobby');

server.on('connection', (connection) => {
  connection.joinRoom('lobby');
  let told = -Infinity;

  connection.on('typing', () => {
    if (performance.now() - told < PAUSE) return;
    told = performance.now();
    lobby.broadcast('typing', connection.id, { except: connection });
  });

  connection.on('say', (message) => {
    if (typeof message.payload !== 'string') return;
    told = -Infinity;
    lobby.broadcast('said', { by: connection.id, text: message.payload });
  });
});

server.start().then(() => console.log(`Listening on port ${port}`));
