use std::sync::Arc;

use super::*;
use crate::codec::{self, Opcode};
use crate::deflate::{Agreement, Compression, CompressionPolicy, Corrupt, Inflater};
use crate::hub::config::SlowConsumer;
use crate::hub::connection::Report;
use crate::hub::deferred::Broadcast;
use crate::hub::testing::{self, FakeLink};
use crate::hub::{Config, Facts, Flush, Queued};

/// Bytes that no window of another message can stand for.
fn text(fill: &str, len: usize) -> String {
    fill.repeat(len.div_ceil(fill.len()))[..len].to_owned()
}

fn compression(takeover: bool) -> Compression {
    let agreement = Agreement {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Agreement::default()
    };
    Compression {
        agreement,
        policy: Arc::new(CompressionPolicy {
            threshold: 100,
            ..CompressionPolicy::default()
        }),
    }
}

/// A connection, its compressing side, and the peer that inflates.
struct Pair {
    link: FakeLink,
    connection: Connection,
    compressing: Compressing,
    inflater: Inflater,
    config: Config,
    read: usize,
}

impl Pair {
    fn new(takeover: bool) -> Self {
        Self::with(takeover, Config::default(), FakeLink::open())
    }

    fn with(takeover: bool, config: Config, link: FakeLink) -> Self {
        let compression = compression(takeover);
        let facts = Facts {
            compression: Some(Box::new(compression.clone())),
            ..testing::facts()
        };
        Self {
            connection: Connection::new(Box::new(link.clone()), facts, &config, 0, 0),
            compressing: Compressing::new(compression.compressor()),
            // A client's messages and a server's are the same.
            inflater: compression.inflater(),
            link,
            config,
            read: 0,
        }
    }

    fn send(&self, text: &str) -> Queued {
        self.connection.send(text.as_bytes(), &self.config)
    }

    /// Compresses and flushes as the task does; the turns it took.
    fn run(&mut self) -> usize {
        let mut turns = 0;
        loop {
            let turn = self.compressing.turn(&self.connection);
            if turn == TurnOutcome::Idle {
                return turns;
            }
            turns += 1;
            self.connection.flush();
        }
    }

    /// The messages that have arrived since the last call: whether each was compressed, and what it
    /// says.
    fn received(&mut self) -> Vec<(bool, String)> {
        let bytes = self.link.bytes()[self.read..].to_vec();
        self.read += bytes.len();
        let mut at = 0;
        let mut messages = Vec::new();
        for (opcode, payload) in testing::frames(&bytes) {
            let compressed = bytes[at] & 0x40 != 0;
            at += codec::frame_header(Opcode::Text, payload.len())
                .as_bytes()
                .len()
                + payload.len();
            let payload = if compressed {
                self.inflate(&payload)
            } else {
                payload
            };
            if opcode == 1 {
                messages.push((compressed, String::from_utf8(payload).unwrap()));
            }
        }
        messages
    }

    fn inflate(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = |bytes: &[u8]| -> Result<(), Corrupt> {
            out.extend_from_slice(bytes);
            Ok(())
        };
        self.inflater.push(payload, &mut sink).unwrap();
        self.inflater.finish().unwrap();
        out
    }
}

#[test]
fn messages_keep_their_order_and_small_ones_are_left_as_they_are() {
    for takeover in [false, true] {
        let mut pair = Pair::new(takeover);
        let messages: Vec<String> = [50, 5000, 99, 100, 300_000, 1, 200]
            .iter()
            .map(|&len| text("to be or not to be ", len))
            .collect();
        for message in &messages {
            pair.send(message);
        }
        // What is ready leaves at once, by any thread; the rest waits for the task.
        assert_eq!(pair.connection.flush(), Flush::Deferred);
        assert_eq!(pair.received(), [(false, messages[0].clone())]);
        pair.run();
        let expected: Vec<_> = messages[1..]
            .iter()
            .map(|message| (message.len() >= 100, message.clone()))
            .collect();
        assert_eq!(pair.received(), expected);
        assert_eq!(pair.connection.pending(), 0);
        assert_eq!(pair.connection.queued(), pair.connection.watch());
    }
}

#[test]
fn what_does_not_become_smaller_travels_as_it_is_unless_the_context_needs_it() {
    let noise: String = (0..150_u32)
        .map(|n| char::from(33 + ((n * n * 7919 + n * 104_729) >> 3) as u8 % 90))
        .collect();
    for takeover in [false, true] {
        let mut pair = Pair::new(takeover);
        pair.send(&noise);
        pair.run();
        let (compressed, received) = pair.received().remove(0);
        assert_eq!(received, noise);
        assert!(compressed || !takeover);
    }
}

#[test]
fn the_context_is_taken_over_where_that_is_agreed_on() {
    for takeover in [false, true] {
        let mut pair = Pair::new(takeover);
        let message = text("the quick brown fox jumps over the lazy dog; ", 500);
        let mut sizes = Vec::new();
        for _ in 0..2 {
            let before = pair.link.bytes().len();
            pair.send(&message);
            pair.run();
            sizes.push(pair.link.bytes().len() - before);
            assert_eq!(pair.received(), [(true, message.clone())]);
        }
        assert_eq!(sizes[1] < sizes[0] / 2, takeover, "{sizes:?}");
    }
}

#[test]
fn a_large_message_takes_several_turns_and_the_next_waits_for_it() {
    let mut pair = Pair::new(false);
    let large = text("0123456789", 1_000_000);
    pair.send(&large);
    pair.send("small");
    assert_eq!(pair.compressing.turn(&pair.connection), TurnOutcome::More);
    assert_eq!(pair.connection.flush(), Flush::Deferred);
    assert_eq!(pair.received(), []);
    assert!(pair.run() >= 3);
    assert_eq!(
        pair.received(),
        [(true, large), (false, "small".to_owned())]
    );
}

#[test]
fn a_close_frame_waits_for_the_messages_before_it() {
    let mut pair = Pair::new(false);
    pair.send(&text("a", 1000));
    assert!(pair.connection.start_close(1000, "done"));
    assert_eq!(pair.connection.flush(), Flush::Deferred);
    assert_eq!(pair.link.close(), None);
    pair.run();
    assert_eq!(pair.received(), [(true, text("a", 1000))]);
    assert_eq!(pair.link.close(), Some((1000, "done".to_owned())));
}

#[test]
fn written_counts_a_message_once_all_of_it_has_left() {
    let mut pair = Pair::with(false, Config::default(), FakeLink::with_room(20));
    let first = text("abcdefghij klmnop ", 3000);
    pair.send("tiny");
    let tiny = pair.connection.queued();
    pair.send(&first);
    let both = pair.connection.queued();
    assert!((3000..4000).contains(&(both - tiny)), "{both}");
    pair.run();
    // The small one and a part of the compressed one have left.
    assert!(pair.connection.is_blocked());
    assert!((tiny..tiny + 100).contains(&pair.connection.watch()));
    pair.link.set_room(usize::MAX);
    assert_eq!(pair.connection.flush_writable(), Flush::Drained);
    let mut told = Vec::new();
    pair.connection.report(|report| told.push(report));
    assert_eq!(told, [Report::Written(both)]);
}

#[test]
fn a_slow_peer_is_told_to_go_also_while_messages_are_being_compressed() {
    let config = Config::default();
    config.set_max_buffered_bytes(1000);
    config.set_slow_consumer(SlowConsumer::Close);
    let mut pair = Pair::with(false, config, FakeLink::open());
    let message = text("abc", 600_000);
    pair.send(&message);
    // Half compressed when the next one finds the limit reached.
    assert_eq!(pair.compressing.turn(&pair.connection), TurnOutcome::More);
    assert_eq!(pair.send("x"), Queued::Overflow);
    pair.run();
    assert_eq!(pair.received(), []);
    assert_eq!(pair.link.close(), Some((4206, "Slow consumer".to_owned())));
    assert_eq!(pair.connection.pending(), 0);
}

#[test]
fn a_peer_is_not_slow_because_compressing_does_not_keep_up() {
    let config = Config::default();
    config.set_max_buffered_bytes(10_000);
    let mut pair = Pair::with(false, config, FakeLink::open());
    let messages: Vec<String> = (0..30).map(|n| text(&format!("{n} "), 1000)).collect();
    for message in &messages {
        assert!(!matches!(pair.send(message), Queued::Overflow));
    }
    pair.run();
    let received = pair.received();
    let texts: Vec<String> = received.iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, messages);
    let compressed: Vec<bool> = received.iter().map(|(compressed, _)| *compressed).collect();
    assert!(!compressed[0] && compressed[29], "{compressed:?}");
    assert_eq!(pair.connection.watch(), pair.connection.queued());
}

#[test]
fn a_broadcast_is_compressed_once_for_all_with_the_same_parameters() {
    let message = text("news of the world, ", 4000);
    let shared = Broadcast::new(&message);
    let mut pairs = [Pair::new(false), Pair::new(false), Pair::new(true)];
    for pair in &mut pairs {
        pair.connection.send_shared(&shared, &pair.config);
        pair.run();
        assert_eq!(pair.received(), [(true, message.clone())]);
    }
    let compressible = shared.compressible();
    let compressed = compressible.compressed.lock().unwrap();
    assert_eq!(compressed.len(), 1);
    // The list, and no queue any more.
    assert_eq!(Arc::strong_count(&compressed[0].1), 1);
}
