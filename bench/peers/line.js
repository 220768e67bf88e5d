// @ts-check
'use strict';

// The server that line-socket's documentation describes: the original and ours run this same code.

const { compresses, host, port, ready, stats, tls, work } = require('./process');

/**
 * Starts the benchmark's server.
 * @param {any} Server The class `Server`: the original's or ours.
 */
function serve(Server) {
  // Ours alone has io threads; without the variable it is the default.
  const ioThreads = Number(process.env.IO_THREADS) || undefined;
  const server = new Server({ host, port, ioThreads, ...(tls && { tls }), ...(compresses && { perMessageDeflate: true }) });

  server.on('handshake', (connection, handshake) => handshake.resolve());

  server.on('connection', (connection) => {
    connection.on('echo', (message) => {
      work();
      message.resolve(message.payload);
    });
    connection.on('block', (message) => work(message.payload));
    connection.on('broadcast', (message) => server.broadcast('news', message.payload));
    connection.on('stats', (message) => message.resolve(stats()));
    connection.on('push', (message) => push(connection, message.payload));
    connection.on('_disconnected', () => {});
  });

  server.start().then(ready);
}

/**
 * Keeps messages in flight to one client until it is gone.
 * @param {any} connection Its connection.
 * @param {{inflight: number, payload: any}} request How many, and what to send.
 */
function push(connection, { inflight, payload }) {
  const next = () => connection.send('tick', payload).then(next, () => {});
  for (let i = 0; i < inflight; i++) next();
}

module.exports = serve;
