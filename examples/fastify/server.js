// @ts-check
'use strict';

/**
 * A Fastify application and a line server, at /line, on one port.
 */

const { fastify } = require('fastify');
const Server = require('line-socket-native');

const port = Number(process.env.PORT || 3000);

/** Milliseconds that clients have to finish when the server stops. */
const DRAIN = 5000;

const app = fastify();
app.get('/clients', async () => ({ clients: Object.keys(line.getConnections()).length }));

// The HTTP server that Fastify has made.
const line = new Server({ server: app.server, path: '/line' });

line.on('connection', (connection) => {
  connection.on('hello', (message) => {
    // Clients can send anything: look at it before use.
    if (typeof message.payload === 'string') message.resolve(`hello ${message.payload}`);
    else message.reject(new Server.Error('badName', 'The payload has to be a name'));
  });
});

async function stop() {
  // Another signal ends the process at once.
  process.off('SIGINT', stop).off('SIGTERM', stop);
  const closed = app.close();
  // One client that sends nothing, or half of a request, would keep the process alive.
  setTimeout(() => app.server.closeAllConnections(), DRAIN).unref();
  // Clients get their answers, and are told to come back (1001).
  await line.stop({ drain: DRAIN });
  await closed;
}

async function main() {
  await line.start();
  await app.listen({ port });
  console.log(`Listening on http://localhost:${port}`);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main();
