//! The io thread is a thread of the test, and the application's thread is the test itself. The "connection" is a task that makes
//! one event of each byte.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicUsize;

use crate::hub::{Batch, Kind, Record, Wake};

use std::future::poll_fn;

use tokio::sync::oneshot;

use super::streak::Pace;
use super::*;

#[derive(Default)]
struct Bell(Arc<AtomicUsize>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

struct World {
    hub: Arc<Hub>,
    driver: Arc<Driver>,
    peers: Vec<UnixStream>,
    batch: Batch,
    /// Dropping it ends the io thread.
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl World {
    fn new() -> Self {
        let hub = Arc::new(Hub::new(Box::new(Bell::default())));
        // Then turns with one event count, too. Where both threads have one core, there are no others.
        hub.config.set_busy_poll(false);
        let driver = Arc::new(Driver::new(&hub).unwrap());
        // Any turns make a streak, so that a busy machine has one, too.
        lock(&driver.lending.streak).pace = Pace {
            window: Duration::MAX,
            light: u64::MAX,
        };
        let mut peers = Vec::new();
        for _ in 0..2 {
            let (near, far) = UnixStream::pair().unwrap();
            far.set_nonblocking(true).unwrap();
            let hub = Arc::clone(&hub);
            let _runtime = driver.enter();
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            driver.tasks().spawn(Box::pin(receive(hub, far)));
            peers.push(near);
        }
        let theirs = Arc::clone(&driver);
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            theirs.run(async {
                let _ = ended.await;
            });
            theirs.end();
        });
        let (end, thread) = (Some(end), Some(thread));
        Self {
            hub,
            driver,
            peers,
            batch: Batch::default(),
            end,
            thread,
        }
    }

    /// Both peers send, and the application handles what comes of it. Returns the selector if the sockets are lent then.
    fn exchange(&mut self) -> Option<i32> {
        let goal = self.hub.inbox.end_turn().events + 2;
        for peer in &mut self.peers {
            peer.write_all(b"!").unwrap();
        }
        self.handle(goal);
        self.driver.accept()
    }

    /// Handles events until there have been so many.
    fn handle(&mut self, goal: u64) {
        let began = Instant::now();
        let mut handled = false;
        while !handled {
            assert!(began.elapsed() < Duration::from_secs(10), "no events");
            handled = self.hub.inbox.end_turn().events >= goal;
            if self.hub.inbox.take_any(&mut self.batch).is_some() {
                self.hub.inbox.mark_all_handled();
            }
            std::hint::spin_loop();
        }
    }

    fn until_lent(&mut self) -> i32 {
        self.driver.allow();
        (0..1000).find_map(|_| self.exchange()).expect("never lent")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.end.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// As the task of a connection does.
async fn receive(hub: Arc<Hub>, stream: tokio::net::UnixStream) {
    poll_fn(|context| {
        loop {
            match stream.poll_read_ready(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => match stream.try_read(&mut [0]) {
                    Ok(0) => return Poll::Ready(()),
                    Ok(_) => hub.inbox.announce(|_| Record::new(Kind::Stopped, 0)),
                    Err(_) => {}
                },
            }
        }
    })
    .await;
}

#[test]
fn a_turn_of_the_application_brings_what_is_ready() {
    let mut world = World::new();
    world.until_lent();
    let before = world.hub.inbox.end_turn().events;
    world.peers[0].write_all(b"!").unwrap();
    while world.driver.turn() == Turn::Done && world.hub.inbox.end_turn().events == before {}
    // The io thread may have had the turn.
    world.handle(before + 1);
}

#[test]
fn is_taken_back_from_an_application_that_does_not_drive() {
    let mut world = World::new();
    world.until_lent();
    let goal = world.hub.inbox.end_turn().events + 2;
    for peer in &mut world.peers {
        peer.write_all(b"!").unwrap();
    }
    // The io thread reads this although nobody drives.
    world.handle(goal);
    while world.hub.is_lent() {
        std::thread::sleep(LOOK);
    }
    assert_eq!(world.driver.turn(), Turn::TakenBack);
    assert_eq!(world.driver.accept(), None);
    world.exchange();
}

#[test]
fn is_given_back_after_many_events() {
    let mut world = World::new();
    world.until_lent();
    for _ in 0..100 {
        world.hub.inbox.announce(|_| Record::new(Kind::Stopped, 0));
    }
    let now = Instant::now();
    world.driver.end_turn(now, now, 0);
    assert_eq!(world.driver.turn(), Turn::TakenBack);
    world.exchange();
}

#[test]
fn ends_while_it_is_lent() {
    let mut world = World::new();
    world.until_lent();
    drop(world.end.take());
    world.thread.take().unwrap().join().unwrap();
    assert_eq!(world.driver.turn(), Turn::TakenBack);
    assert!(world.driver.with(|_| ()).is_none());
}

#[test]
fn is_not_lent_without_permission() {
    let mut world = World::new();
    for _ in 0..1000 {
        assert_eq!(world.exchange(), None);
    }
    world.until_lent();
    world.driver.forbid();
    assert_eq!(world.driver.turn(), Turn::TakenBack);
    for _ in 0..1000 {
        assert_eq!(world.exchange(), None);
    }
}

/// Events that take so many nanoseconds.
fn workload(events: u64, unit_time: u64) -> Workload {
    Workload { events, unit_time }
}

#[test]
fn a_streak_is_of_turns_with_few_light_events_that_follow_one_another() {
    let turns = |events: u64, unit_time: u64, apart: u64, lone_count: bool| {
        let (mut streak, mut now, mut all) = (Streak::default(), Instant::now(), 0);
        for _ in 0..1000 {
            now += Duration::from_micros(apart);
            all += events;
            let workload = workload(all, unit_time);
            assert!(streak.note(workload, now, lone_count));
            assert!(!streak.note(workload, now, lone_count), "nothing is new");
            if streak.is_complete() {
                return true;
            }
        }
        false
    };
    assert!(turns(4, 5000, 100, false));
    assert!(turns(8, 5000, 100, false));
    assert!(!turns(9, 5000, 100, false), "many events");
    assert!(!turns(4, 5000, 1000, false), "slow clients");
    assert!(!turns(4, 60_000, 100, false), "handlers that take long");
    assert!(
        !turns(1, 5000, 100, false),
        "one client, for which the io thread polls"
    );
    assert!(
        turns(1, 5000, 100, true),
        "one client, for which it does not poll"
    );
}

#[test]
fn the_application_goes_on_while_events_are_few_and_light_and_not_lone() {
    let mut streak = Streak::default();
    let mut all = 0;
    let now = Instant::now();
    let mut goes_on = |events: u64, unit_time: u64, lone_count| {
        all += events;
        let effort = Effort {
            now,
            is_long: false,
            workload: workload(all, unit_time),
        };
        streak.goes_on(effort, lone_count)
    };
    assert!((0..1000).all(|_| goes_on(4, 5000, false)));
    assert!((0..1000).all(|_| goes_on(1, 5000, true)));
    assert!((0..1000).all(|turn| goes_on(1 + turn % 4 / 3, 5000, false)));
    assert!(!(0..1000).all(|_| goes_on(1, 5000, false)));
    assert!(goes_on(16, 5000, false));
    assert!(!goes_on(17, 5000, false));
    assert!(
        (0..10).all(|_| goes_on(4, 500_000, false)),
        "a few may take long"
    );
    assert!(!(0..100).all(|_| goes_on(4, 500_000, false)));
    assert!(goes_on(4, 5000, false));
}

#[test]
fn the_application_does_not_work_for_peers_that_send_no_events() {
    let now = Instant::now();
    // What is not the application's: turns that bring nothing, and those that take long.
    for (events, is_long, turns) in [(0, false, 64), (2, true, 4)] {
        let mut streak = Streak::default();
        let mut all = 0;
        let mut effort = |is_long, events| {
            all += events;
            Effort {
                now,
                is_long,
                workload: workload(all, 5000),
            }
        };
        for turn in 1..turns {
            assert!(streak.goes_on(effort(is_long, events), false), "{turn}");
        }
        // Others are between them.
        for _ in 0..100 {
            assert!(streak.goes_on(effort(false, 2), false));
        }
        for _ in 1..turns {
            assert!(streak.goes_on(effort(is_long, events), false));
        }
        assert!(!streak.goes_on(effort(is_long, events), false));
        streak.restart();
        let mut is_complete_after = |pause: Duration| {
            (1..1000).any(|turn| {
                let now = now + pause + Duration::from_micros(100) * turn;
                let Effort { workload, .. } = effort(false, 4);
                streak.note(workload, now, false);
                streak.is_complete()
            })
        };
        assert!(!is_complete_after(Duration::ZERO));
        assert!(is_complete_after(Duration::from_secs(1)));
    }
}
