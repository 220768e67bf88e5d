/** Types of what a server counts. */

/** Connections that did not come about, by reason. */
export interface RefusedConnections {
  /** There were `maxConnections` already: status 503. */
  readonly maxConnections: number;
  /** Its client had `maxConnectionsPerAddress` already: status 503. */
  readonly maxConnectionsPerAddress: number;
  /** The upgrade request was malformed or too large, or its origin, path or subprotocol not accepted. */
  readonly request: number;
  /** `verifyClient` or `handleProtocols` refused it. */
  readonly application: number;
  /** The request was not whole, not decided on by the application, or its answer not taken, within `upgradeTimeout`. */
  readonly timeout: number;
  /** The server did not run (`handleUpgrade`), was draining, or was stopped before the application decided: status 503. */
  readonly stopping: number;
}

/** What `server.getStats()` gives: numbers since the server was made, unless it says "now". */
export interface ServerStats {
  /** Connections open now, their handshakes resolved or not. */
  readonly connections: number;
  /** Connections opened. */
  readonly connectionsTotal: number;
  /** Connections that did not come about. */
  readonly refused: RefusedConnections;
  /** Messages received, those of the protocol included. */
  readonly messagesReceived: number;
  /** Their bytes, without what WebSocket and HTTP add. */
  readonly bytesReceived: number;
  /** Messages sent, those of the protocol included; a broadcast counts for each connection. */
  readonly messagesSent: number;
  /** Their bytes, without what WebSocket adds. */
  readonly bytesSent: number;
  /** Bytes of messages that wait for JavaScript now, 64 for each added. */
  readonly bytesWaiting: number;
  /** Broadcasts left out for one connection each, by `slowConsumer: 'drop'`. */
  readonly broadcastsDropped: number;
  /** Connections closed with 4206. */
  readonly slowConsumers: number;
  /** Times a client was over its rate and read more slowly, until it had been read to the end. */
  readonly rateDelays: number;
  /** Connections closed with 4207. */
  readonly rateLimited: number;
  /** Connections closed with 1002, 1007 or 1009. */
  readonly violations: number;
}
