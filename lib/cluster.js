// @ts-check
'use strict';

/**
 * Workers of Node's `cluster`, which serve one port together. Node's own servers get it from the primary
 * process; ours ask the system for a share of it (SO_REUSEPORT), which then deals out the connections.
 */

const nodeCluster = require('node:cluster');
const net = require('node:net');

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (nodeCluster);

/** Whether the system deals the connections of a shared port out evenly. */
const CAN_SHARE = process.platform === 'linux';

/**
 * Whether a port is to be shared without being asked for (`reusePort`). Port 0 is not: the system would
 * choose another one for each worker.
 * @param {number} port
 */
function isShared(port) {
  return cluster.isWorker && CAN_SHARE && port !== 0;
}

/**
 * Takes part in the cluster while a server listens: the primary's `listening` event tells of it, and
 * `worker.disconnect()` closes the listener, as with Node's own servers.
 * @param {{address: string, port: number} | string} address Where the server listens.
 * @param {() => void} onDisconnect
 * @returns {() => void} Ends that.
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
 * Node has no call for it: its servers send this message to the primary.
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

module.exports = { CAN_SHARE, isShared, join };
