// @ts-check
'use strict';

// uWebSockets.js by hand, with its own publish/subscribe for the broadcast.

const uWS = require('@trufflesuite/uws-js-unofficial');
const handle = require('./by-hand');
const { host, port, ready } = require('./process');

const app = uWS.App();

/** @param {string} text Goes to all clients. */
function broadcast(text) {
  app.publish('all', text);
}

app.ws('/*', {
  compression: uWS.DISABLED,
  maxPayloadLength: 1024 * 1024,
  // The default of 64 KiB drops what a client does not read at once.
  maxBackpressure: 64 * 1024 * 1024,

  message(ws, data) {
    const socket = { handshaken: () => { ws.subscribe('all'); }, broadcast };
    const response = handle(Buffer.from(data).toString(), socket);
    if (response !== undefined) ws.send(response);
  },
});

app.listen(host, port, (token) => {
  if (!token) throw new Error(`cannot listen on port ${port}`);
  ready();
});
