// @ts-check
'use strict';

/**
 * A process whose line server is attached to an HTTP server. Arguments: the scenario, and the index of
 * the way its connections come.
 */

const fs = require('node:fs');
const { isDeepStrictEqual } = require('node:util');
const { loadNative } = require('../../helpers/implementations');
const { report } = require('../../process/support/report');
const { until } = require('../../helpers/timing');
const { WAYS } = require('../support');
const { kHandovers } = require('../../../lib/symbols.js');

const [scenario, way] = process.argv.slice(2);
const { Server } = loadNative();

/** How many descriptors and how many sockets of Node's there are. */
function held() {
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  return { descriptors: fs.readdirSync('/proc/self/fd').length, sockets };
}

/** CPU time of this process in a while, in ms. */
async function idle() {
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Each gets the HTTP server, the line server, and what closes the port.
 * @type {Record<string, (web: import('node:http').Server, server: any, close: () => void) => unknown>}
 */
const scenarios = {
  /** Closes the port and does nothing more. */
  close: (_, __, close) => close(),
  /** Closes the port, stops, and says so. */
  stop: async (_, server, close) => {
    close();
    await server.stop();
    report('stopped');
  },
  /** Closes the port once a client is there. */
  'close connected': async (_, server, close) => {
    await new Promise((resolve) => server.once('connection', resolve));
    close();
    report('closed');
  },
  /** Stops once a client is there, and leaves the HTTP server. */
  'stop connected': async (web, server, close) => {
    await new Promise((resolve) => server.once('connection', resolve));
    await server.stop();
    report('stopped');
    web.once('request', () => close());
  },
  /** Tells what is held before and after as many clients as there are; the last one stays. */
  leak: async (_, server) => {
    const before = held();
    let gone = 0;
    server.on('connection', (/** @type {any} */ connection) => connection.on('_disconnected', () => gone++));
    await until(() => gone === 40, 'all gone', 20000);
    await until(() => server[kHandovers].size === 0, 'all forgotten');
    // Some runtimes close descriptors a little later.
    await until(() => isDeepStrictEqual(held(), before), 'all closed').catch(() => {});
    report({ before, after: held() });
    process.exit();
  },
  /** Leaves a client unread that sends, and tells of the CPU time that costs. */
  unread: async (web, server) => {
    web.removeAllListeners('upgrade');
    await new Promise((resolve) => {
      web.on('upgrade', (request, socket, head) => server.server.handleUpgrade(request, socket, head, resolve));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    report({ sockets: held().sockets, cpu: await idle() });
    process.exit();
  },
  /** Tells which files of the package the first client has had loaded. */
  loads: async (_, server) => {
    server.on('headers', () => {});
    const before = new Set(Object.keys(require.cache));
    const connection = /** @type {any} */ (await new Promise((resolve) => server.once('connection', resolve)));
    const { url } = connection.socket.upgradeReq;
    report({ url, loaded: Object.keys(require.cache).filter((file) => /[\\/](lib|common)[\\/]/.test(file) && !before.has(file)) });
    process.exit();
  },
};

async function main() {
  const { web, port, close } = await WAYS[Number(way)].listen((_, response) => response.end('page'));
  web.keepAliveTimeout = 1;
  const server = new Server({ server: web });
  await server.start();
  report(port);
  await scenarios[scenario](web, server, close);
}

main();
