//! The opening handshake of one connection: the handshake of TLS, if there is TLS, then the HTTP request, the
//! decision of the application, if it wants to be asked, and the answer. Then a session gets the stream.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use log::debug;

use crate::deflate::Compression;
use crate::hub::{Counter, Facts, Kind, NoRoom, Permit, Record, Remote};
use crate::upgrade::{self, Client, Refusal, Request, RequestLimits, UpgradePolicy};

use super::gate::{Pending, Verdict};
use super::handover::{Handover, Ticket};
use super::session::Session;
use super::shared::Shared;
use super::stream::Stream;
use super::tls::TlsStream;

/// Bytes of request read at a time; most requests fit.
const READ: usize = 2048;

// facts: refusal-time
/// Time a refused peer has to read its answer and to close.
const REFUSAL_TIME: Duration = Duration::from_secs(5);
// /facts

/// Runs the opening handshake of a new stream. `None` when it failed or was refused.
pub async fn open(shared: Arc<Shared>, stream: Stream, mut remote: Remote) -> Option<Session> {
    let shared = &shared;
    let time_limit = TimeLimit::new(shared);
    let mut stream = match &shared.tls {
        None => stream,
        Some(tls) => {
            let encrypted = TlsStream::new(stream, tls.current());
            let failed = |error: &_| debug!("{remote}: TLS is not available: {error}");
            Stream::Tls(encrypted.inspect_err(failed).ok()?.into())
        }
    };
    let permit = match acquire_permit(shared, &remote) {
        Ok(permit) => permit,
        Err(no_room) => return Box::pin(turn_away(shared, &stream, &remote, no_room)).await,
    };
    let read = {
        let request = pin!(async {
            if let Err(error) = stream.handshake().await {
                debug!("{remote}: TLS handshake failed: {error}");
                return Ok(None);
            }
            read_request(shared, &mut stream, &remote).await
        });
        time_limit.run(&remote, request).await
    };
    match read? {
        Ok(Some((request, read_ahead))) => {
            if let Some(secure) = stream.secure() {
                remote.encrypted = true;
                remote.secure = Some(Arc::new(secure));
            }
            let arrival = Arrival {
                request,
                read_ahead,
                remote,
                ticket: None,
            };
            Box::pin(answer(&time_limit, stream, arrival, permit)).await
        }
        Ok(None) => None,
        Err(refusal) => {
            shared.hub.stats.add(Counter::RefusedRequest, 1);
            Box::pin(refuse(&stream, &remote, &refusal)).await
        }
    }
}

/// The time that an opening handshake may take, from the first byte to the last of the answer. One limit
/// holds for all of it: a peer could stay for ever in a part that has a time of its own, or none.
struct TimeLimit<'a> {
    shared: &'a Arc<Shared>,
    /// `None` without a limit.
    end: Option<Instant>,
}

impl<'a> TimeLimit<'a> {
    /// The time begins now.
    fn new(shared: &'a Arc<Shared>) -> Self {
        let limit = shared.hub.config.upgrade_timeout();
        let end = Instant::now().checked_add(Duration::from_millis(limit.into()));
        Self {
            shared,
            end: end.filter(|_| limit > 0),
        }
    }

    /// The result of `work`; `None` when the time is up before. Pinned work takes memory once.
    async fn run<T>(&self, remote: &Remote, work: impl Future<Output = T> + Unpin) -> Option<T> {
        let Some(end) = self.end else {
            return Some(work.await);
        };
        let result = tokio::time::timeout_at(end.into(), work).await;
        if result.is_err() {
            debug!("{remote}: its opening handshake takes too long");
            self.shared.hub.stats.add(Counter::RefusedTimeout, 1);
        }
        result.ok()
    }
}

/// A request that is to be answered.
struct Arrival {
    request: Arc<Request>,
    /// What came after it.
    read_ahead: Vec<u8>,
    remote: Remote,
    /// Of a stream that was handed over.
    ticket: Option<Ticket>,
}

/// Runs the rest of the opening handshake of a stream whose request another server has read.
pub async fn open_handed_over(shared: &Arc<Shared>, handover: Handover) -> Option<Session> {
    let time_limit = TimeLimit::new(shared);
    let Handover {
        stream,
        request,
        read_ahead,
        remote,
        ticket,
    } = handover;
    let failed = |error: &_| debug!("{remote}: cannot be moved to this thread: {error}");
    let stream = stream.attach().inspect_err(failed).ok()?;
    let permit = match acquire_permit(shared, &remote) {
        Ok(permit) => permit,
        Err(no_room) => return Box::pin(turn_away(shared, &stream, &remote, no_room)).await,
    };
    match request {
        Ok(request) => {
            let arrival = Arrival {
                request: Arc::new(request),
                read_ahead,
                remote,
                ticket: Some(ticket),
            };
            Box::pin(answer(&time_limit, stream, arrival, permit)).await
        }
        Err(refusal) => {
            shared.hub.stats.add(Counter::RefusedRequest, 1);
            Box::pin(refuse(&stream, &remote, &refusal)).await
        }
    }
}

/// Counts a connection. A connection that may come from a proxy is counted for its client once the request
/// has named the client.
fn acquire_permit(shared: &Shared, remote: &Remote) -> Result<Permit, NoRoom> {
    let config = &shared.hub.config;
    let mut permit = shared.hub.admission.acquire(config.max_connections())?;
    if let Some(peer) = remote.address
        && !shared.gate.policy().trusts(peer)
    {
        permit.claim(peer.ip(), config.max_connections_per_address())?;
    }
    Ok(permit)
}

/// Answers that there is no room, unless too many connections are being answered so already.
async fn turn_away(
    shared: &Shared,
    stream: &Stream,
    remote: &Remote,
    no_room: NoRoom,
) -> Option<Session> {
    debug!("{remote}: no room: {no_room:?}");
    shared.hub.stats.add(
        match no_room {
            NoRoom::InAll => Counter::RefusedMaxConnections,
            NoRoom::OfClient => Counter::RefusedMaxConnectionsPerAddress,
        },
        1,
    );
    let _guard = shared.hub.admission.begin_refusal()?;
    let handshake = tokio::time::timeout(REFUSAL_TIME, stream.handshake());
    handshake.await.ok()?.ok()?;
    refuse(stream, remote, &Refusal::unavailable()).await
}

/// Answers a request.
async fn answer(
    time_limit: &TimeLimit<'_>,
    stream: Stream,
    arrival: Arrival,
    permit: Permit,
) -> Option<Session> {
    let Arrival {
        request,
        read_ahead,
        remote,
        ticket,
    } = arrival;
    let shared = time_limit.shared;
    // They are dropped before the ticket, which reports that the stream is not used here any more.
    let (stream, mut permit) = (stream, permit);
    let policy = shared.gate.policy();
    let client = policy.client(&request, remote.address, remote.encrypted);
    let most = shared.hub.config.max_connections_per_address();
    if let Some(address) = client.address
        && let Err(no_room) = permit.claim(address, most)
    {
        drop(permit);
        return Box::pin(turn_away(shared, &stream, &remote, no_room)).await;
    }
    let key = ticket.as_ref().map(|ticket| ticket.key);
    match accept(time_limit, &stream, &policy, &request, &remote, client, key).await {
        Ok(accepted) => {
            let failed =
                |error: &_| debug!("{remote}: the peer has gone before its answer: {error}");
            // A peer that has not read earlier answers on the same stream may take no byte of this one.
            let written = time_limit
                .run(&remote, pin!(stream.deliver(&accepted.head)))
                .await?;
            written.inspect_err(failed).ok()?;
            let direct = Client::direct(remote.address, remote.encrypted);
            let facts = Facts {
                listener: shared.number,
                head: shared.hub.request_heads.keep(&request),
                remote,
                named: (client != direct).then(|| Box::new(client)),
                protocol: accepted.protocol.map(Into::into),
                compression: accepted.compression.map(Box::new),
            };
            let session = Session::new(shared, stream, facts, read_ahead, permit);
            Some(match ticket {
                Some(ticket) => session.handed_over(ticket),
                None => session,
            })
        }
        Err(refusal) => {
            debug!("{remote}: refused is {}", request.summary());
            Box::pin(refuse(&stream, &remote, &refusal)).await
        }
    }
}

/// Reads up to the end of the request head; `None` when the stream ends before. What came after it
/// is the beginning of the WebSocket stream.
async fn read_request(
    shared: &Shared,
    stream: &mut Stream,
    remote: &Remote,
) -> Result<Option<(Arc<Request>, Vec<u8>)>, Refusal> {
    let limits = RequestLimits {
        max_head: shared.hub.config.max_header_bytes(),
        max_headers: shared.hub.config.max_headers(),
    };
    // Nearly all requests come whole, and are parsed where they were read.
    let mut before = Vec::new();
    loop {
        let filled = before.len();
        let mut parse = |bytes: &[u8]| {
            if bytes.is_empty() {
                return Ok(RequestStep::Ended);
            }
            if !before.is_empty() {
                before.extend_from_slice(bytes);
            }
            let all = if before.is_empty() { bytes } else { &before };
            if let Some((request, length)) = upgrade::parse(all, &limits)? {
                return Ok(RequestStep::Complete(request.into(), all[length..].into()));
            }
            if before.is_empty() {
                before = bytes.to_vec();
            }
            Ok(RequestStep::Partial)
        };
        match stream.read_with(READ, &mut parse).await {
            Ok(step) => match step? {
                RequestStep::Complete(request, rest) => return Ok(Some((request, rest))),
                RequestStep::Partial => {}
                RequestStep::Ended => {
                    debug!("{remote}: ended after {filled} bytes of its request");
                    return Ok(None);
                }
            },
            Err(error) => {
                debug!("{remote}: failed after {filled} bytes of its request: {error}");
                return Ok(None);
            }
        }
    }
}

/// What a read has brought of a request.
enum RequestStep {
    /// All of it, and what came after it.
    Complete(Arc<Request>, Vec<u8>),
    /// More is to come.
    Partial,
    /// The stream has ended.
    Ended,
}

/// The answer to a request that is not refused.
struct Accepted {
    /// The response head.
    head: Vec<u8>,
    /// The subprotocol it names.
    protocol: Option<String>,
    /// The compression it agrees to.
    compression: Option<Compression>,
}

/// Decides on a request.
async fn accept(
    time_limit: &TimeLimit<'_>,
    stream: &Stream,
    policy: &UpgradePolicy,
    request: &Arc<Request>,
    remote: &Remote,
    client: Client,
    handover: Option<u32>,
) -> Result<Accepted, Refusal> {
    let shared = time_limit.shared;
    let counted = |_: &Refusal| shared.hub.stats.add(Counter::RefusedRequest, 1);
    let upgrade = policy.check(request).inspect_err(counted)?;
    let compression = negotiate(shared, request).inspect_err(counted)?;
    if !shared.gate.is_asking() {
        let protocol = upgrade.protocol;
        let mut lines = upgrade::response_lines(&upgrade.accept, protocol.as_deref())
            .map_err(|_| Refusal::new(400, None))?;
        if let Some(Compression { agreement, .. }) = &compression {
            lines.push(format!("Sec-WebSocket-Extensions: {agreement}").into());
        }
        let head = upgrade::response_head(&lines).map_err(|_| Refusal::new(400, None))?;
        return Ok(Accepted {
            head,
            protocol,
            compression,
        });
    }
    let (key, verdict) = shared.gate.ask(Pending {
        request: Arc::clone(request),
        upgrade: Arc::new(upgrade),
        remote: remote.clone(),
        client,
        agreement: compression
            .as_ref()
            .map(|compression| compression.agreement),
        handover,
    });
    shared
        .hub
        .inbox
        .announce_unknown(|_| Record::new(Kind::Upgrade, key));
    let broken = pin!(stream.broken());
    match time_limit.run(remote, select(verdict, broken)).await {
        Some(Either::Left((Ok(Verdict::Accept { head, protocol }), _))) => Ok(Accepted {
            head,
            protocol,
            compression,
        }),
        Some(Either::Left((Ok(Verdict::Refuse { status, message }), _))) => {
            shared.hub.stats.add(Counter::RefusedApplication, 1);
            Err(Refusal::new(status, message.as_deref()))
        }
        // Its place is free for others, whenever the application decides. Nobody will read the refusal.
        Some(Either::Right(_)) => {
            debug!("{remote}: the peer has gone before the application has decided");
            shared.gate.forget(key);
            Err(Refusal::unavailable())
        }
        // The server was stopped, or the application takes too long.
        Some(Either::Left((Err(_), _))) | None => {
            debug!("{remote}: the application has not decided");
            shared.gate.forget(key);
            Err(Refusal::unavailable())
        }
    }
}

/// Chooses among the extensions offered. `None` if compression is off, or no offer is acceptable.
fn negotiate(shared: &Shared, request: &Request) -> Result<Option<Compression>, Refusal> {
    let Some(policy) = shared.hub.config.compression() else {
        return Ok(None);
    };
    let offers = request.combined("sec-websocket-extensions");
    let agreement = policy
        .negotiate(&offers.unwrap_or_default())
        .map_err(|_| Refusal::new(400, None))?;
    Ok(agreement.map(|agreement| Compression { agreement, policy }))
}

async fn refuse(stream: &Stream, remote: &Remote, refusal: &Refusal) -> Option<Session> {
    debug!("{remote}: refused with {refusal} {:?}", refusal.body());
    let response = refusal.response();
    let answer = async {
        stream.write_all(&response).await?;
        stream.finish().await?;
        // Closing with unread bytes would reset the connection and take the answer with it.
        stream.discard().await
    };
    // It does not matter here whether the peer has read its answer.
    let _ = tokio::time::timeout(REFUSAL_TIME, answer).await;
    None
}

#[cfg(all(test, unix))]
mod tests {
    use tokio::net::UnixStream;
    use tokio::runtime::Builder;

    use super::*;
    use crate::hub::testing::CountingWake;
    use crate::hub::{Hub, Transport};

    /// glibc's malloc keeps freed blocks of up to so many bytes for its thread. Larger ones are cut out of, and put together
    /// with, the memory around them, which takes several times as long.
    const CACHED: usize = 1032;

    #[test]
    fn the_memory_of_an_opening_is_of_a_size_that_the_allocator_caches() {
        let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
        let shared = Arc::new(Shared::new(Arc::clone(&hub), Arc::default(), None, 1));
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let (stream, _peer) = UnixStream::pair().unwrap();
            let remote = Remote {
                address: None,
                encrypted: false,
                transport: Transport::Unix,
                secure: None,
            };
            let opening = open(Arc::clone(&shared), Stream::Unix(stream), remote);
            // Its task adds what it was given, and what tells it to end.
            let size = size_of_val(&opening);
            assert!(size <= CACHED - 200, "{size}");
        });
    }
}
