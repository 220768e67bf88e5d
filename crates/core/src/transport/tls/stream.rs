//! A stream under TLS up to the end of the HTTP upgrade, used by one task.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ProtocolVersion;
use tokio::io::ReadBuf;

use crate::hub::{Authorization, Link, Secure};
use crate::transport::stream::{ReadEnd, Stream};

use super::context::TlsContext;
use super::ends;
use super::engine::{Engine, Nowhere};

/// Ciphertext read at a time during the handshake.
const READ: usize = 4096;

/// Most records without plaintext before the request is complete. Ordinary clients send hardly any.
const FRUITLESS: usize = 100;

/// Time a peer whose handshake failed has to take the alert.
const ALERT_TIME: Duration = Duration::from_secs(1);

/// A stream under TLS.
pub struct TlsStream {
    inner: Stream,
    context: Arc<TlsContext>,
    /// Never held over a wait.
    engine: Mutex<Engine>,
}

impl TlsStream {
    /// TLS over `inner`; the handshake has not begun.
    ///
    /// # Errors
    /// The context cannot be used.
    pub fn new(inner: Stream, context: Arc<TlsContext>) -> io::Result<Self> {
        let engine = Mutex::new(Engine::new(&context.config)?);
        Ok(Self {
            inner,
            context,
            engine,
        })
    }

    /// Completes the handshake. A peer that fails it is sent the alert that says why.
    ///
    /// # Errors
    /// The peer has gone, or failed the handshake.
    pub async fn handshake(&self) -> io::Result<()> {
        let result = self.shake_hands().await;
        if result.is_err() {
            let alert = async {
                self.write_out().await?;
                self.inner.finish().await?;
                // Closing with unread bytes would reset the connection and take the alert with it.
                Box::pin(self.inner.discard()).await
            };
            // It does not matter here whether the peer has read the alert.
            let _ = tokio::time::timeout(ALERT_TIME, alert).await;
        }
        result
    }

    async fn shake_hands(&self) -> io::Result<()> {
        let mut bytes = vec![0; READ];
        while self.engine().tls().is_handshaking() {
            self.receive(&mut bytes).await?;
        }
        Ok(())
    }

    /// Facts of the connection; for after the handshake.
    pub fn facts(&self) -> Secure {
        let engine = self.engine();
        let tls = engine.tls();
        let chain = tls.peer_certificates();
        Secure {
            protocol: match tls.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            alpn: tls.alpn_protocol().map(Into::into),
            certificate: chain.and_then(<[_]>::first).map(|own| own.as_ref().into()),
            authorization: match &self.context.clients {
                Some(clients) => clients.judge(chain),
                None => Authorization::NotAsked,
            },
        }
    }

    /// Waits until the connection under it is reset or fails.
    pub async fn broken(&self) {
        self.inner.broken().await;
    }

    /// Waits for plaintext and reads some; `Ok(0)` is the end of the stream.
    ///
    /// # Errors
    /// The system's; the peer broke the protocol; the stream ended without `close_notify`.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut target = ReadBuf::new(buffer);
        let mut bytes = Vec::new();
        loop {
            {
                let mut engine = self.engine();
                if engine.take_plain(&mut target) {
                    return Ok(target.filled().len());
                }
                if engine.is_peer_closed() {
                    return Ok(0);
                }
            }
            if self.engine().cost().fruitless > FRUITLESS {
                return Err(ErrorKind::InvalidData.into());
            }
            bytes.resize(READ, 0);
            self.receive(&mut bytes).await?;
        }
    }

    /// Reads and decrypts the next bytes, and sends the answers of TLS itself.
    async fn receive(&self, bytes: &mut [u8]) -> io::Result<()> {
        let count = self.inner.read(bytes).await?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.engine().receive(&mut bytes[..count], &mut Nowhere)?;
        self.write_out().await
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// The system's; the connection is broken.
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.engine().seal(bytes)?;
        self.write_out().await
    }

    /// Ends our side with `close_notify` and FIN.
    ///
    /// # Errors
    /// The system's; the connection is broken.
    pub async fn finish(&self) -> io::Result<()> {
        self.engine().seal_end()?;
        self.write_out().await?;
        self.inner.finish().await
    }

    async fn write_out(&self) -> io::Result<()> {
        let out = self.engine().take_out();
        self.inner.write_all(&out).await
    }

    /// Separates the ends of the stream. Dropping the writing end sends `close_notify` and FIN.
    pub fn split(self) -> (ReadEnd, Box<dyn Link>) {
        let engine = self.engine.into_inner();
        let mut engine = engine.unwrap_or_else(PoisonError::into_inner);
        // The opening has limits of its own.
        engine.take_cost();
        let (reader, link) = self.inner.split();
        ends::split(engine, reader, link)
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        // Only the task that owns the stream locks it, and its panic ends the task.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
