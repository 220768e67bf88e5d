//! The opening handshake of one connection: that of TLS where there is one, then the HTTP request;
//! asks the application if it wants to be asked, answers, and hands the stream on.

use std::sync::Arc;
use std::time::Duration;

use crate::hub::{Facts, Kind, Record, Remote};
use crate::upgrade::{self, Client, Limits, Policy, Refusal};

use super::gate::{Pending, Verdict};
use super::handover::Handover;
use super::io_thread::Shared;
use super::session::Session;
use super::stream::Stream;
use super::tls::TlsStream;

/// Bytes of request read at a time; most requests fit.
const READ: usize = 2048;

/// Time a refused peer has to take its answer.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// Sees a new stream through its opening handshake; `None` when it came to nothing.
pub async fn open(shared: &Arc<Shared>, stream: Stream, mut remote: Remote) -> Option<Session> {
    let stream = match &shared.tls {
        None => stream,
        Some(tls) => Stream::Tls(TlsStream::new(stream, tls.current()).ok()?.into()),
    };
    let request = async {
        if stream.handshake().await.is_err() {
            return Ok(None);
        }
        read_request(&stream).await
    };
    match in_time(shared, request).await? {
        Ok(Some((request, early))) => {
            if let Some(secure) = stream.secure() {
                remote.encrypted = true;
                remote.secure = Some(Arc::new(secure));
            }
            answer(shared, stream, request, early, remote).await
        }
        Ok(None) => None,
        Err(refusal) => refuse(&stream, &refusal).await,
    }
}

/// What `work` comes to, unless it takes longer than each part of an opening handshake may.
async fn in_time<T>(shared: &Shared, work: impl Future<Output = T>) -> Option<T> {
    match shared.hub.config.upgrade_timeout() {
        0 => Some(work.await),
        limit => {
            let limit = Duration::from_millis(limit.into());
            tokio::time::timeout(limit, work).await.ok()
        }
    }
}

/// Sees a stream through whose request has been read by somebody else.
pub async fn take_over(shared: &Arc<Shared>, handover: Handover) -> Option<Session> {
    let Handover {
        stream,
        request,
        early,
        remote,
    } = handover;
    let stream = stream.attach().ok()?;
    match request {
        Ok(request) => answer(shared, stream, Arc::new(request), early, remote).await,
        Err(refusal) => refuse(&stream, &refusal).await,
    }
}

/// Answers a request. `early` is what came after it.
async fn answer(
    shared: &Arc<Shared>,
    stream: Stream,
    request: Request,
    early: Vec<u8>,
    remote: Remote,
) -> Option<Session> {
    let policy = shared.gate.policy();
    let client = policy.client(&request, remote.address, remote.encrypted);
    match accept(shared, &policy, &request, &remote, client).await {
        Ok((head, protocol)) => {
            stream.write_all(&head).await.ok()?;
            let facts = Facts {
                request: Arc::unwrap_or_clone(request),
                remote,
                client,
                protocol: protocol.map(Into::into),
            };
            Some(Session::new(shared, stream, facts, early))
        }
        Err(refusal) => refuse(&stream, &refusal).await,
    }
}

type Request = Arc<upgrade::Request>;

/// Reads up to the end of the request head; `None` when the stream ends before. What came after it
/// is the beginning of the WebSocket stream.
async fn read_request(stream: &Stream) -> Result<Option<(Request, Vec<u8>)>, Refusal> {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    loop {
        let filled = bytes.len();
        bytes.resize(filled + READ, 0);
        match stream.read(&mut bytes[filled..]).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(count) => bytes.truncate(filled + count),
        }
        if let Some((request, length)) = upgrade::parse(&bytes, &limits)? {
            return Ok(Some((Arc::new(request), bytes.split_off(length))));
        }
    }
}

/// Decides on a request: the response head and the subprotocol.
async fn accept(
    shared: &Arc<Shared>,
    policy: &Policy,
    request: &Request,
    remote: &Remote,
    client: Client,
) -> Result<(Vec<u8>, Option<String>), Refusal> {
    let upgrade = policy.check(request)?;
    if !shared.gate.is_asking() {
        let protocol = upgrade.protocol;
        let lines = upgrade::response_lines(&upgrade.accept, protocol.as_deref())
            .map_err(|_| Refusal::new(400, None))?;
        let head = upgrade::response_head(&lines).map_err(|_| Refusal::new(400, None))?;
        return Ok((head, protocol));
    }
    let (key, verdict) = shared.gate.ask(Pending {
        request: Arc::clone(request),
        upgrade: Arc::new(upgrade),
        remote: remote.clone(),
        client,
    });
    shared
        .hub
        .inbox
        .announce(|_| Record::new(Kind::Upgrade, key));
    match in_time(shared, verdict).await {
        Some(Ok(Verdict::Accept { head, protocol })) => Ok((head, protocol)),
        Some(Ok(Verdict::Refuse { status, message })) => {
            Err(Refusal::new(status, message.as_deref()))
        }
        // The server was stopped, or the application takes too long.
        Some(Err(_)) | None => {
            shared.gate.forget(key);
            Err(Refusal::new(503, None))
        }
    }
}

async fn refuse(stream: &Stream, refusal: &Refusal) -> Option<Session> {
    let response = refusal.response();
    let answer = async {
        stream.write_all(&response).await?;
        stream.finish().await?;
        // Closing with unread bytes would reset the connection and take the answer with it.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // Whether the peer took its answer changes nothing here.
    let _ = tokio::time::timeout(REFUSAL_TIME, answer).await;
    None
}
