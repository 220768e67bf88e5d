use std::cell::RefCell;
use std::collections::HashSet;

use super::*;

const LIMIT: usize = 64 * 1024 * 1024;

fn history(size: usize, ttl: u64, max_replay: usize) -> History {
    let history = History::default();
    history.set_rule(
        "*",
        Rule {
            size,
            ttl,
            max_replay,
            local_when_down: false,
        },
    );
    history
}

fn open(history: &History, room: &str) -> LogKey {
    let rule = history.rule(room).unwrap();
    history.open(room, rule).unwrap()
}

fn push(history: &History, key: LogKey, bytes: usize, now: u64, limit: usize) -> Position {
    let position = history.next(key).unwrap();
    let message = Replay {
        frame: Arc::from(vec![b'x'; bytes]),
        plain_len: bytes,
    };
    history.push(key, position.tag, message, now, limit);
    position
}

fn say(history: &History, key: LogKey, now: u64) -> Position {
    push(history, key, 10, now, LIMIT)
}

#[test]
fn without_rules_it_is_off_and_empty() {
    let history = History::default();
    assert!(!history.is_on());
    assert_eq!(size_of::<History>(), 16);
    assert!(history.rule("news").is_none());
    assert!(history.message_id().is_none());
    history.bring(1, Vec::new());
    assert_eq!(history.sweep(0, |_| true).1, None);
}

#[test]
fn what_was_missed_is_found_while_it_is_kept() {
    let history = history(3, 100, 10);
    let key = open(&history, "news");
    let start = history.position(key).unwrap();
    let first = say(&history, key, 0);
    say(&history, key, 10);
    let missed = |position: &Position, now| {
        history
            .recover(key, position, LIMIT, now)
            .map(|found| found.len())
    };
    assert_eq!(missed(&start, 20), Some(2));
    assert_eq!(missed(&first, 20), Some(1));
    // Message 1 is kept for 100 ms, message 2 for 10 ms longer.
    assert_eq!(missed(&first, 110), Some(1));
    assert_eq!(missed(&start, 110), None);
    assert_eq!(missed(&first, 111), None);
    let last = say(&history, key, 120);
    assert_eq!(missed(&last, 500), Some(0));
    for now in 200..203 {
        say(&history, key, now);
    }
    assert_eq!(missed(&last, 203), Some(3));
    say(&history, key, 203);
    assert_eq!(missed(&last, 203), None);
}

#[test]
fn more_than_a_replay_is_none() {
    let history = history(10, 100, 2);
    let key = open(&history, "news");
    let first = say(&history, key, 0);
    say(&history, key, 0);
    let missed = |position: &Position, bytes| {
        history
            .recover(key, position, bytes, 0)
            .map(|found| found.len())
    };
    assert_eq!(missed(&first, 10), Some(1));
    assert_eq!(missed(&first, 9), None);
    say(&history, key, 0);
    assert_eq!(missed(&first, LIMIT), Some(2));
    say(&history, key, 0);
    assert_eq!(missed(&first, LIMIT), None);
    let rewound = |count, bytes, now| {
        let (before, messages) = history.rewind(key, count, bytes, now).unwrap();
        (before.offset, messages.len())
    };
    assert_eq!(rewound(9, LIMIT, 0), (2, 2));
    assert_eq!(rewound(1, LIMIT, 0), (3, 1));
    assert_eq!(rewound(9, 15, 0), (3, 1));
    assert_eq!(rewound(0, LIMIT, 0), (4, 0));
    assert_eq!(rewound(9, LIMIT, 500), (4, 0));
}

#[test]
fn no_two_histories_have_the_same_epoch() {
    let history = history(10, 100, 10);
    let mut epochs = HashSet::new();
    for _ in 0..3 {
        let key = open(&history, "news");
        let position = say(&history, key, 0);
        assert!(epochs.insert(position.epoch));
        history.close(key);
        assert_eq!(history.bytes(), 0);
        let again = open(&history, "news");
        say(&history, again, 0);
        say(&history, again, 0);
        assert!(history.recover(again, &position, LIMIT, 0).is_none());
        assert!(epochs.insert(history.position(again).unwrap().epoch));
        history.close(again);
    }
}

#[test]
fn a_position_of_another_room_is_refused() {
    let history = history(10, 100, 10);
    let keys = ["a", "b"].map(|room| open(&history, room));
    let positions = keys.map(|key| say(&history, key, 0));
    assert!(history.recover(keys[0], &positions[1], LIMIT, 0).is_none());
    assert!(history.recover(keys[1], &positions[0], LIMIT, 0).is_none());
}

#[test]
fn a_flood_of_one_room_does_not_empty_the_others() {
    let history = history(1_000_000, 1000, 10);
    let quiet = open(&history, "quiet");
    let loud = open(&history, "loud");
    let first = history.position(quiet).unwrap();
    let limit = 100_000;
    for _ in 0..10 {
        push(&history, quiet, 100, 0, limit);
    }
    for _ in 0..10_000 {
        push(&history, loud, 100, 0, limit);
        assert!(history.bytes() <= limit);
    }
    assert_eq!(history.recover(quiet, &first, LIMIT, 0).unwrap().len(), 10);
    // Almost all of it is of use.
    assert!(history.bytes() > limit - 200);
    // A message that is larger than all rooms may keep is kept by none.
    push(&history, loud, limit, 0, limit);
    assert!(history.bytes() <= limit);
}

#[test]
fn is_read_in_pieces() {
    let history = history(10, 100, 10);
    let key = open(&history, "news");
    let positions: Vec<_> = (0..5).map(|_| say(&history, key, 0)).collect();
    let read = |since, limit| {
        let found = history.read(key, since, limit, 0).unwrap();
        (found.messages.len(), found.position, found.complete)
    };
    assert_eq!(read(None, 10), (5, positions[4], true));
    assert_eq!(read(None, 3), (3, positions[4], false));
    assert_eq!(read(Some(&positions[1]), 2), (2, positions[3], true));
    assert_eq!(read(Some(&positions[3]), 2), (1, positions[4], true));
    assert_eq!(read(Some(&positions[4]), 2), (0, positions[4], true));
    assert_eq!(read(Some(&positions[1]), 0), (0, positions[1], true));
    let forged = Position {
        tag: !positions[1].tag,
        ..positions[1]
    };
    assert_eq!(read(Some(&forged), 2), (2, positions[4], false));
    assert_eq!(history.read(key, None, 10, 101).unwrap().messages.len(), 0);
    assert!(!history.read(key, None, 10, 101).unwrap().complete);
}

#[test]
fn a_room_without_members_keeps_its_history_for_its_ttl() {
    let history = history(10, 5000, 10);
    let key = open(&history, "news");
    say(&history, key, 0);
    let members = RefCell::new(true);
    let sweep = |now| history.sweep(now, |_| *members.borrow()).0.len();
    assert_eq!(sweep(100_000), 0);
    assert_eq!(history.bytes(), 0, "the message is too old");
    members.replace(false);
    assert_eq!(sweep(101_000), 0);
    assert_eq!(sweep(106_000), 0);
    assert!(!history.is_over(key, 106_000));
    // Somebody was there for a moment.
    members.replace(true);
    assert_eq!(sweep(106_500), 0);
    members.replace(false);
    assert_eq!(sweep(107_000), 0);
    assert_eq!(sweep(112_000), 0);
    // A message counts as well.
    say(&history, key, 112_000);
    assert_eq!(sweep(113_000), 0);
    assert_eq!(sweep(118_000), 0);
    assert_eq!(sweep(118_001), 1);
    assert!(history.is_over(key, 118_001));
    history.close(key);
    assert_eq!(history.sweep(119_000, |_| false).1, None);
}

#[test]
fn a_sweep_looks_at_all_rooms_in_small_steps() {
    let history = history(10, 10, 10);
    for room in 0..3000 {
        open(&history, &room.to_string());
    }
    let mut over = HashSet::new();
    for step in 0..20 {
        let (found, next) = history.sweep(step * 100, |_| false);
        assert!(found.len() <= SWEEP_STEP);
        over.extend(found.into_iter().map(|(name, _)| name));
        assert!(next.is_some_and(|next| next <= SWEEP_PAUSE));
    }
    assert_eq!(over.len(), 3000);
}

#[test]
fn only_positions_of_rooms_with_history_are_kept() {
    let history = History::default();
    let rule = Rule {
        size: 1,
        ttl: 1,
        max_replay: 1,
        local_when_down: false,
    };
    history.set_rule("news", rule);
    let key = open(&history, "news");
    let position = history.position(key).unwrap();
    history.bring(
        1,
        vec![("news".into(), position), ("other".into(), position)],
    );
    assert_eq!(history.take_brought(1, "other"), None);
    assert_eq!(history.take_brought(1, "news"), Some(position));
    history.bring(2, vec![("news".into(), position)]);
    history.forget_brought(2);
    assert_eq!(history.take_brought(2, "news"), None);
}

#[test]
fn ids_of_messages_differ() {
    let servers = [history(1, 1, 1), history(1, 1, 1)];
    let ids = servers
        .iter()
        .flat_map(|history| (0..100).filter_map(|_| history.message_id()));
    assert_eq!(ids.collect::<HashSet<_>>().len(), 200);
}
