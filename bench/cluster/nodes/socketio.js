// @ts-check
'use strict';

// A node of Socket.IO 4 over the WebSocket transport alone, with the adapter that ADAPTER names.

const { once } = require('node:events');
const { createServer } = require('node:http');
const { Redis } = require('ioredis');
const { Server } = require('socket.io');
const { createAdapter, createShardedAdapter } = require('@socket.io/redis-adapter');
const { createAdapter: createStreamsAdapter } = require('@socket.io/redis-streams-adapter');
const { obey } = require('./orders');

const { ADAPTER, REDIS = '' } = process.env;

/** Connections to publish and to subscribe, with what ioredis does by default. */
const clients = [new Redis(REDIS), new Redis(REDIS)];
for (const client of clients) client.on('error', () => {});

/** @type {Record<string, () => any>} */
const adapters = {
  classic: () => createAdapter(clients[0], clients[1]),
  sharded: () => createShardedAdapter(clients[0], clients[1]),
  streams: () => createStreamsAdapter(clients[0]),
};

// Publishing rejects while Redis is away, and the adapters do not handle it: a server would end here.
process.on('unhandledRejection', () => {});

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  ...(ADAPTER === 'streams' && { connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true } }),
});

io.on('connection', (socket) => {
  socket.on('join', async (room, respond) => {
    await socket.join(room);
    respond();
  });
});

// A subscription that waits for the connection can be lost with ioredis.
Promise.all(clients.map((client) => once(client, 'ready'))).then(() => {
  io.adapter(adapters[/** @type {string} */ (ADAPTER)]());
  http.listen(0, '127.0.0.1', begin);
});

function begin() {
  obey({
    publish: (room, payload) => io.to(room).emit('m', payload),
    ask: async (room) => (await io.to(room).timeout(5000).emitWithAck('ask', 1)).length,
    fetch: async (room) => (await io.in(room).fetchSockets()).length,
    async joinAll(rooms) {
      const sockets = [...io.sockets.sockets.values()];
      const share = Math.ceil(rooms.length / sockets.length);
      for (const [index, socket] of sockets.entries()) await socket.join(rooms.slice(index * share, (index + 1) * share));
    },
  }, /** @type {import('node:net').AddressInfo} */ (http.address()).port);
}
