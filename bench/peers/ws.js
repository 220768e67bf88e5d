// @ts-check
'use strict';

// ws 8 by hand.

const http = require('node:http');
const https = require('node:https');
const { WebSocketServer } = require('ws');
const handle = require('./by-hand');
const { compresses, host, port, ready, tls } = require('./process');

/** @type {Set<import('ws').WebSocket>} */
const clients = new Set();

/** @param {string} text Goes to all clients, encoded once. */
function broadcast(text) {
  const bytes = Buffer.from(text);
  for (const client of clients) client.send(bytes, { binary: false });
}

const listener = tls === undefined ? http.createServer() : https.createServer(tls);
const server = new WebSocketServer({ server: listener, clientTracking: false, perMessageDeflate: compresses });

server.on('connection', (ws) => {
  const socket = { handshaken: () => { clients.add(ws); }, broadcast };

  ws.on('message', (data) => {
    const response = handle(data.toString(), socket);
    if (response !== undefined) ws.send(response);
  });
  ws.on('close', () => clients.delete(ws));
});

listener.listen(port, host, ready);
