//! The runtime of an io thread, the first as well as further ones. A turn ends before the thread waits for its
//! sockets. Then the application is woken, once for all events of the turn.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::boxed;
use crate::hub::{Hub, Workload};

use super::busy_poll::BusyPoll;

/// A runtime whose thread ends its turn whenever it is about to wait, and polls for a moment instead of
/// sleeping when the next event is likely to come soon. `end_turn` returns what is known of events then, or `None`
/// when the thread will not wait.
///
/// # Errors
/// The system's, when it cannot have a selector (epoll, kqueue).
pub fn runtime(
    hub: &Arc<Hub>,
    polls: BusyPoll,
    end_turn: impl Fn() -> Option<Workload> + Send + Sync + 'static,
) -> io::Result<Runtime> {
    let hub = Arc::clone(hub);
    let wanted = Arc::new(Notify::new());
    let poll = Arc::clone(&wanted);
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        // Scans large messages, one after the other.
        .max_blocking_threads(1)
        .thread_name("line-socket-scan")
        .on_thread_park(move || {
            let Some(workload) = end_turn() else {
                return;
            };
            if hub.config.busy_poll() && polls.goes_on(workload.events, Instant::now()) {
                poll.notify_one();
                // The application may share the core.
                std::thread::yield_now();
            }
        })
        .build()?;
    // While there is a task to run, the runtime polls the sockets without waiting for them. This task
    // has no other purpose.
    boxed::spawn_on(runtime.handle(), async move {
        loop {
            wanted.notified().await;
        }
    });
    Ok(runtime)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::time::Duration;

    use crate::hub::Batch;
    use crate::hub::{Kind, Record, Wake};

    use super::*;

    struct NoWake;

    impl Wake for NoWake {
        fn wake(&self) {}
    }

    /// How often the calling thread has slept.
    fn sleeps() -> u32 {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse().unwrap()
    }

    /// Brings an event after 100 µs of which the io thread cannot know, each time it is asked to.
    fn late_peer(mut stream: UnixStream, asked: &AtomicBool, end: &AtomicBool) {
        while !end.load(SeqCst) {
            if asked.swap(false, SeqCst) {
                let then = Instant::now();
                while then.elapsed() < Duration::from_micros(100) {
                    std::hint::spin_loop();
                }
                stream.write_all(b"!").unwrap();
            }
            std::thread::yield_now();
        }
    }

    async fn read(stream: &tokio::net::UnixStream) {
        while stream.try_read(&mut [0]).is_err() {
            stream.readable().await.unwrap();
        }
        // Found empty, the stream is waited for by the selector next time, whatever it then has.
        assert!(stream.try_read(&mut [0]).is_err());
    }

    /// How often an io thread sleeps before a late event, after many that came at once.
    async fn sleeps_for_late(hub: &Hub, stream: &UnixStream, asked: &AtomicBool) -> u32 {
        let (near, far) = tokio::net::UnixStream::pair().unwrap();
        let late = tokio::net::UnixStream::from_std(stream.try_clone().unwrap()).unwrap();
        let mut batch = Batch::default();
        far.writable().await.unwrap();
        for _ in 0..100 {
            far.try_write(b"!").unwrap();
            read(&near).await;
            // As an application that is done with the one before.
            hub.inbox.take_any(&mut batch);
            hub.inbox.mark_all_handled();
            hub.inbox.announce(|_| Record::new(Kind::Stopped, 0));
        }
        let before = sleeps();
        asked.store(true, SeqCst);
        read(&late).await;
        sleeps() - before
    }

    #[test]
    fn does_not_sleep_after_events_that_came_one_by_one() {
        let hub = Arc::new(Hub::new(Box::new(NoWake)));
        let ends = Arc::clone(&hub);
        // However late the event is on a busy machine, the thread still polls.
        let polls = BusyPoll::within(Duration::MAX);
        let runtime = runtime(&hub, polls, move || Some(ends.end_turn())).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let (asked, end) = (AtomicBool::new(false), AtomicBool::new(false));
        let trial = |polls| {
            hub.config.set_busy_poll(polls);
            runtime.block_on(sleeps_for_late(&hub, &near, &asked))
        };
        std::thread::scope(|scope| {
            scope.spawn(|| late_peer(far, &asked, &end));
            // On a busy machine the event may be there before the thread waits.
            let sleeps = (0..1000).any(|_| trial(false) > 0);
            let polling: Vec<u32> = (0..50).map(|_| trial(true)).collect();
            end.store(true, SeqCst);
            assert!(sleeps, "it sleeps where it is not to poll");
            assert_eq!(polling, [0; 50], "times that it has slept");
        });
    }
}
