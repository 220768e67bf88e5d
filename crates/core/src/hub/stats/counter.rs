//! What is counted. Generated from `facts/`: do not edit, run `npm run facts`.

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Connections opened.
    ConnectionsTotal,
    /// Connections refused with status 503, because there were `maxConnections` already.
    RefusedMaxConnections,
    /// The same, because their client had `maxConnectionsPerAddress` already.
    RefusedMaxConnectionsPerAddress,
    /// Upgrade requests that were malformed or too large, or whose origin, path or subprotocol was not
    /// accepted.
    RefusedRequest,
    /// Refusals of `verifyClient` and `handleProtocols`.
    RefusedApplication,
    /// Requests that were incomplete, undecided by the application, or whose answer was not read, within
    /// `upgradeTimeout`.
    RefusedTimeout,
    /// Requests that came when the server did not run (`handleUpgrade`) or was draining, or that were
    /// undecided when it was stopped: status 503.
    RefusedStopping,
    /// Messages received, those of the protocol included.
    MessagesReceived,
    /// Their bytes, without what WebSocket and HTTP add.
    BytesReceived,
    /// Messages that the core has answered by itself.
    MessagesAnswered,
    /// Bytes of the answers that the core has given by itself.
    BytesAnswered,
    /// Broadcasts left out for one connection each, by `slowConsumer: 'drop'`.
    BroadcastsDropped,
    /// Connections closed with 4206.
    SlowConsumers,
    /// Times a client was over its rate and read more slowly, until it had been read to the end.
    RateDelays,
    /// Connections closed with 4207.
    RateLimited,
    /// Clients that came back to a room with history, and were sent all that they had missed: one for each
    /// room.
    RecoveriesRing,
    /// The same, when that was not possible: `recovered: false`.
    RecoveriesFailed,
    /// Messages of rooms with history that were sent to clients that came back, or that joined with
    /// `rewind`.
    Replayed,
    /// Connections closed with 1002, 1007 or 1009.
    Violations,
}

impl Counter {
    /// How many there are.
    pub(super) const COUNT: usize = 19;
}
