// @ts-check
'use strict';

/** Several tabs and devices of one user: a room for each user, which all of them are in. */

const Server = require('line-socket-native');
const { userOf } = require('./user.js');

/**
 * @typedef {object} ToServer
 * @property {{payload: unknown}} read The id of a mail, a string.
 *
 * @typedef {object} ToClient
 * @property {{payload: string}} read To be shown as read in the other tabs, too.
 */

const port = Number(process.env.PORT || 3000);
/** @type {Server<ToServer, ToClient>} */
const server = new Server({ port });

server.on('handshake', (connection, handshake) => {
  const user = userOf(handshake.payload);
  if (user === undefined) {
    handshake.reject(new Server.Error('unauthorized', 'Who are you?'));
    return;
  }
  connection.info = { user };
  handshake.resolve(user);
});

server.on('connection', (connection) => {
  // Clients name no rooms here, so none can get into the room of another user.
  const { user } = /** @type {{user: string}} */ (connection.info);
  connection.joinRoom(`user:${user}`);

  connection.on('read', (message) => {
    const mail = message.payload;
    if (typeof mail !== 'string' || mail.length > 100) return;
    server.room(`user:${user}`).broadcast('read', mail, { except: connection });
  });
});

server.start().then(() => console.log(`Listening on port ${port}`));
