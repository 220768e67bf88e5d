// @ts-check
'use strict';

// The line protocol without a library: the least code that answers the benchmark's messages.

const { stats, work } = require('./process');

let lastId = 0;

/**
 * Handles one message.
 * @param {string} text The message as it arrived.
 * @param {{handshaken: () => void, broadcast: (text: string) => void}} socket What the message may
 *   lead to: the client has completed its handshake, or `text` is to be sent to all clients.
 * @returns {string | undefined} The response, if there is one.
 */
function handle(text, socket) {
  const message = JSON.parse(text);
  switch (message.n) {
    case 'echo':
      work();
      return respond(message, message.p);
    case 'broadcast':
      socket.broadcast(JSON.stringify({ n: 'news', p: message.p }));
      return undefined;
    case 'block':
      work(message.p);
      return undefined;
    case '_h':
      socket.handshaken();
      return respond(message, { id: String(++lastId) });
    case '_p':
      return respond(message, 'pong');
    case 'stats':
      return respond(message, stats());
    default:
      return undefined;
  }
}

/**
 * Text of the response that resolves a message.
 * @param {{i: string}} message The message.
 * @param {any} payload What it is resolved with.
 * @returns {string} The response.
 */
function respond(message, payload) {
  return JSON.stringify({ n: '_r', p: payload, i: message.i, e: null });
}

module.exports = handle;
