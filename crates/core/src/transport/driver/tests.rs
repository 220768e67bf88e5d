//! The io thread is a thread of the test, and the application's thread is the test itself. The "connection" is a task that makes
//! one event of each byte.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicUsize;

use crate::hub::{Batch, Kind, Record, Wake};

use super::super::runtime::lendable_runtime;
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
    ends: Option<Ends>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl World {
    fn new() -> Self {
        let hub = Arc::new(Hub::new(Box::new(Bell::default())));
        let lending = Arc::new(Lending::new(&hub));
        let runtime = lendable_runtime(&hub, &lending).unwrap();
        let driver = Arc::new(Driver::new(runtime, lending));
        let mut peers = Vec::new();
        for _ in 0..2 {
            let (near, far) = UnixStream::pair().unwrap();
            far.set_nonblocking(true).unwrap();
            let hub = Arc::clone(&hub);
            driver.with(|runtime| {
                let _runtime = runtime.enter();
                let far = tokio::net::UnixStream::from_std(far).unwrap();
                runtime.spawn(receive(hub, far));
            });
            peers.push(near);
        }
        let driven = Arc::clone(&driver);
        let thread = std::thread::spawn(move || {
            driven.run();
            driven.end();
        });
        let ends = Some(Ends(Arc::clone(&driver)));
        let thread = Some(thread);
        Self {
            hub,
            driver,
            peers,
            batch: Batch::default(),
            ends,
            thread,
        }
    }

    /// Both peers send, and the application handles what comes of it. Returns the selector if the sockets are lent then.
    fn exchange(&mut self) -> Option<i32> {
        let goal = self.hub.inbox.events() + 2;
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
            handled = self.hub.inbox.events() >= goal;
            if self.hub.inbox.take_any(&mut self.batch).is_some() {
                self.hub.inbox.mark_all_handled();
            }
            std::hint::spin_loop();
        }
    }

    fn until_lent(&mut self) -> i32 {
        self.driver.allow();
        // A busy machine makes pauses between turns.
        (0..100_000)
            .find_map(|_| self.exchange())
            .expect("never lent")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.ends.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// As the task of a connection does: its wakes count.
async fn receive(hub: Arc<Hub>, stream: tokio::net::UnixStream) {
    poll_fn(|context| {
        counting(context, |context| {
            loop {
                let mut byte = [0];
                let mut target = tokio::io::ReadBuf::new(&mut byte);
                match stream.poll_read_ready(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(_) => match stream.try_read(target.initialize_unfilled()) {
                        Ok(0) => return Poll::Ready(()),
                        Ok(_) => hub.inbox.announce(|_| Record::new(Kind::Stopped, 0)),
                        Err(_) => {}
                    },
                }
            }
        })
    })
    .await;
}

#[test]
fn a_turn_of_the_application_brings_what_is_ready() {
    let mut world = World::new();
    world.until_lent();
    let before = world.hub.inbox.events();
    world.peers[0].write_all(b"!").unwrap();
    while world.driver.turn(false) == Turn::Done && world.hub.inbox.events() == before {}
    // The io thread may have had the turn.
    world.handle(before + 1);
}

#[test]
fn is_taken_back_from_an_application_that_does_not_drive() {
    let mut world = World::new();
    world.until_lent();
    assert!(world.hub.is_lent());
    let goal = world.hub.inbox.events() + 2;
    for peer in &mut world.peers {
        peer.write_all(b"!").unwrap();
    }
    // The io thread reads this although nobody drives.
    world.handle(goal);
    while world.hub.is_lent() {
        std::thread::sleep(LOOK);
    }
    assert_eq!(world.driver.turn(false), Turn::TakenBack);
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
    world.driver.end_turn();
    assert_eq!(world.driver.turn(false), Turn::TakenBack);
    world.exchange();
}

#[test]
fn ends_while_it_is_lent() {
    let mut world = World::new();
    world.until_lent();
    drop(world.ends.take());
    world.thread.take().unwrap().join().unwrap();
    assert_eq!(world.driver.turn(false), Turn::TakenBack);
    assert!(world.driver.with(|_| ()).is_none());
}

#[test]
fn is_not_lent_without_permission() {
    let mut world = World::new();
    for _ in 0..1000 {
        assert_eq!(world.exchange(), None);
    }
}

#[test]
fn a_streak_is_of_turns_with_few_events_that_follow_one_another() {
    let turns = |events: u64, apart: u64, lone_count: bool| {
        let (mut streak, mut now, mut all) = (Streak::default(), Instant::now(), 0);
        for _ in 0..1000 {
            now += Duration::from_micros(apart);
            all += events;
            assert!(streak.note(all, now, lone_count));
            assert!(!streak.note(all, now, lone_count), "nothing is new");
            if streak.is_complete() {
                return true;
            }
        }
        false
    };
    assert!(turns(4, 100, false));
    assert!(turns(8, 100, false));
    assert!(!turns(9, 100, false), "many events");
    assert!(!turns(4, 1000, false), "slow clients");
    assert!(
        !turns(1, 100, false),
        "one client, for which the io thread polls"
    );
    assert!(
        turns(1, 100, true),
        "one client, for which it does not poll"
    );
}

#[test]
fn the_application_goes_on_while_events_are_few_and_not_lone() {
    let mut streak = Streak::default();
    let mut all = 0;
    let mut goes_on = |events: u64, lone_count| {
        all += events;
        streak.goes_on(all, lone_count)
    };
    assert!((0..1000).all(|_| goes_on(4, false)));
    assert!((0..1000).all(|_| goes_on(1, true)));
    assert!((0..1000).all(|turn| goes_on(1 + turn % 4 / 3, false)));
    assert!(!(0..1000).all(|_| goes_on(1, false)));
    assert!(goes_on(16, false));
    assert!(!goes_on(17, false));
}
