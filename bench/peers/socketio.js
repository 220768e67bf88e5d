// @ts-check
'use strict';

// Socket.IO 4, over the WebSocket transport alone.

const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { host, port, ready, stats, work } = require('./process');

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

io.use((socket, next) => next());

io.on('connection', (socket) => {
  socket.on('echo', (payload, respond) => {
    work();
    respond(payload);
  });
  socket.on('broadcast', (payload) => io.emit('news', payload));
  socket.on('stats', (payload, respond) => respond(stats()));
  socket.on('push', (request) => push(socket, request));
  socket.on('disconnect', () => {});
});

/**
 * Keeps messages in flight to one client until it is gone.
 * @param {import('socket.io').Socket} socket Its connection.
 * @param {{inflight: number, payload: any}} request How many, and what to send.
 */
function push(socket, { inflight, payload }) {
  const next = () => socket.timeout(10_000).emitWithAck('tick', payload).then(next, () => {});
  for (let i = 0; i < inflight; i++) next();
}

http.listen(port, host, ready);
