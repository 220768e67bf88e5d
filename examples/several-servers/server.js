// @ts-check
'use strict';

/**
 * Two line servers and a plain `ws` server on one port, chosen by the URL: /chat, /news and /echo.
 */

const http = require('node:http');
const WebSocket = require('ws');
const Server = require('line-socket-native');

const port = Number(process.env.PORT || 3000);

/** Milliseconds that clients have to finish when the server stops. */
const DRAIN = 5000;

const LONGEST_TEXT = 500;

/** Everyone in the chat reads what one of them says. */
const chat = new Server({ noServer: true });
chat.on('connection', (connection) => {
  connection.on('say', (message) => {
    const text = message.payload;
    // Clients can send anything: look at it before it goes to everyone.
    if (typeof text === 'string' && text.length <= LONGEST_TEXT) chat.broadcast('said', text);
  });
});

/** A reader gets the headlines. */
const news = new Server({ noServer: true });
news.on('connection', (connection) => {
  connection.on('headlines', (message) => message.resolve(['Two protocols share a port']));
});

/** Sends back what it gets. */
const echo = new WebSocket.Server({ noServer: true, maxPayload: 64 * 1024 });
echo.on('connection', (/** @type {any} */ socket) => {
  // Bad frames are `error` events, which end the process when nobody listens.
  socket.on('error', () => {});
  socket.on('message', (/** @type {Buffer} */ data) => socket.send(String(data)));
});

const web = http.createServer((_, response) => response.end('/chat, /news or /echo\n'));

web.on('upgrade', (request, socket, head) => {
  // Not `new URL`, which throws for some of what clients can ask for, such as `//`.
  const [path] = (request.url ?? '').split('?', 1);
  switch (path) {
    case '/chat':
      chat.handleUpgrade(request, socket, head);
      break;
    case '/news':
      news.handleUpgrade(request, socket, head);
      break;
    case '/echo':
      echo.handleUpgrade(request, socket, head, (/** @type {any} */ client) => echo.emit('connection', client, request));
      break;
    default:
      Server.refuseUpgrade(socket, 404);
  }
});

async function stop() {
  // Another signal ends the process at once.
  process.off('SIGINT', stop).off('SIGTERM', stop);
  web.close();
  for (const client of echo.clients) client.close(1001);
  // One client that sends nothing, half of a request, or no close frame would keep the process alive.
  setTimeout(() => {
    web.closeAllConnections();
    for (const client of echo.clients) client.terminate();
  }, DRAIN).unref();
  await Promise.all([chat, news].map((server) => server.stop({ drain: DRAIN })));
}

async function main() {
  await Promise.all([chat.start(), news.start()]);
  await new Promise((resolve) => web.listen(port, () => resolve(undefined)));
  console.log(`Listening on http://localhost:${port}`);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main();
