// @ts-check
'use strict';

/**
 * A process with an HTTP server whose upgrades are refused. Arguments: the scenario, and the index of the way
 * its connections come. It reports the port, and how many sockets it still has when asked for `/sockets`.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../../process/support/report');
const { WAYS } = require('../support');

const [scenario, way] = process.argv.slice(2);
const { Server } = loadNative();

/** Time that `/busy` keeps the event loop from noticing what its peer does, and `/slow` takes to be answered, in ms. */
const PAUSE = 20;

/** @typedef {import('node:http').Server} HttpServer */

/**
 * Each has upgrades refused in another way.
 * @type {Record<string, (web: HttpServer) => unknown>}
 */
const scenarios = {
  'not started': (web) => {
    const server = new Server({ noServer: true });
    web.on('upgrade', (...upgrade) => server.handleUpgrade(...upgrade));
  },
  stopped: async (web) => {
    const server = new Server({ noServer: true });
    web.on('upgrade', (...upgrade) => server.handleUpgrade(...upgrade));
    await server.start();
    await server.stop();
  },
  draining: async (web) => {
    const server = new Server({ server: web });
    await server.start();
    server.on('connection', (/** @type {any} */ connection) => {
      // Never answered, so that the server goes on to drain.
      connection.on('drain', () => server.stop({ drain: 60000 }));
    });
  },
  'no such path': (web) => new Server({ server: web, path: '/line' }).start(),
  'nobody takes it': (web) => {
    web.on('upgrade', () => {});
    return new Server({ server: web, path: '/line' }).start();
  },
  'refused by hand': (web) => web.on('upgrade', (_, socket) => Server.refuseUpgrade(socket)),
  'verifyClient says no later': (web) => {
    const verifyClient = () => new Promise((resolve) => setTimeout(resolve, PAUSE, false));
    return new Server({ server: web, verifyClient }).start();
  },
};

async function main() {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const { web, port } = await WAYS[Number(way)].listen((request, response) => {
    if (request.url === '/sockets') response.setHeader('Connection', 'close').end(String(sockets.size));
    else setTimeout(() => response.end('slow'), PAUSE);
  });
  web.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Not in a listener, which would be one that leaves the upgrade to others.
  const { emit } = web;
  web.emit = (/** @type {string} */ name, /** @type {any[]} */ ...args) => {
    const isBusy = name === 'upgrade' && args[0].url === '/busy';
    for (const end = Date.now() + PAUSE; isBusy && Date.now() < end; );
    return emit.call(web, name, ...args);
  };
  await scenarios[scenario](web);
  report(port);
}

main();
