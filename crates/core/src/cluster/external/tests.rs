use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::cluster::NodeId;

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
    (Arc::new(ExternalEngine::new("line", wake)), woken)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().build().unwrap();
    runtime.block_on(future)
}

/// Runs an operation of the engine beside what carries it out.
fn with_outcome(
    engine: &ExternalEngine,
    operation: Pending<'_, ()>,
    outcome: &Outcome,
) -> (Vec<Ask>, Outcome) {
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
    let (asked, outcome) = with_outcome(&engine, engine.publish(&messages), &Ok(()));
    assert_eq!(outcome, Ok(()));
    let expected = vec![
        ("line:all".to_owned(), vec![1, 2]),
        ("line:n:0000000000000000".to_owned(), vec![3]),
    ];
    assert_eq!(asked, [Ask::Publish(expected)]);
    let refused = Err(EngineError::Refused("no".into()));
    let rooms = vec![Channel::Room("a".into()), Channel::EveryRoom];
    let (asked, outcome) = with_outcome(&engine, engine.subscribe(rooms), &refused);
    assert_eq!(outcome, refused);
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
    engine.message("line:all", b"early");
    let (first, second) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
    let _ = with_outcome(&engine, engine.connect(Arc::clone(&first) as _, 1), &Ok(()));
    engine.message("line:all", b"one");
    let _ = with_outcome(
        &engine,
        engine.connect(Arc::clone(&second) as _, 2),
        &Ok(()),
    );
    engine.message("line:all", b"two");
    engine.lost(over());
    let _ = with_outcome(&engine, engine.disconnect(), &Ok(()));
    engine.message("line:all", b"late");
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
    engine.settle(call.key, Ok(()));
    // And what nobody carries out any more fails at once.
    let operation = engine.subscribe(Vec::new());
    engine.close();
    assert_eq!(block_on(operation), Err(over()));
    assert_eq!(block_on(engine.publish(&[])), Err(over()));
    assert!(engine.take_calls().is_empty());
}
