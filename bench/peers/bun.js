// @ts-check
'use strict';

/* global Bun */

// Bun by hand, with its own publish/subscribe for the broadcast. Runs in Bun only.

const handle = require('./by-hand');
const { compresses, host, port, ready, tls } = require('./process');

// @ts-ignore: Bun's own types are not installed.
const server = Bun.serve({
  hostname: host,
  port,
  tls,

  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response('WebSocket only', { status: 426 });
  },

  websocket: {
    perMessageDeflate: compresses,

    message(ws, text) {
      const socket = { handshaken: () => { ws.subscribe('all'); }, broadcast };
      const response = handle(text, socket);
      if (response !== undefined) ws.send(response);
    },
  },
});

/** @param {string} text Goes to all clients. */
function broadcast(text) {
  server.publish('all', text, compresses);
}

ready();
