use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use futures::task::noop_waker;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use super::*;

/// Notes when it is dropped.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Becomes ready so many times, and notes each.
struct Ticks {
    left: usize,
    done: Arc<AtomicUsize>,
}

impl Future for Ticks {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        self.done.fetch_add(1, SeqCst);
        // Twice, which counts once.
        context.waker().wake_by_ref();
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn run(tasks: &Tasks) -> bool {
    tasks.run_ready(&noop_waker(), |count| count < TASKS_A_LOOK)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

#[test]
fn a_task_that_wakes_itself_waits_for_the_others() {
    let tasks = Arc::<Tasks>::default();
    let all: Vec<_> = (0..=TASKS_A_LOOK)
        .map(|_| Arc::<AtomicUsize>::default())
        .collect();
    for done in &all {
        let done = Arc::clone(done);
        tasks.spawn(Ticks { left: 2, done });
    }
    let counts = || all.iter().map(|done| done.load(SeqCst)).collect::<Vec<_>>();
    let mut expected = vec![1; TASKS_A_LOOK];
    expected.push(0);
    assert!(run(&tasks));
    assert_eq!(counts(), expected, "the last is one too many");
    assert!(run(&tasks));
    assert_eq!(counts(), [1; TASKS_A_LOOK + 1]);
    while tasks.ready_count() > 0 {
        assert!(run(&tasks));
    }
    assert_eq!(counts(), [2; TASKS_A_LOOK + 1]);
    assert!(!run(&tasks));
}

#[test]
fn a_task_runs_with_the_sockets_of_the_runtime_and_is_dropped_when_it_has_ended() {
    let tasks = Arc::<Tasks>::default();
    let is_dropped = Arc::<AtomicBool>::default();
    let held = Held(Arc::clone(&is_dropped));
    runtime().block_on(async {
        let (mut near, far) = UnixStream::pair().unwrap();
        tasks.spawn(Box::pin(async move {
            let _held = held;
            far.writable().await.unwrap();
            far.try_write(b"!").unwrap();
        }));
        let mut byte = [0];
        tasks.run_beside(near.read_exact(&mut byte)).await.unwrap();
        assert_eq!(&byte, b"!");
        let end = tasks.run_beside(near.read(&mut byte)).await;
        assert_eq!(end.unwrap(), 0);
    });
    assert!(is_dropped.load(SeqCst));
}

#[test]
fn a_panic_ends_one_task() {
    let tasks = Arc::<Tasks>::default();
    let is_dropped = Arc::<AtomicBool>::default();
    let (held, done) = (Held(Arc::clone(&is_dropped)), Arc::<AtomicUsize>::default());
    tasks.spawn(Box::pin(async move {
        let _held = held;
        panic!("as a test wants it");
    }));
    tasks.spawn(Ticks {
        left: 1,
        done: Arc::clone(&done),
    });
    run(&tasks);
    assert!(is_dropped.load(SeqCst));
    assert_eq!(done.load(SeqCst), 1);
}

#[test]
fn a_wake_from_another_thread_is_never_lost() {
    let tasks = Arc::<Tasks>::default();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let (ended, is_ended) = tokio::sync::oneshot::channel();
    tasks.spawn(Box::pin(async move {
        for expected in 0..100_000 {
            assert_eq!(receiver.recv().await, Some(expected));
        }
        ended.send(()).unwrap();
    }));
    let sending = std::thread::spawn(move || {
        for number in 0..100_000 {
            sender.send(number).unwrap();
            if number % 7 == 0 {
                std::thread::yield_now();
            }
        }
    });
    runtime().block_on(tasks.run_beside(is_ended)).unwrap();
    sending.join().unwrap();
}

#[test]
fn those_that_wait_for_a_runtime_end_with_it() {
    let tasks = Arc::<Tasks>::default();
    let is_dropped = Arc::<AtomicBool>::default();
    let held = Held(Arc::clone(&is_dropped));
    let runtime = runtime();
    let _peer = runtime.block_on(async {
        let (near, mut far) = UnixStream::pair().unwrap();
        tasks.spawn(Box::pin(async move {
            let _held = held;
            // What it reads after the end is an error.
            let _ = far.read(&mut [0]).await;
            std::future::pending::<()>().await;
        }));
        tasks.run_beside(tokio::task::yield_now()).await;
        near
    });
    assert!(!is_dropped.load(SeqCst));
    drop(runtime);
    tasks.end();
    assert!(is_dropped.load(SeqCst));
    tasks.spawn(std::future::ready(()));
    assert_eq!(tasks.ready_count(), 0, "nobody would run it");
}
