// @ts-check
'use strict';

/**
 * Who is in the room: everyone gets a list on joining, and then who comes and goes. Who is back within `leaveDelay` under
 * the same id has not gone.
 */

const Server = require('line-socket-native');

/**
 * @typedef {object} ToClient
 * @property {{payload: string[]}} here Names.
 * @property {{payload: string}} came A name.
 * @property {{payload: string}} left A name.
 */

const port = Number(process.env.PORT || 3000);
/** @type {Server<{}, ToClient>} */
const server = new Server({ port, presence: { lobby: { leaveDelay: 1000 } } });
const lobby = server.room('lobby');

server.on('handshake', async (connection, handshake) => {
  const name = handshake.payload?.name;
  if (typeof name !== 'string' || !/^\w{1,50}$/.test(name)) {
    handshake.reject(new Server.Error('noName', 'Who are you? A name has 1 to 50 letters and digits'));
    return;
  }
  try {
    // Members are told by id. A page that is loaded again has the id of before, and so is no departure.
    await connection.setIdAsync(name);
    connection.info = name;
    handshake.resolve();
  } catch (error) {
    handshake.reject(error);
  }
});

server.on('connection', async (connection) => {
  connection.joinRoom('lobby');
  const { members } = await lobby.presence().list({ limit: 100 });
  connection.sendWithoutResponse('here', members.map(({ info }) => String(info))).catch(() => {});
});

lobby.presence().on('join', ({ info }) => lobby.broadcast('came', String(info)));
lobby.presence().on('leave', ({ info }) => lobby.broadcast('left', String(info)));

server.start().then(() => console.log(`Listening on port ${port}`));
