// @ts-check
'use strict';

// ws 8 by hand.

const { WebSocketServer } = require('ws');
const handle = require('./by-hand');
const { host, port, ready } = require('./process');

/** @type {Set<import('ws').WebSocket>} */
const clients = new Set();

/** @param {string} text Goes to all clients, encoded once. */
function broadcast(text) {
  const bytes = Buffer.from(text);
  for (const client of clients) client.send(bytes, { binary: false });
}

const server = new WebSocketServer({ host, port, clientTracking: false }, ready);

server.on('connection', (ws) => {
  const socket = { handshaken: () => { clients.add(ws); }, broadcast };

  ws.on('message', (data) => {
    const response = handle(data.toString(), socket);
    if (response !== undefined) ws.send(response);
  });
  ws.on('close', () => clients.delete(ws));
});
