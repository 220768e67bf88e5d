// @ts-check
'use strict';

/**
 * A server that Prometheus scrapes: `node examples/metrics/server.js`, then http://localhost:3000/metrics. It listens on port
 * 3000, or on the one that PORT names; with the address of a Redis in REDIS it is joined with others.
 */

const http = require('node:http');
const Server = require('line-socket-native');
const { toPrometheus, CONTENT_TYPE } = require('./prometheus.js');

const port = Number(process.env.PORT || 3000);
const { REDIS: redis } = process.env;

/** Milliseconds that clients have to finish when the server stops. */
const DRAIN = 5000;

const web = http.createServer((request, response) => {
  // Not for everyone: a proxy in front passes only the paths of the application.
  const isAsked = request.url === '/metrics';
  response.writeHead(isAsked ? 200 : 404, { 'Content-Type': CONTENT_TYPE }).end(isAsked ? toPrometheus(server.getStats()) : '');
});
const server = new Server({ server: web, ...(redis && { adapter: { redis } }) });

server.on('connection', (connection) => {
  connection.joinRoom('lobby');
  connection.on('say', (message) => {
    // Clients can send anything: look at it before it goes to everyone.
    if (typeof message.payload === 'string') server.room('lobby').broadcast('said', message.payload.slice(0, 500));
  });
});

// The server joins the others again by itself.
server.nodes.on('_down', (error) => console.log(error.message));

async function main() {
  await server.start();
  await new Promise((resolve) => web.listen(port, () => resolve(undefined)));
  console.log(`Listening on http://localhost:${port}, with metrics at /metrics`);
  const stop = async () => {
    // Another signal ends the process at once.
    process.off('SIGINT', stop).off('SIGTERM', stop);
    web.close();
    // One client that sends nothing, or half of a request, would keep the process alive.
    setTimeout(() => web.closeAllConnections(), DRAIN).unref();
    await server.stop({ drain: DRAIN });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main();
