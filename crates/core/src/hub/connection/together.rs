//! Flushing several connections with one system call.

use std::io;

use line_socket_uring::{Ring, Send};

use super::ConnectionRef;
use crate::hub::outbound::Outbound;

/// Fewest sockets for which one system call is cheaper than one for each.
pub const LEAST: usize = 4;

/// Most bytes, for one socket, that are sent together with those for others. The time for more is that of copying, and others
/// would be locked for it.
const SMALL: usize = 8 * 1024;

/// Flushes the connections of a group. Those with little to send are locked until the ring has sent to all of them. `ring`
/// returns it, and is called when there are enough to send to; without one each is written to by itself.
///
/// # Errors
/// The ring can send nothing more. All connections have been flushed nevertheless.
pub fn flush_together<'a>(
    group: &[ConnectionRef],
    ring: impl FnOnce() -> Option<&'a mut Ring>,
) -> io::Result<()> {
    let mut held = Vec::with_capacity(group.len());
    let mut others = Vec::new();
    for connection in group {
        // Nobody waits for a lock while another is held, so that two threads cannot wait for each other: neither for a connection's,
        // nor for one that its link has, as under TLS. So what is locked already, or is in the group twice, or is not for the ring, is
        // flushed last.
        match connection.writing.try_lock() {
            Ok(writing)
                if writing.outbound.pending() <= SMALL
                    && writing.outbound.first_write().is_some() =>
            {
                held.push((connection, writing));
            }
            Ok(writing) if held.is_empty() => {
                connection.flush_locked(writing, Outbound::flush);
            }
            _ => others.push(connection),
        }
    }
    let mut sends: Vec<_> = held
        .iter()
        .filter_map(|(_, writing)| writing.outbound.first_write())
        .map(|(socket, bytes)| Send::new(socket, bytes))
        .collect();
    let result = if sends.len() >= LEAST
        && let Some(ring) = ring()
    {
        ring.send(&mut sends)
    } else {
        Ok(())
    };
    let sent: Vec<_> = sends.iter().map(Send::sent).collect();
    drop(sends);
    for ((connection, writing), sent) in held.into_iter().zip(sent) {
        connection.flush_locked(writing, |outbound| outbound.flush_after(sent));
    }
    for connection in others {
        connection.flush();
    }
    result
}
