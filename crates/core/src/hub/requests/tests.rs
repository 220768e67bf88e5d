use std::collections::BTreeMap;

use super::*;
use crate::hub::config::Config;
use crate::hub::connection::ConnectionRef;
use crate::hub::testing::{FakeLink, facts};

const MOST: usize = 1 << 20;

fn connections(count: u32) -> Vec<ConnectionRef> {
    let connections = (0..count).map(|slot| {
        let link = Box::new(FakeLink::open());
        let connection = Connection::new(link, facts(), &Config::default(), slot.into(), 0);
        connection.set_slot(slot);
        Arc::new(connection)
    });
    connections.collect()
}

fn begin(requests: &Requests, key: u32, asked: &[ConnectionRef], at_least: usize) -> bool {
    let asked = asked.iter().map(|connection| {
        let id: Arc<str> = connection.serial().to_string().into();
        (connection.slot(), connection.serial(), id)
    });
    requests.begin(key, asked, at_least, MOST, false)
}

/// Whether the request is complete with an answer.
fn answer(
    requests: &Requests,
    key: u32,
    connection: &Connection,
    payload: Option<&str>,
    error: Option<&str>,
    most: usize,
) -> bool {
    requests.answer(key, connection, payload, error, most) == Progress::Complete
}

/// Takes all parts as one.
fn take(requests: &Requests, key: u32) -> Answers {
    let mut all = Answers::default();
    loop {
        let part = requests.take(key).unwrap();
        all.responses.extend(part.responses);
        all.errors.extend(part.errors);
        all.too_large.extend(part.too_large);
        all.silent.extend(part.silent);
        if !part.more {
            return all;
        }
    }
}

#[test]
fn a_request_is_complete_once_when_all_have_answered_or_left() {
    let requests = Requests::default();
    let asked = connections(3);
    assert!(begin(&requests, 7, &asked, usize::MAX));
    assert!(
        !begin(&requests, 7, &asked, usize::MAX),
        "the key is in use"
    );
    assert!(!answer(&requests, 7, &asked[0], Some("1"), None, MOST));
    assert!(
        !answer(&requests, 7, &asked[0], Some("2"), None, MOST),
        "again"
    );
    assert!(
        !answer(&requests, 8, &asked[1], Some("1"), None, MOST),
        "no such request"
    );
    assert!(requests.is_waiting_for(&asked[1]) && !requests.is_waiting_for(&asked[0]));
    assert!(requests.left(&asked[0]).is_empty(), "it has answered");
    assert!(requests.left(&asked[1]).is_empty());
    assert!(
        !answer(&requests, 7, &asked[1], Some("1"), None, MOST),
        "it has left"
    );
    assert!(answer(&requests, 7, &asked[2], None, Some("\"no\""), MOST));
    let answers = take(&requests, 7);
    assert_eq!(answers.responses, [("0".into(), Some("1".into()))]);
    assert_eq!(answers.errors, [("2".into(), "\"no\"".into())]);
    assert_eq!(answers.silent, ["1"].map(Arc::from));
    assert_eq!(requests.take(7), None);
    assert!(!answer(&requests, 7, &asked[2], Some("1"), None, MOST));
    let state = requests.lock();
    assert_eq!((state.asked, state.bytes, state.requests.len()), (0, 0, 0));
}

#[test]
fn a_later_connection_in_the_slot_of_one_that_was_asked_does_not_count() {
    let requests = Requests::default();
    let asked = connections(1);
    assert!(begin(&requests, 1, &asked, usize::MAX));
    let link = Box::new(FakeLink::open());
    let later = Connection::new(link, facts(), &Config::default(), 99, 0);
    later.set_slot(0);
    assert!(!answer(&requests, 1, &later, Some("1"), None, MOST));
    assert!(requests.left(&later).is_empty() && !requests.is_waiting_for(&later));
    assert_eq!(requests.left(&asked[0]), [1]);
}

#[test]
fn enough_answers_complete_it_and_errors_are_answers() {
    let requests = Requests::default();
    let asked = connections(5);
    assert!(begin(&requests, 1, &asked, 2));
    assert!(!answer(&requests, 1, &asked[4], Some("1"), None, MOST));
    assert!(requests.left(&asked[3]).is_empty());
    assert!(answer(&requests, 1, &asked[2], None, Some("2"), MOST));
    assert!(
        !answer(&requests, 1, &asked[1], Some("3"), None, MOST),
        "late"
    );
    let mut answers = take(&requests, 1);
    answers.silent.sort();
    assert_eq!(answers.silent, ["0", "1", "3"].map(Arc::from));
}

#[test]
fn bytes_and_questions_are_bounded() {
    let requests = Requests::default();
    let asked = connections(3);
    let ids = |asked: &[ConnectionRef]| {
        let asked = asked
            .iter()
            .map(|one| (one.slot(), one.serial(), "x".into()));
        asked.collect::<Vec<_>>().into_iter()
    };
    assert!(
        requests.begin(1, ids(&asked), 9, 100, false),
        "one is always allowed"
    );
    assert!(!requests.begin(2, ids(&asked[..1]), 9, 100, false));
    let (large, small) = ("x".repeat(90), "y".repeat(20));
    answer(&requests, 1, &asked[0], Some(&large), None, 100);
    answer(&requests, 1, &asked[1], Some(&small), None, 100);
    assert!(answer(&requests, 1, &asked[2], None, None, 100));
    let answers = take(&requests, 1);
    assert_eq!((answers.responses.len(), answers.too_large.len()), (2, 1));
    assert!(
        requests.begin(2, ids(&asked), 9, 100, false),
        "there is room again"
    );
}

#[test]
fn a_large_answer_is_dropped_for_smaller_ones() {
    let requests = Requests::default();
    let asked = connections(5);
    assert!(begin(&requests, 1, &asked[..2], usize::MAX));
    assert!(begin(&requests, 2, &asked, usize::MAX));
    let (larger, large) = ("x".repeat(999), "y".repeat(600));
    answer(&requests, 1, &asked[0], None, Some(&larger), 1000);
    answer(&requests, 2, &asked[0], Some(&larger), None, 1000);
    assert_eq!(requests.lock().bytes, 999, "it is not smaller");
    answer(&requests, 2, &asked[1], Some(&large), None, 1000);
    answer(&requests, 2, &asked[2], Some("small"), None, 1000);
    answer(&requests, 2, &asked[3], Some(&large), None, 1000);
    assert_eq!(requests.lock().bytes, 605);
    let first = take(&requests, 1);
    assert_eq!((first.errors.len(), first.too_large.len()), (0, 1));
    let second = take(&requests, 2);
    assert_eq!((second.responses.len(), second.too_large.len()), (2, 2));
    let state = requests.lock();
    assert_eq!((state.asked, state.bytes, state.large.len()), (0, 0, 0));
}

#[test]
fn five_thousand_answers_are_given_in_parts_and_each_once() {
    let requests = Requests::default();
    let asked = connections(5000);
    assert!(begin(&requests, 1, &asked, usize::MAX));
    let payload = "x".repeat(50);
    let complete = asked
        .iter()
        .filter(|one| answer(&requests, 1, one, Some(&payload), None, MOST));
    assert_eq!(complete.count(), 1);
    let mut parts = 0;
    let mut seen = BTreeMap::new();
    loop {
        let part = requests.take(1).unwrap();
        parts += 1;
        for (id, _) in part.responses {
            *seen.entry(id).or_insert(0) += 1;
        }
        if !part.more {
            break;
        }
    }
    assert!((5000 * 114 / PART..20).contains(&parts), "{parts}");
    assert_eq!(seen.len(), 5000);
    assert!(seen.values().all(|&times| times == 1));
}

#[test]
fn an_answer_that_no_string_of_javascript_could_hold_is_dropped_and_the_others_are_kept() {
    let requests = Requests::default();
    let asked = connections(2);
    assert!(begin(&requests, 1, &asked, usize::MAX));
    let large = "x".repeat(LARGEST + 1);
    assert!(!answer(
        &requests,
        1,
        &asked[0],
        Some(&large),
        None,
        usize::MAX
    ));
    assert!(answer(&requests, 1, &asked[1], Some("1"), None, usize::MAX));
    let answers = take(&requests, 1);
    assert_eq!(answers.too_large.len(), 1);
    assert_eq!(answers.responses.len(), 1);
}
