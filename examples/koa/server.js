// @ts-check
'use strict';

/**
 * A Koa application and a line server, at /line, on one port.
 */

const http = require('node:http');
// @ts-expect-error: Koa brings no types of its own.
const Koa = require('koa');
const Server = require('line-socket-native');

const port = Number(process.env.PORT || 3000);

/** Milliseconds that clients have to finish when the server stops. */
const DRAIN = 5000;

const app = new Koa();
app.use((/** @type {any} */ context) => {
  if (context.path === '/clients') context.body = { clients: Object.keys(line.getConnections()).length };
});

// `app.listen` would make the HTTP server itself: the line server needs it too.
const web = http.createServer(app.callback());
const line = new Server({ server: web, path: '/line' });

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
  web.close();
  // One client that sends nothing, or half of a request, would keep the process alive.
  setTimeout(() => web.closeAllConnections(), DRAIN).unref();
  // Clients get their answers, and are told to come back (1001).
  await line.stop({ drain: DRAIN });
}

async function main() {
  await line.start();
  await new Promise((resolve) => web.listen(port, () => resolve(undefined)));
  console.log(`Listening on http://localhost:${port}`);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main();
