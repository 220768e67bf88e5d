// @ts-check
'use strict';

/**
 * A server to play with: `npm start`, then open http://localhost:3000/ in as many windows as you like,
 * or `npm run hello` in another terminal.
 *
 * It answers `hello`, sends an `echo` back, and tells everyone in the room `lobby` the time once a
 * second; `chat.js` is the chat room of the page, whose last messages the server keeps. It listens on port 3000, or on the one that the
 * environment variable PORT names, and on all addresses, unless HOST names one. With the address of a Redis in REDIS it is joined
 * with others, as the node that NODE_NAME names: `npm run cluster` starts three.
 */

const { once } = require('node:events');
const Server = require('line-socket-native');
const chat = require('./chat.js');
const { createSite } = require('./site.js');

/** Milliseconds between two ticks. */
const TICK = 1000;

/** Milliseconds that clients have to leave when the server is stopped. */
const DRAIN = 3000;

/** Milliseconds between two signs of life to other servers, which miss this one after three. */
const HEARTBEAT = 2000;

/** Bytes of the largest message. */
const LARGEST = 64 * 1024;

/** Characters of what a client sent that are printed. */
const SHOWN = 200;

/**
 * One line for one event.
 * @param {string} what
 * @param {string} who
 * @param {string} [details] May come from a client: it moves no cursor and fills no disk.
 */
function print(what, who, details = '') {
  const time = new Date().toISOString().slice(11, 19);
  const shown = details.length > SHOWN ? `${details.slice(0, SHOWN)}…` : details;
  console.log(`${time}  ${what.padEnd(12)}  ${who}  ${shown.replace(/\p{Cc}/gu, '?')}`.trimEnd());
}

/** What is different where several servers are joined, behind a proxy. @returns {object} */
function joined() {
  const { REDIS: redis, NODE_NAME: nodeName } = process.env;
  if (!redis) return {};
  return { adapter: { redis, nodeName, heartbeatInterval: HEARTBEAT }, trustProxy: 'loopback' };
}

/** @param {Server} server */
function prepare(server) {
  // Here an application checks who it is. Everyone may come in; the chat wants a name.
  server.on('handshake', async (connection, handshake) => {
    print('handshake', connection.id, JSON.stringify(handshake.payload));
    const problem = await chat.check(connection, handshake.payload, process.env.NODE_NAME);
    if (problem === undefined) handshake.resolve('welcome');
    else handshake.reject(new Error(problem));
  });

  chat.tell(server);

  server.on('connection', (connection) => {
    print('connected', connection.id, `from ${connection.socket.upgradeReq.connection.remoteAddress}`);
    connection.joinRoom('lobby');
    chat.enter(connection);

    connection.on('hello', (message) => {
      print('hello', connection.id, JSON.stringify(message.payload));
      message.resolve({ hello: 'yourself' });
    });

    connection.on('echo', (message) => {
      print('echo', connection.id, JSON.stringify(message.payload));
      message.resolve(message.payload);
    });

    connection.on('_error', (error) => print('error', connection.id, error.message));
    connection.on('_disconnected', (code, reason) => print('disconnected', connection.id, `${code} ${reason}`));
  });
}

/**
 * Tells the time to everyone in the lobby, as long as somebody is there.
 * @param {Server} server
 * @param {number} n How many ticks there have been.
 */
function tick(server, n) {
  const lobby = server.getRoom('lobby');
  if (lobby === undefined) return;
  // Other servers tell their own clients.
  server.room('lobby').broadcast('tick', { n, at: new Date().toISOString() }, { local: true });
  print('tick', 'lobby', `${n} to ${lobby.getConnectionsCount()}`);
}

async function main() {
  const port = /** @type {any} */ (process.env.PORT || 3000);
  const site = createSite();
  const server = new Server({ server: site, maxPayload: LARGEST, history: chat.HISTORY, presence: chat.PRESENCE, ...joined() });
  prepare(server);
  await server.start();
  await once(site.listen({ port, host: process.env.HOST }), 'listening');
  print('listening', `ws://localhost:${port}`, `chat page: http://localhost:${port}/`);

  let count = 0;
  const ticking = setInterval(() => tick(server, (count += 1)), TICK);

  /** @param {string} signal */
  const stop = async (signal) => {
    // Another signal ends the process at once.
    process.off('SIGINT', stop).off('SIGTERM', stop);
    clearInterval(ticking);
    // Clients are told that it goes (1001), and come back to the next one.
    await server.stop({ drain: DRAIN, reason: 'Restarting' });
    site.close();
    site.closeAllConnections();
    print('stopped', signal, 'goodbye');
    // Nothing is left to wait for, so the process ends by itself, with exit code 0.
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error) => {
  // The message says what is wrong, e.g. that the port is taken; `error.payload.code` says it to programs.
  console.error(error.message);
  process.exitCode = 1;
});
