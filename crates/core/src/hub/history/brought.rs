//! The positions that clients have brought with their handshakes, until the application lets them into the
//! rooms.

use std::collections::HashMap;

use super::position::Position;

/// What a room's name and position count as, beside the bytes of the name.
const ENTRY: usize = 64;

/// Bytes that the positions of all clients may take before only a few are taken of each further client.
const MANY: usize = 16 * 1024 * 1024;

/// How many these are.
const FEW: usize = 16;

/// Positions by connection and room.
#[derive(Debug, Default)]
pub struct Brought {
    connections: HashMap<u64, HashMap<Box<str>, Position>>,
    bytes: usize,
}

impl Brought {
    /// Keeps what the connection with this serial number has brought. Of a room that comes twice the last
    /// position counts.
    pub fn put(&mut self, serial: u64, positions: Vec<(String, Position)>) {
        if positions.is_empty() || (self.bytes >= MANY && positions.len() > FEW) {
            return;
        }
        self.forget(serial);
        let positions: HashMap<Box<str>, Position> = positions
            .into_iter()
            .map(|(room, position)| (room.into(), position))
            .collect();
        self.bytes += positions.keys().map(|room| cost(room)).sum::<usize>();
        self.connections.insert(serial, positions);
    }

    /// Takes the position of a room: it serves once.
    pub fn take(&mut self, serial: u64, room: &str) -> Option<Position> {
        let positions = self.connections.get_mut(&serial)?;
        let position = positions.remove(room)?;
        self.bytes -= cost(room);
        if positions.is_empty() {
            self.connections.remove(&serial);
        }
        Some(position)
    }

    /// The connection has ended.
    pub fn forget(&mut self, serial: u64) {
        if let Some(positions) = self.connections.remove(&serial) {
            self.bytes -= positions.keys().map(|room| cost(room)).sum::<usize>();
        }
    }
}

fn cost(room: &str) -> usize {
    room.len() + ENTRY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(offset: u64) -> Position {
        Position {
            epoch: 1,
            offset,
            tag: 0,
        }
    }

    #[test]
    fn a_position_serves_once() {
        let mut brought = Brought::default();
        brought.put(
            7,
            vec![
                ("a".into(), position(1)),
                ("b".into(), position(2)),
                ("a".into(), position(3)),
            ],
        );
        assert_eq!(brought.take(8, "a"), None);
        assert_eq!(brought.take(7, "c"), None);
        assert_eq!(brought.take(7, "a"), Some(position(3)));
        assert_eq!(brought.take(7, "a"), None);
        assert_eq!(brought.take(7, "b"), Some(position(2)));
        assert!(brought.connections.is_empty());
        assert_eq!(brought.bytes, 0);
    }

    #[test]
    fn nothing_is_left_of_a_connection_that_has_ended() {
        let mut brought = Brought::default();
        brought.put(7, vec![("a".into(), position(1))]);
        brought.put(8, Vec::new());
        brought.forget(7);
        brought.forget(8);
        assert!(brought.connections.is_empty());
        assert_eq!(brought.bytes, 0);
    }

    #[test]
    fn many_connections_cannot_bring_without_bound() {
        let mut brought = Brought::default();
        let many: Vec<_> = (0..1000)
            .map(|room| (format!("{room:040}"), position(1)))
            .collect();
        for serial in 0..1000 {
            brought.put(serial, many.clone());
        }
        assert!(brought.bytes < MANY + 1000 * (40 + ENTRY));
        brought.put(5000, many[..FEW].to_vec());
        assert_eq!(brought.take(5000, &many[0].0), Some(position(1)));
    }
}
