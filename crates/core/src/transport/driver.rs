//! Which thread drives the runtime of an io thread: waits for its sockets and runs its tasks.
//!
//! With a few connections, each request wakes the io thread and then the application's thread, which costs more than
//! the request itself. So the io thread lends its runtime to the application's thread when turns are small and follow
//! each other closely ([`Streak`]). That thread then waits for the selector of the runtime beside all else it waits
//! for, and drives the runtime for one turn whenever something is ready. Meanwhile the io thread looks at the
//! runtime every few milliseconds, for its timers, and takes it back when the application is busy with something
//! else, has nothing to do, or has more to do than a few events.
//!
//! Both threads use the runtime as a whole, so that nothing else knows who drives.

mod counted;
mod selector;
mod streak;

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use log::debug;
use tokio::runtime::Runtime;

use crate::hub::Hub;

use super::session::carry_backlogs;
use counted::Wakes;
use streak::Streak;

pub use counted::counting;

/// The io thread drives.
const HERE: u8 = 0;
/// The io thread does not drive any more. The application's thread may begin, or not notice.
const OFFERED: u8 = 1;
/// The application's thread drives.
const LENT: u8 = 2;

/// How long the io thread sleeps while the runtime is lent. So much later than they should timers run at most, and so
/// long peers wait for what does not need the application, such as a pong, when that begins to be busy.
const LOOK: Duration = Duration::from_millis(4);

/// Turns of the runtime in a row while tasks are ready.
const TURNS_A_LOOK: usize = 8;

/// Polls of the future that ends a turn, at most: a peer whose messages never reach the application must not keep its
/// thread.
const POLLS_A_TURN: usize = 6;

/// Who drives, as the hook of the runtime and both threads see it.
pub struct Lending {
    hub: Arc<Hub>,
    /// One of [`HERE`], [`OFFERED`] and [`LENT`].
    state: AtomicU8,
    /// The application's thread can drive.
    is_allowed: AtomicBool,
    /// The selector of the runtime is wanted, before the first offer.
    is_selector_wanted: AtomicBool,
    streak: Mutex<Streak>,
    /// Wakes the future that the runtime runs for the thread that drives it.
    root: Mutex<Option<Waker>>,
    wakes: Arc<Wakes>,
    /// Whether a turn is under way that ends when nothing is ready.
    in_turn: AtomicBool,
    ended: AtomicBool,
    bell: Condvar,
    rung: Mutex<()>,
}

/// What a turn of the application's thread has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The runtime is not lent any more.
    TakenBack,
    /// All that was ready has been handled.
    Done,
    /// More is ready. Another turn has to follow, or [`Driver::nudge`].
    More,
}

/// A runtime, and who drives it.
pub struct Driver {
    lending: Arc<Lending>,
    runtime: Mutex<Option<Runtime>>,
    /// Turns of the application's thread.
    turns: AtomicU64,
    /// A descriptor of the runtime's selector, once it is wanted; `None` where it is not found.
    selector: OnceLock<Option<i32>>,
    /// Connections with a backlog: see [`carry_backlogs`].
    backlogs: AtomicU32,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lending {
    /// The io thread drives until the application's thread is allowed to.
    pub fn new(hub: &Arc<Hub>) -> Self {
        Self {
            hub: Arc::clone(hub),
            state: AtomicU8::new(HERE),
            is_allowed: AtomicBool::new(false),
            is_selector_wanted: AtomicBool::new(false),
            streak: Mutex::default(),
            root: Mutex::default(),
            wakes: Arc::default(),
            in_turn: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            bell: Condvar::new(),
            rung: Mutex::new(()),
        }
    }

    /// For the hook of the runtime, before it waits for its sockets. Returns how many events there have ever been, or
    /// `None` when it will not wait.
    pub fn before_wait(&self) -> Option<u64> {
        if self.in_turn.load(SeqCst) {
            self.wakes.mark();
            self.wake_root();
            return None;
        }
        if !self.is_allowed.load(SeqCst) {
            return Some(self.hub.end_turn());
        }
        // The application may have handled the events, and have looked for an offer, before this continues.
        let is_offered = lock(&self.streak).is_complete() && self.offer();
        let events = self.hub.end_turn();
        let lone_count = !self.hub.config.busy_poll();
        let is_new = lock(&self.streak).note(events, Instant::now(), lone_count);
        if !is_offered {
            return Some(events);
        }
        if is_new {
            self.wake_root();
            return None;
        }
        // Nothing tells the application of the offer.
        self.take_back();
        Some(events)
    }

    /// Offers the runtime. Before the first time its selector has to be found.
    fn offer(&self) -> bool {
        if self.is_selector_wanted.load(SeqCst) {
            self.state.store(OFFERED, SeqCst);
            self.hub.set_lent(true);
            return true;
        }
        self.is_selector_wanted.store(true, SeqCst);
        lock(&self.streak).restart();
        self.wake_root();
        false
    }

    /// The io thread is to drive. Returns whether it was not.
    fn take_back(&self) -> bool {
        let before = self.state.swap(HERE, SeqCst);
        self.hub.set_lent(false);
        lock(&self.streak).restart();
        before != HERE
    }

    /// Takes back, for another thread: the io thread wakes up and drives.
    fn give_back(&self) {
        if self.take_back() {
            let _rung = lock(&self.rung);
            self.bell.notify_all();
        }
    }

    fn is_here(&self) -> bool {
        self.state.load(SeqCst) == HERE
    }

    /// Sleeps for a while, or until the runtime is given back.
    fn sleep(&self) {
        let rung = lock(&self.rung);
        if self.is_here() {
            return;
        }
        // Also after a panic elsewhere it has slept.
        drop(self.bell.wait_timeout(rung, LOOK));
    }

    fn wake_root(&self) {
        let root = lock(&self.root).clone();
        if let Some(root) = root {
            root.wake();
        }
    }

    fn keep_root(&self, waker: &Waker) {
        let mut root = lock(&self.root);
        match &mut *root {
            Some(kept) => kept.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }
}

/// Drives the runtime until `poll` is ready. The runtime's code for that is there once.
fn block_on(runtime: &Runtime, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) {
    runtime.block_on(poll_fn(poll));
}

/// Ends the io thread when its task ends, also by a panic.
pub struct Ends(pub Arc<Driver>);

impl Drop for Ends {
    fn drop(&mut self) {
        let lending = &self.0.lending;
        lending.ended.store(true, SeqCst);
        lending.give_back();
        lending.wake_root();
    }
}

impl Driver {
    /// A runtime that was made with `lending`.
    pub fn new(runtime: Runtime, lending: Arc<Lending>) -> Self {
        Self {
            lending,
            runtime: Mutex::new(Some(runtime)),
            turns: AtomicU64::new(0),
            selector: OnceLock::new(),
            backlogs: AtomicU32::new(0),
        }
    }

    /// Calls `with` with the runtime, unless that has ended. No thread drives it meanwhile.
    pub(super) fn with<R>(&self, with: impl FnOnce(&Runtime) -> R) -> Option<R> {
        let runtime = lock(&self.runtime);
        let _carried = carry_backlogs(&self.backlogs);
        runtime.as_ref().map(with)
    }

    /// For the io thread: drives, or sees to it that somebody does, until the task with [`Ends`] has ended.
    pub(super) fn run(&self) {
        let lending = &self.lending;
        while !lending.ended.load(SeqCst) {
            self.with(|runtime| {
                if lending.is_selector_wanted.load(SeqCst) {
                    self.selector.get_or_init(|| self.find_selector(runtime));
                }
                block_on(runtime, &mut |context| {
                    lending.keep_root(context.waker());
                    let finds =
                        lending.is_selector_wanted.load(SeqCst) && self.selector.get().is_none();
                    let goes_on = lending.is_here() && !lending.ended.load(SeqCst) && !finds;
                    if goes_on {
                        Poll::Pending
                    } else {
                        Poll::Ready(())
                    }
                });
            });
            self.look_on();
        }
    }

    /// Ends the runtime, with all its tasks.
    pub(super) fn end(&self) {
        let ended = lock(&self.runtime).take();
        // The waker owns a part of the runtime, whose hook owns what the waker is in.
        lock(&self.lending.root).take();
        drop(ended);
    }

    /// For the io thread, while another thread drives.
    fn look_on(&self) {
        let lending = &self.lending;
        let mut turns = self.turns.load(SeqCst);
        while !lending.is_here() {
            lending.sleep();
            let now = self.turns.load(SeqCst);
            if std::mem::replace(&mut turns, now) == now && lending.take_back() {
                debug!("the application has not driven the sockets for {LOOK:?}");
            }
            if lending.is_here() {
                return;
            }
            self.with(|runtime| {
                let mut is_more = false;
                for _ in 0..TURNS_A_LOOK {
                    is_more = self.turn_of(runtime, is_more);
                    lending.hub.inbox.end_turn();
                    if !is_more {
                        return;
                    }
                }
                self.nudge();
            });
        }
    }

    fn find_selector(&self, runtime: &Runtime) -> Option<i32> {
        let found = selector::find(runtime);
        debug!("selector: {found:?}");
        if found.is_none() {
            self.lending.is_allowed.store(false, SeqCst);
        }
        found
    }

    /// From now on the runtime may be offered to the application's thread.
    pub fn allow(&self) {
        self.lending.is_allowed.store(true, SeqCst);
    }

    /// Accepts an offer, for the thread that is going to drive. Returns the descriptor of the selector; whenever it is
    /// readable, [`Driver::turn`] is to be called.
    pub fn accept(&self) -> Option<i32> {
        if !self.lending.hub.is_lent() {
            return None;
        }
        let selector = (*self.selector.get()?)?;
        let state = &self.lending.state;
        let accepted = state.compare_exchange(OFFERED, LENT, SeqCst, SeqCst);
        accepted.ok().map(|_| {
            debug!("the application drives the sockets");
            selector
        })
    }

    /// One turn, for the thread that has accepted. `is_more`: the turn before found more. Then the application has to be
    /// woken for what the turn has brought: [`Driver::end_turn`].
    pub fn turn(&self, is_more: bool) -> Turn {
        let lending = &self.lending;
        if lending.is_here() {
            return Turn::TakenBack;
        }
        let runtime = match self.runtime.try_lock() {
            Ok(runtime) => runtime,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // The io thread is on it, and does what there is to do.
            Err(TryLockError::WouldBlock) => return Turn::Done,
        };
        let _carried = carry_backlogs(&self.backlogs);
        let Some(runtime) = &*runtime else {
            return Turn::TakenBack;
        };
        self.turns.fetch_add(1, SeqCst);
        if self.turn_of(runtime, is_more) {
            Turn::More
        } else {
            Turn::Done
        }
    }

    /// Ends a turn: wakes the application, and gives the runtime back when there is too much to do.
    pub fn end_turn(&self) {
        let lending = &self.lending;
        let events = lending.hub.inbox.end_turn();
        let lone_count = !lending.hub.config.busy_poll();
        if !lock(&lending.streak).goes_on(events, lone_count) {
            debug!("the application gives the sockets back");
            lending.give_back();
        }
    }

    /// Makes the selector readable. To be called on a thread that does not drive at the moment.
    pub fn nudge(&self) {
        self.lending.wake_root();
    }

    /// Runs what is ready, and what the selector has. Returns whether tasks are ready afterwards.
    fn turn_of(&self, runtime: &Runtime, is_more: bool) -> bool {
        let lending = &self.lending;
        let before = lending.hub.inbox.events();
        let mut polls = 0;
        let _counting = lending.wakes.count();
        lending.in_turn.store(true, SeqCst);
        // The runtime polls this at first, and each time that it has looked at the sockets.
        let mut more = false;
        block_on(runtime, &mut |context| {
            polls += 1;
            if polls == 1 {
                lending.keep_root(context.waker());
                lending.wakes.mark();
                if !is_more {
                    // Looks at the sockets without waiting. With more, it does so after the tasks that are ready.
                    context.waker().wake_by_ref();
                }
                return Poll::Pending;
            }
            more = lending.wakes.since_mark();
            // A task that does not count its wakes may be ready after the first look.
            let is_first = polls == 2 && !is_more;
            let is_over = polls >= POLLS_A_TURN || lending.ended.load(SeqCst);
            let brought = lending.hub.inbox.events() != before;
            if is_over || !(is_first || more && !brought) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        lending.in_turn.store(false, SeqCst);
        more
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
