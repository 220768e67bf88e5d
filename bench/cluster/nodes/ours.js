// @ts-check
'use strict';

// A node of this package. Rooms that begin with `h:` have history, those with `p:` presence.

const { obey } = require('./orders');

const Server = /** @type {any} */ (require('../../..'));

const server = new Server({
  host: '127.0.0.1',
  port: 0,
  adapter: { redis: process.env.REDIS, required: true },
  history: { 'h:*': { size: 1000, ttl: 600_000 } },
  presence: { 'p:*': { leaveDelay: 0, events: 'none' } },
});

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('join', async (/** @type {any} */ message) => {
    await connection.joinRoomAsync(message.payload);
    message.resolve();
  });
});

server.start().then(() => {
  obey({
    publish: (room, payload) => server.room(room).broadcast('m', payload),
    ask: async (room) => (await server.room(room).send('ask', 1, { timeout: 5000 })).responses.size,
    fetch: async (room) => (await server.room(room).fetch({ limit: 100_000 })).members.length,
    async joinAll(rooms) {
      const connections = [...Object.values(server.getConnections())];
      const share = Math.ceil(rooms.length / connections.length);
      for (const [index, connection] of connections.entries()) {
        for (const room of rooms.slice(index * share, (index + 1) * share)) connection.joinRoom(room);
      }
    },
    stats: () => server.getStats().adapter,
    present: async (room) => (await server.room(room).presence().count()).count,
  }, server.address().port);
});
