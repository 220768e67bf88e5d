//! One connection's TLS, sans-IO: it decrypts what comes from the socket, and encrypts what is to be sent.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};

use super::records::Records;

/// Most bytes held of an incomplete record, or of an incomplete handshake message in several records. A
/// handshake message may have 64 KiB, a record 16 KiB and its envelope.
const MAX_PARTIAL: usize = 80 * 1024;

/// Plaintext in one record, and what a record adds to it at most (RFC 8446, 5.1 and 5.2).
const RECORD: usize = 16 * 1024;
const RECORD_OVERHEAD: usize = 5 + 256;

/// Whether the peer may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReceiveState {
    Open,
    /// It has ended its side with `close_notify` (RFC 8446, 6.1).
    PeerClosed,
    /// It has broken the protocol or sent an alert.
    Broken,
}

/// The TLS of one connection.
pub struct Engine {
    tls: UnbufferedServerConnection,
    receive_state: ReceiveState,
    /// Ciphertext of a record that is not complete yet.
    partial: Vec<u8>,
    /// Plaintext that has not been taken yet.
    plain: Vec<u8>,
    /// Ciphertext to be sent.
    out: Vec<u8>,
    /// Bytes of `out` that have left.
    sent: usize,
    records: Records,
    cost: Cost,
}

/// What the peer has sent, by what it costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes from the wire, records with their envelopes.
    pub bytes: usize,
    /// Records that brought no plaintext: empty ones, new keys, alerts.
    pub fruitless: usize,
}

impl Engine {
    /// A connection whose handshake has not begun.
    ///
    /// # Errors
    /// The context cannot be used.
    pub fn new(config: &Arc<ServerConfig>) -> io::Result<Self> {
        Ok(Self {
            tls: UnbufferedServerConnection::new(Arc::clone(config)).map_err(broken)?,
            receive_state: ReceiveState::Open,
            partial: Vec::new(),
            plain: Vec::new(),
            out: Vec::new(),
            sent: 0,
            records: Records::default(),
            cost: Cost::default(),
        })
    }

    /// What rustls knows of the connection.
    pub fn tls(&self) -> &UnbufferedServerConnection {
        &self.tls
    }

    /// What the peer has sent since [`Engine::take_cost`].
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// What the peer has sent since the last call.
    pub fn take_cost(&mut self) -> Cost {
        std::mem::take(&mut self.cost)
    }

    /// Whether the peer has ended its side in order.
    pub fn is_peer_closed(&self) -> bool {
        self.receive_state == ReceiveState::PeerClosed
    }

    /// Whether the connection can only be used for sending the alert that says why it is broken.
    pub fn is_broken(&self) -> bool {
        self.receive_state == ReceiveState::Broken
    }

    /// Decrypts what came from the socket. Plaintext goes to `target` as long as that has room; the rest waits
    /// for [`Engine::take_plain`].
    ///
    /// # Errors
    /// The peer has broken the protocol, or reports that this side has. An alert may be there to be sent.
    pub fn receive(&mut self, incoming: &mut [u8], target: &mut impl Target) -> io::Result<()> {
        if self.receive_state != ReceiveState::Open {
            return Ok(());
        }
        self.cost.bytes += incoming.len();
        self.cost.fruitless += self.records.count(incoming);
        let mut partial = std::mem::take(&mut self.partial);
        if partial.is_empty() {
            let consumed = self.process(incoming, target, None)?;
            self.partial = incoming.get(consumed..).unwrap_or_default().to_vec();
        } else {
            partial.extend_from_slice(incoming);
            let consumed = self.process(&mut partial, target, None)?;
            partial.drain(..consumed.min(partial.len()));
            if !partial.is_empty() {
                self.partial = partial;
            }
        }
        if self.receive_state == ReceiveState::PeerClosed {
            // What follows the end is ignored.
            self.partial = Vec::new();
        }
        if self.partial.len() > MAX_PARTIAL {
            self.break_off();
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(())
    }

    /// Moves plaintext that waits to `target`; false when there is none.
    pub fn take_plain(&mut self, target: &mut impl Target) -> bool {
        if self.plain.is_empty() {
            return false;
        }
        let taken = target.room().min(self.plain.len());
        target.put(&self.plain[..taken]);
        self.plain.drain(..taken);
        if self.plain.is_empty() {
            self.plain = Vec::new();
        }
        true
    }

    /// Encrypts `plaintext`, to be sent.
    ///
    /// # Errors
    /// The connection is broken, or its keys are used up.
    pub fn seal(&mut self, plaintext: &[u8]) -> io::Result<()> {
        // Part of a record may be there: rustls wants to see again what it has not consumed.
        self.with_partial(Sealing::Data(plaintext))
    }

    /// Adds the `close_notify` that ends our side in order (RFC 8446, 6.1). Nothing may follow it.
    ///
    /// # Errors
    /// The connection is broken. There may be an alert to be sent instead.
    pub fn seal_end(&mut self) -> io::Result<()> {
        self.with_partial(Sealing::End)
    }

    /// Ciphertext to be sent.
    pub fn out(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    /// Notes that the first `count` bytes of [`Engine::out`] have left.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.out.len() {
            self.sent = 0;
            self.out = Vec::new();
        }
    }

    /// Takes all ciphertext to be sent.
    pub fn take_out(&mut self) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.out);
        out.drain(..std::mem::take(&mut self.sent));
        out
    }

    fn with_partial(&mut self, sealing: Sealing<'_>) -> io::Result<()> {
        if self.is_broken() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut partial = std::mem::take(&mut self.partial);
        let consumed = self.process(&mut partial, &mut Nowhere, Some(sealing))?;
        partial.drain(..consumed.min(partial.len()));
        self.partial = partial;
        Ok(())
    }

    /// Drives rustls until it needs more from the socket. `sealing` is done as soon as that is possible.
    /// Returns how many bytes of `incoming` were consumed.
    fn process(
        &mut self,
        incoming: &mut [u8],
        target: &mut impl Target,
        sealing: Option<Sealing<'_>>,
    ) -> io::Result<usize> {
        let result = self.drive(incoming, target, sealing);
        result.map_err(|error| {
            self.break_off();
            broken(error)
        })
    }

    fn drive(
        &mut self,
        incoming: &mut [u8],
        target: &mut impl Target,
        mut sealing: Option<Sealing<'_>>,
    ) -> Result<usize, rustls::Error> {
        let mut consumed = 0;
        loop {
            let rest = incoming.get_mut(consumed..).unwrap_or_default();
            let UnbufferedStatus { mut discard, state } = self.tls.process_tls_records(rest);
            let mut done = false;
            match state? {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        if !record.payload.is_empty() {
                            self.cost.fruitless = self.cost.fruitless.saturating_sub(1);
                        }
                        // Nothing may overtake what waits already.
                        let at_once = if self.plain.is_empty() {
                            target.room().min(record.payload.len())
                        } else {
                            0
                        };
                        let (now, later) = record.payload.split_at(at_once);
                        target.put(now);
                        self.plain.extend_from_slice(later);
                    }
                }
                ConnectionState::EncodeTlsData(mut data) => encode(&mut data, &mut self.out)?,
                // It is in `out`, which leaves in order.
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.receive_state = ReceiveState::PeerClosed,
                ConnectionState::WriteTraffic(mut traffic) => {
                    match sealing.take() {
                        Some(Sealing::Data(data)) => seal(&mut traffic, data, &mut self.out)?,
                        Some(Sealing::End) => seal_end(&mut traffic, &mut self.out)?,
                        None => {}
                    }
                    done = true;
                }
                ConnectionState::Closed | ConnectionState::BlockedHandshake => done = true,
                // Early data is not accepted (it can be replayed), so it never comes.
                _ => return Err(rustls::Error::HandshakeNotComplete),
            }
            consumed += discard;
            if done {
                break;
            }
        }
        if sealing.is_some() {
            return Err(rustls::Error::HandshakeNotComplete);
        }
        Ok(consumed)
    }

    /// From now on nothing is read, and nothing is sent except an alert of rustls.
    fn break_off(&mut self) {
        self.receive_state = ReceiveState::Broken;
        self.partial = Vec::new();
        while self.tls.wants_write() {
            let UnbufferedStatus { state, .. } = self.tls.process_tls_records(&mut []);
            let Ok(ConnectionState::EncodeTlsData(mut data)) = state else {
                return;
            };
            if encode(&mut data, &mut self.out).is_err() {
                return;
            }
        }
    }
}

/// What to encrypt.
enum Sealing<'a> {
    Data(&'a [u8]),
    End,
}

/// Where plaintext goes.
pub trait Target {
    /// Bytes it can take.
    fn room(&self) -> usize;
    /// Appends bytes, no more than there is room for.
    fn put(&mut self, bytes: &[u8]);
}

impl Target for tokio::io::ReadBuf<'_> {
    fn room(&self) -> usize {
        self.remaining()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}

/// A target without room.
pub struct Nowhere;

impl Target for Nowhere {
    fn room(&self) -> usize {
        0
    }

    fn put(&mut self, _: &[u8]) {}
}

/// Why ciphertext could not be written.
enum Short {
    /// This much room is needed.
    Needs(usize),
    /// The keys are used up.
    Exhausted,
}

impl From<EncryptError> for Short {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(error) => Self::Needs(error.required_size),
            EncryptError::EncryptExhausted => Self::Exhausted,
        }
    }
}

fn encode<Data>(
    data: &mut EncodeTlsData<'_, Data>,
    out: &mut Vec<u8>,
) -> Result<(), rustls::Error> {
    append(out, 0, |room| {
        data.encode(room).map_err(|error| match error {
            EncodeError::InsufficientSize(error) => Short::Needs(error.required_size),
            EncodeError::AlreadyEncoded => Short::Exhausted,
        })
    })
}

fn seal<Data>(
    traffic: &mut WriteTraffic<'_, Data>,
    data: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), rustls::Error> {
    let size = data.len() + (data.len() / RECORD + 1) * RECORD_OVERHEAD;
    append(out, size, |room| Ok(traffic.encrypt(data, room)?))
}

fn seal_end<Data>(
    traffic: &mut WriteTraffic<'_, Data>,
    out: &mut Vec<u8>,
) -> Result<(), rustls::Error> {
    append(out, RECORD_OVERHEAD, |room| {
        Ok(traffic.queue_close_notify(room)?)
    })
}

/// Lets `write` append to `out`, into `size` bytes, or as many as it needs.
fn append(
    out: &mut Vec<u8>,
    mut size: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Short>,
) -> Result<(), rustls::Error> {
    let start = out.len();
    loop {
        out.resize(start + size, 0);
        match write(&mut out[start..]) {
            Ok(written) => {
                out.truncate(start + written);
                return Ok(());
            }
            Err(Short::Needs(needed)) if needed > size => size = needed,
            Err(_) => {
                out.truncate(start);
                return Err(rustls::Error::EncryptError);
            }
        }
    }
}

fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests;
