// @ts-check
'use strict';

/**
 * What `server.getStats()` counts, in its order.
 * @typedef {object} Counter
 * @property {string} name In the object that `getStats` gives; a dot stands before what is in an object of its own.
 *   The core calls it the same: `Counter::RefusedRequest` is `refused.request`.
 * @property {string} doc What it counts, as the middle of a sentence.
 * @property {boolean} [isComputed] It is no counter of the core: a function of this name in `src/stats/computed.rs`, with `_`
 *   for a dot, gives it.
 * @property {boolean} [isInternal] It is a counter of the core that `getStats` does not give by itself.
 */

/** @type {Counter[]} */
module.exports = [
  { name: 'connections', doc: 'connections open now, with their handshakes resolved or not', isComputed: true },
  { name: 'connectionsTotal', doc: 'connections opened' },
  { name: 'refused.maxConnections', doc: 'connections refused with status 503, because there were `maxConnections` already' },
  { name: 'refused.maxConnectionsPerAddress', doc: 'the same, because their client had `maxConnectionsPerAddress` already' },
  { name: 'refused.request', doc: 'upgrade requests that were malformed or too large, or whose origin, path or subprotocol was not accepted' },
  { name: 'refused.application', doc: 'refusals of `verifyClient` and `handleProtocols`' },
  { name: 'refused.timeout', doc: 'requests that were incomplete, undecided by the application, or whose answer was not read, within `upgradeTimeout`' },
  { name: 'refused.stopping', doc: 'requests that came when the server did not run (`handleUpgrade`) or was draining, or that were undecided when it was stopped: status 503' },
  { name: 'messagesReceived', doc: 'messages received, those of the protocol included' },
  { name: 'bytesReceived', doc: 'their bytes, without what WebSocket and HTTP add' },
  { name: 'messagesSent', doc: 'messages sent, those of the protocol included; a broadcast counts for each connection', isComputed: true },
  { name: 'messagesAnswered', doc: 'messages that the core has answered by itself', isInternal: true },
  { name: 'bytesSent', doc: 'their bytes, without what WebSocket adds', isComputed: true },
  { name: 'bytesAnswered', doc: 'bytes of the answers that the core has given by itself', isInternal: true },
  { name: 'bytesWaiting', doc: 'bytes of messages that wait for JavaScript now, 64 for each message added', isComputed: true },
  { name: 'broadcastsDropped', doc: "broadcasts left out for one connection each, by `slowConsumer: 'drop'`" },
  { name: 'slowConsumers', doc: 'connections closed with 4206' },
  { name: 'rateDelays', doc: 'times a client was over its rate and read more slowly, until it had been read to the end' },
  { name: 'rateLimited', doc: 'connections closed with 4207' },
  { name: 'recoveries.ring', doc: 'clients that came back to a room with history, and were sent all that they had missed: one for each room' },
  { name: 'recoveries.failed', doc: 'the same, when that was not possible: `recovered: false`' },
  { name: 'replayed', doc: 'messages of rooms with history that were sent to clients that came back, or that joined with `rewind`' },
  { name: 'history.rooms', doc: 'rooms that have a history now', isComputed: true },
  { name: 'history.bytes', doc: 'bytes of memory that their messages take now: `historyBytes` at most', isComputed: true },
  { name: 'violations', doc: 'connections closed with 1002, 1007 or 1009' },
];
