// @ts-check
'use strict';

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/**
 * What has happened so far, in numbers.
 * @param {NativeServer} native
 * @param {number} turnedAway Upgrades refused before they reached the native side.
 * @returns {import('../../types/stats.d.ts').ServerStats} A new object.
 */
function readStats(native, turnedAway) {
  // In the order of `src/stats.rs`.
  const [
    connections,
    connectionsTotal,
    maxConnections,
    maxConnectionsPerAddress,
    request,
    application,
    timeout,
    stopping,
    messagesReceived,
    bytesReceived,
    messagesSent,
    bytesSent,
    bytesWaiting,
    broadcastsDropped,
    slowConsumers,
    rateDelays,
    rateLimited,
    violations,
  ] = native.stats();
  return {
    connections,
    connectionsTotal,
    refused: { maxConnections, maxConnectionsPerAddress, request, application, timeout, stopping: stopping + turnedAway },
    messagesReceived,
    bytesReceived,
    messagesSent,
    bytesSent,
    bytesWaiting,
    broadcastsDropped,
    slowConsumers,
    rateDelays,
    rateLimited,
    violations,
  };
}

module.exports = { readStats };
