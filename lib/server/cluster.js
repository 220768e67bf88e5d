// @ts-check
'use strict';

/**
 * Workers of Node's `cluster`, which serve one address together. Node's own servers get connections from the
 * primary process. This server listens with SO_REUSEPORT, and the system distributes the connections. Where
 * that is not possible, an HTTP server of Node listens and hands its upgrades over.
 */

const nodeCluster = require('node:cluster');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const OPTIONS = require('../options/table.js');
const { KEY } = require('../symbols.js');

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (nodeCluster);

/** Marks the module of `cluster` of a process in which a copy of this package listens already. */
const kListens = Symbol.for('line-socket-native.primary');

/** Whether the system distributes the connections of a shared port evenly. */
const CAN_SHARE = process.platform === 'linux';

// Workers with `adapter: 'cluster'` say hello to their primary process, which only has to have loaded the package.
if (cluster.isPrimary && !Object.hasOwn(cluster, kListens)) {
  Object.defineProperty(cluster, kListens, { value: true });
  cluster.on('message', (worker, message) => {
    const ours = message?.[KEY];
    if (ours !== undefined) require('../nodes/primary.js').onWorkerMessage(worker, ours);
  });
}

/**
 * Whether a port is shared when `reusePort` is not given. Port 0 is not: the system would choose another port
 * for each worker.
 * @param {number} port
 */
function isShared(port) {
  return cluster.isWorker && CAN_SHARE && port !== 0;
}

/**
 * Whether connections have to come from the primary process. SO_REUSEPORT cannot share a Unix domain socket or
 * port 0, and on most systems it does not distribute connections.
 * @param {any} options The server's.
 */
function needsPrimary({ listen: place, port, reusePort }) {
  const isForAll = reusePort === undefined || reusePort === null;
  return cluster.isWorker && isForAll && (Boolean(place) || !isShared(Number(port)));
}

/**
 * Listens as Node's own servers do.
 * @param {any} options The line server's.
 * @returns {Promise<import('node:http').Server>} Rejects with the system's error.
 */
async function listenByNode({ listen: place, port, host, ipv6Only, backlog, upgradeTimeout, tls }) {
  if (tls) throw new TypeError('With "options.tls" the workers of a cluster can share only a port other than 0, and only on Linux');
  const timeout = upgradeTimeout ?? OPTIONS.upgradeTimeout.initial;
  const http = require('node:http');
  const server = http.createServer({ headersTimeout: timeout, requestTimeout: timeout }, refuse);
  const address = place ? { path: place.path } : { port: Number(port), host: host ?? undefined, ipv6Only: ipv6Only ?? false };
  server.listen({ ...address, ...(backlog ? { backlog } : {}) });
  await once(server, 'listening');
  try {
    if (place?.mode !== undefined) fs.chmodSync(place.path, place.mode);
  } catch (error) {
    await close(server);
    throw error;
  }
  return server;
}

/**
 * Stops listening.
 * @param {import('node:http').Server} server
 * @returns {Promise<void>} Resolves when the last of its connections has ended.
 */
function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // It leaves upgraded connections alone.
    server.closeAllConnections?.();
  });
}

/**
 * Answers a request that is not an upgrade, as the core does.
 * @param {import('node:http').IncomingMessage} _request
 * @param {import('node:http').ServerResponse} response
 */
function refuse(_request, response) {
  const headers = { Connection: 'close, Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13, 8' };
  response.writeHead(426, { ...headers, 'Content-Type': 'text/plain' });
  response.end('Upgrade Required');
}

/**
 * Takes part in the cluster while a server listens: the primary emits `listening`, and `worker.disconnect()`
 * closes the listener, as with Node's own servers.
 * @param {{address: string, port: number} | string} address Where the server listens.
 * @param {() => void} onDisconnect
 * @returns {() => void} Leaves the cluster.
 */
function join(address, onDisconnect) {
  const { worker } = cluster;
  if (!cluster.isWorker || worker === undefined) return () => {};
  announce(address);
  worker.once('disconnect', onDisconnect);
  return () => {
    worker.off('disconnect', onDisconnect);
  };
}

/**
 * Tells the primary where this worker listens. Node has no function for it: its servers send this message.
 * @param {{address: string, port: number} | string} where
 */
function announce(where) {
  if (!process.connected) return;
  const listener =
    typeof where === 'string'
      ? { address: where, port: -1, addressType: -1 }
      : { address: where.address, port: where.port, addressType: net.isIPv6(where.address) ? 6 : 4 };
  process.send?.({ cmd: 'NODE_CLUSTER', act: 'listening', ...listener }, undefined, undefined, () => {});
}

module.exports = { CAN_SHARE, isShared, needsPrimary, listenByNode, close, join };
