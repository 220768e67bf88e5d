// @ts-check
'use strict';

/**
 * Catching up: who comes out of a tunnel, or loads the page again, is sent what was said meanwhile. The page, which
 * keeps its positions in `sessionStorage`, is at http://localhost:3000/.
 */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { pipeline } = require('node:stream');
const Server = require('line-socket-native');

/**
 * @typedef {object} ToServer
 * @property {{payload: unknown}} say A text.
 *
 * @typedef {object} ToClient
 * @property {{payload: string}} said
 */

/** Files by URL, and their types. @type {Map<string | undefined, [file: string, type: string]>} */
const FILES = new Map([
  ['/', [path.join(__dirname, 'page/index.html'), 'text/html']],
  ['/page.mjs', [path.join(__dirname, 'page/page.mjs'), 'text/javascript']],
  ['/client-web.mjs', [require.resolve('../../dist/client-web.mjs'), 'text/javascript']],
]);

const port = Number(process.env.PORT || 3000);
const web = http.createServer((request, response) => {
  const [file, type] = FILES.get(request.url) ?? [];
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` });
  pipeline(fs.createReadStream(file), response, () => {});
});

/** @type {Server<ToServer, ToClient>} */
const server = new Server({
  server: web,
  // The last 100 messages, for ten minutes.
  history: { lobby: { size: 100, ttl: 10 * 60 * 1000 } },
});

server.on('connection', async (connection) => {
  connection.on('say', (message) => {
    if (typeof message.payload === 'string') server.room('lobby').broadcast('said', message.payload);
  });
  // Who is new there gets the last 20 messages. Who was there before gets what it has missed.
  await connection.joinRoomAsync('lobby', { rewind: 20 }).catch(() => {});
});

server.start();
web.listen(port, () => console.log(`Listening on http://localhost:${port}`));
