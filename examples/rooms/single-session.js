// @ts-check
'use strict';

/**
 * One session for each user: a new one takes the place of the one before, which is closed with 4208. The client then
 * emits `_taken_over`, and stays away until the user wants it back.
 */

const Server = require('line-socket-native');
const { userOf } = require('./user.js');

const port = Number(process.env.PORT || 3000);
const server = new Server({ port });

server.on('handshake', async (connection, handshake) => {
  const user = userOf(handshake.payload);
  if (user === undefined) {
    // `retry: false`: the client does not try again with the same token.
    handshake.reject(Object.assign(new Server.Error('unauthorized', 'Who are you?'), { retry: false }));
    return;
  }
  try {
    await connection.setIdAsync(`user:${user}`, { conflict: 'takeover' });
    handshake.resolve(user);
  } catch (error) {
    // The client has gone meanwhile, for example.
    handshake.reject(error);
  }
});

server.start().then(() => console.log(`Listening on port ${port}`));
