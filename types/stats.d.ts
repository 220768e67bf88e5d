/** Types of what a server counts. Generated from `facts/`: do not edit, run `npm run facts`. */

import type { AdapterStats } from './adapter.js';

/** Connections that did not come about, by reason. */
export interface RefusedConnections {
  /** Connections refused with status 503, because there were `maxConnections` already. */
  readonly maxConnections: number;
  /** The same, because their client had `maxConnectionsPerAddress` already. */
  readonly maxConnectionsPerAddress: number;
  /** Upgrade requests that were malformed or too large, or whose origin, path or subprotocol was not accepted. */
  readonly request: number;
  /** Refusals of `verifyClient` and `handleProtocols`. */
  readonly application: number;
  /**
   * Requests that were incomplete, undecided by the application, or whose answer was not read, within
   * `upgradeTimeout`.
   */
  readonly timeout: number;
  /**
   * Requests that came when the server did not run (`handleUpgrade`) or was draining, or that were undecided when it
   * was stopped: status 503.
   */
  readonly stopping: number;
}

/** What has become of clients that came back to rooms with history. */
export interface RecoveryCounts {
  /** Clients that came back to a room with history, and were sent all that they had missed: one for each room. */
  readonly ring: number;
  /** The same, when that was not possible: `recovered: false`. */
  readonly failed: number;
}

/** What is kept of rooms with history. */
export interface HistoryCounts {
  /** Rooms that have a history now. */
  readonly rooms: number;
  /** Bytes of memory that their messages take now: `historyBytes` at most. */
  readonly bytes: number;
}

/** What `server.getStats()` gives: numbers since the server was made, unless it says "now". */
export interface ServerStats {
  /** Connections open now, with their handshakes resolved or not. */
  readonly connections: number;
  /** Connections opened. */
  readonly connectionsTotal: number;
  /** Connections that did not come about, by reason. */
  readonly refused: RefusedConnections;
  /** Messages received, those of the protocol included. */
  readonly messagesReceived: number;
  /** Their bytes, without what WebSocket and HTTP add. */
  readonly bytesReceived: number;
  /** Messages sent, those of the protocol included; a broadcast counts for each connection. */
  readonly messagesSent: number;
  /** Their bytes, without what WebSocket adds. */
  readonly bytesSent: number;
  /** Bytes of messages that wait for JavaScript now, 64 for each message added. */
  readonly bytesWaiting: number;
  /** Broadcasts left out for one connection each, by `slowConsumer: 'drop'`. */
  readonly broadcastsDropped: number;
  /** Connections closed with 4206. */
  readonly slowConsumers: number;
  /** Times a client was over its rate and read more slowly, until it had been read to the end. */
  readonly rateDelays: number;
  /** Connections closed with 4207. */
  readonly rateLimited: number;
  /** What has become of clients that came back to rooms with history. */
  readonly recoveries: RecoveryCounts;
  /** Messages of rooms with history that were sent to clients that came back, or that joined with `rewind`. */
  readonly replayed: number;
  /** What is kept of rooms with history. */
  readonly history: HistoryCounts;
  /** Connections closed with 1002, 1007 or 1009. */
  readonly violations: number;
  /** Of the servers that are joined by the option `adapter`; null without it, and while the server does not run. */
  readonly adapter: AdapterStats | null;
}
