use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::cluster::{AppendId, NodeId};

#[derive(Default)]
struct Heard {
    messages: Mutex<Vec<(String, Vec<u8>)>>,
    losses: Mutex<Vec<u64>>,
}

impl Sink for Heard {
    fn message(&self, channel: &str, data: &[u8]) {
        let message = (channel.to_owned(), data.to_owned());
        self.messages.lock().unwrap().push(message);
    }

    fn oversized(&self, _: &str) {}

    fn lost(&self, generation: u64, _: EngineError) {
        self.losses.lock().unwrap().push(generation);
    }
}

fn engine() -> (Arc<ExternalEngine>, Arc<AtomicUsize>) {
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let wake = Box::new(move || {
        count.fetch_add(1, Relaxed);
    });
    (Arc::new(ExternalEngine::new("line", true, wake)), woken)
}

/// The outcome of what was done.
const DONE: Outcome = Ok(Answer::Done);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().build().unwrap();
    runtime.block_on(future)
}

/// Runs an operation of the engine beside what carries it out.
fn with_outcome<T>(
    engine: &ExternalEngine,
    operation: Pending<'_, T>,
    outcome: &Outcome,
) -> (Vec<Ask>, Result<T, EngineError>) {
    block_on(async {
        let calls = engine.take_calls();
        for call in &calls {
            engine.settle(call.key, outcome.clone());
        }
        let asked = calls.into_iter().map(|call| call.ask).collect();
        (asked, operation.await)
    })
}

#[test]
fn what_is_asked_becomes_calls_with_outcomes() {
    let (engine, woken) = engine();
    let messages = [
        Publication {
            channel: Channel::Everyone,
            data: vec![1, 2],
        },
        Publication {
            channel: Channel::Node(NodeId([0; 8])),
            data: vec![3],
        },
    ];
    let (asked, outcome) = with_outcome(&engine, engine.publish(&messages), &DONE);
    assert_eq!(outcome, Ok(()));
    let expected = vec![
        ("line:all".to_owned(), vec![1, 2]),
        ("line:n:0000000000000000".to_owned(), vec![3]),
    ];
    assert_eq!(asked, [Ask::Publish(expected)]);
    let refused = EngineError::Refused("no".into());
    let rooms = vec![Channel::Room("a".into()), Channel::EveryRoom];
    let (asked, outcome) = with_outcome(&engine, engine.subscribe(rooms), &Err(refused.clone()));
    assert_eq!(outcome, Err(refused));
    let expected = vec!["line:r:a".to_owned(), "line:r:*".to_owned()];
    assert_eq!(asked, [Ask::Subscribe(expected)]);
    assert_eq!(woken.load(Relaxed), 2);
}

#[test]
fn one_wake_announces_several_calls() {
    let (engine, woken) = engine();
    let _first = engine.subscribe(Vec::new());
    let _second = engine.unsubscribe(Vec::new());
    assert_eq!(woken.load(Relaxed), 1);
    assert_eq!(engine.take_calls().len(), 2);
    let _third = engine.disconnect();
    assert_eq!(woken.load(Relaxed), 2);
}

#[test]
fn what_comes_goes_to_the_sink_of_the_last_connection() {
    let (engine, _) = engine();
    engine.message("line:all", b"early", None);
    let (first, second) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
    let _ = with_outcome(&engine, engine.connect(Arc::clone(&first) as _, 1), &DONE);
    engine.message("line:all", b"one", None);
    let _ = with_outcome(&engine, engine.connect(Arc::clone(&second) as _, 2), &DONE);
    engine.message("line:all", b"two", None);
    engine.lost(over());
    let _ = with_outcome(&engine, engine.disconnect(), &DONE);
    engine.message("line:all", b"late", None);
    engine.lost(over());
    let heard = |sink: &Heard| sink.messages.lock().unwrap().clone();
    let all = "line:all".to_owned();
    assert_eq!(heard(&first), [(all.clone(), b"one".to_vec())]);
    assert_eq!(heard(&second), [(all, b"two".to_vec())]);
    assert!(first.losses.lock().unwrap().is_empty());
    assert_eq!(*second.losses.lock().unwrap(), [2]);
}

#[test]
fn nobody_waits_for_what_is_given_up() {
    let (engine, _) = engine();
    let operation = engine.subscribe(Vec::new());
    let [call] = engine.take_calls().try_into().unwrap();
    drop(operation);
    assert!(engine.state().waiting.is_empty());
    engine.settle(call.key, DONE);
    // And what nobody carries out any more fails at once.
    let operation = engine.subscribe(Vec::new());
    engine.close();
    assert_eq!(block_on(operation), Err(over()));
    assert_eq!(block_on(engine.publish(&[])), Err(over()));
    assert!(engine.take_calls().is_empty());
}

fn position(offset: u64) -> Position {
    Position {
        epoch: 36,
        offset,
        tag: 0x1f,
    }
}

#[test]
fn histories_are_asked_for_as_they_are_written() {
    let (engine, _) = engine();
    let entry = Append {
        room: "news".into(),
        id: Some(AppendId {
            node: NodeId([1; 8]),
            batch: 2,
            index: 3,
        }),
        data: vec![7],
        tag: 0x1f,
        new_epoch: 36,
        size: 5,
        ttl: 60_000,
    };
    let head = Head {
        room: "x".repeat(201).into(),
        new_epoch: 1,
        ttl: 5,
    };
    let refused = || Err(EngineError::Refused("too large".into()));
    let history = AskedHead {
        channel: "line:r:news".into(),
        epoch: "10".into(),
        ttl: 60_000,
    };
    let asked_entry = AskedEntry {
        history,
        data: vec![7],
        tag: "1f".into(),
        id: "0101010101010101:2:3".into(),
        size: 5,
    };
    let entries = [entry.clone(), entry];
    let answer = Ok(Answer::Positions(vec![Ok(position(1)), refused()]));
    let (asked, outcome) = with_outcome(
        &engine,
        engine.append(&entries.iter().collect::<Vec<_>>()),
        &answer,
    );
    assert_eq!(asked, [Ask::Append(vec![asked_entry.clone(), asked_entry])]);
    assert_eq!(outcome, Ok(vec![Ok(position(1)), refused()]));
    let answer = Ok(Answer::Positions(vec![Ok(position(1))]));
    let (asked, outcome) = with_outcome(&engine, engine.heads(vec![head]), &answer);
    let [Ask::Heads(heads)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert!(heads[0].channel.starts_with("line:r:~"));
    assert_eq!((heads[0].epoch.as_str(), heads[0].ttl), ("1", 5));
    assert_eq!(outcome, Ok(vec![position(1)]));
    let kept = Kept {
        head: Some(position(2)),
        messages: vec![(position(2), vec![7])],
    };
    let answer = Ok(Answer::Kept(kept.clone()));
    let (asked, outcome) = with_outcome(&engine, engine.read("news".into(), Some(1), 10), &answer);
    let expected = Ask::Read {
        channel: "line:r:news".into(),
        after: Some(1),
        limit: 10,
    };
    assert_eq!((asked, outcome), (vec![expected], Ok(kept)));
}

#[test]
fn an_answer_to_something_else_is_a_lost_connection() {
    let (engine, _) = engine();
    let head = || Head {
        room: "news".into(),
        new_epoch: 1,
        ttl: 5,
    };
    let lost = |outcome: EngineError| matches!(outcome, EngineError::Lost { .. });
    for answer in [DONE, Ok(Answer::Positions(vec![Ok(position(1)); 2]))] {
        let (_, heads) = with_outcome(&engine, engine.heads(vec![head()]), &answer);
        assert!(lost(heads.unwrap_err()));
        let (_, kept) = with_outcome(&engine, engine.read("news".into(), None, 1), &answer);
        assert!(lost(kept.unwrap_err()));
        let (_, appended) = with_outcome(&engine, engine.append(&[]), &answer);
        assert!(lost(appended.unwrap_err()));
    }
}

#[test]
fn a_kept_message_comes_with_its_position() {
    let (engine, _) = engine();
    let heard = Arc::new(Heard::default());
    let _ = with_outcome(&engine, engine.connect(Arc::clone(&heard) as _, 1), &DONE);
    engine.message("line:r:news", b"{}", Some("10:1:1f"));
    engine.message("line:r:news", b"{}", Some(&"x".repeat(300)));
    engine.message("line:r:news", b"{}", Some(""));
    let heard = heard.messages.lock().unwrap();
    let read = |index: usize| wire::read(&heard[index].1);
    let expected = wire::Message::Kept {
        position: position(1),
        message: b"{}",
    };
    assert_eq!(read(0), Ok(expected));
    assert_eq!(read(1), Err(wire::Unreadable::Malformed));
    assert_eq!(read(2), Err(wire::Unreadable::Malformed));
}
