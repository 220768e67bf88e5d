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

mod selector;
mod streak;

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::task::Poll;
use std::thread::{self, Thread, park_timeout};
use std::time::{Duration, Instant};

use log::debug;
use tokio::runtime::{EnterGuard, Handle, Runtime};

use crate::boxed;
use crate::hub::{Hub, Workload};

use super::busy_poll::BusyPoll;
use super::runtime::runtime;
use super::session::carry_backlogs;
use super::tasks::{TASKS_A_LOOK, Tasks, lock};
use streak::{Effort, Streak};

/// The io thread drives.
const HERE: u8 = 0;
/// The io thread does not drive any more. The application's thread may begin, or not notice.
const OFFERED: u8 = 1;
/// The application's thread drives.
const LENT: u8 = 2;

/// How long the io thread sleeps while the runtime is lent. So much later than they should timers run at most, and so
/// long peers wait for what does not need the application, such as a pong, when that begins to be busy.
const LOOK: Duration = Duration::from_millis(4);

/// The runtime is taken back after so many looks in a row between which the application's thread has had no turn. One
/// alone happens where other programs are busy, too.
const IDLE_LOOKS: u32 = 2;

/// Turns of the runtime in a row while tasks are ready.
const TURNS_A_LOOK: usize = 8;

/// Most tasks that the application's thread runs in a turn. Where more are ready, the io thread serves them.
const MOST_TASKS: usize = 16;

/// How long the application's thread runs tasks in a turn. It may take as long as a few tasks longer.
const LONG: Duration = Duration::from_millis(1);

/// Tasks after which the time of a turn is checked.
const TASKS_A_CLOCK: usize = 4;

/// Who drives, as the hook of the runtime and both threads see it.
struct Lending {
    hub: Arc<Hub>,
    tasks: Arc<Tasks>,
    /// One of [`HERE`], [`OFFERED`] and [`LENT`].
    state: AtomicU8,
    /// The application's thread can drive.
    is_allowed: AtomicBool,
    /// The selector of the runtime is wanted, before the first offer.
    is_selector_wanted: AtomicBool,
    streak: Mutex<Streak>,
    ended: AtomicBool,
    /// Sleeps while the runtime is lent.
    io_thread: OnceLock<Thread>,
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
    handle: Handle,
    /// Turns of the application's thread.
    turns: AtomicU64,
    /// A descriptor of the runtime's selector, once it is wanted; `None` where it is not found.
    selector: OnceLock<Option<i32>>,
    /// Connections with a backlog: see [`carry_backlogs`].
    backlogs: AtomicU32,
}

impl Lending {
    /// For the hook of the runtime, before it waits for its sockets. Returns what it knows of events then, or
    /// `None` when it will not wait.
    fn before_wait(&self) -> Option<Workload> {
        if !self.is_allowed.load(SeqCst) {
            return Some(self.hub.end_turn());
        }
        // The application may have handled the events, and have looked for an offer, before this continues.
        let is_offered = lock(&self.streak).is_complete() && self.offer();
        let workload = self.hub.end_turn();
        let lone_count = !self.hub.config.busy_poll();
        let is_new = lock(&self.streak).note(workload, Instant::now(), lone_count);
        if !is_offered {
            return Some(workload);
        }
        if is_new {
            self.tasks.wake_driver();
            return None;
        }
        // Nothing tells the application of the offer.
        self.take_back();
        Some(workload)
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
        self.tasks.wake_driver();
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
        if self.take_back()
            && let Some(io_thread) = self.io_thread.get()
        {
            io_thread.unpark();
        }
    }

    fn is_here(&self) -> bool {
        self.state.load(SeqCst) == HERE
    }

    /// Sleeps for a while, or until the runtime is given back.
    fn sleep(&self) {
        let end = Instant::now() + LOOK;
        while !self.is_here() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            park_timeout(left);
        }
    }
}

/// Ends the io thread when its task ends, also by a panic.
struct Ends(Arc<Lending>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.ended.store(true, SeqCst);
        self.0.give_back();
        self.0.tasks.wake_driver();
    }
}

impl Driver {
    /// A runtime of an io thread of the hub.
    ///
    /// # Errors
    /// The system's, when it cannot have a selector (epoll, kqueue).
    pub fn new(hub: &Arc<Hub>) -> io::Result<Self> {
        let lending = Arc::new(Lending {
            hub: Arc::clone(hub),
            tasks: Arc::default(),
            state: AtomicU8::new(HERE),
            is_allowed: AtomicBool::new(false),
            is_selector_wanted: AtomicBool::new(false),
            streak: Mutex::default(),
            ended: AtomicBool::new(false),
            io_thread: OnceLock::new(),
        });
        let hook = Arc::clone(&lending);
        let runtime = runtime(hub, BusyPoll::default(), move || hook.before_wait())?;
        Ok(Self {
            lending,
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
            turns: AtomicU64::new(0),
            selector: OnceLock::new(),
            backlogs: AtomicU32::new(0),
        })
    }

    /// The tasks of its connections.
    pub fn tasks(&self) -> &Arc<Tasks> {
        &self.lending.tasks
    }

    /// Makes the runtime the current one.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Calls `with` with the runtime, unless that has ended. No thread drives it meanwhile.
    fn with<R>(&self, with: impl FnOnce(&Runtime) -> R) -> Option<R> {
        let runtime = lock(&self.runtime);
        let _carried = carry_backlogs(&self.backlogs);
        runtime.as_ref().map(with)
    }

    /// For the io thread: drives, or sees to it that somebody does, until `main` has ended.
    pub(super) fn run(&self, main: impl Future<Output = ()> + Send + 'static) {
        let lending = &self.lending;
        lending.io_thread.get_or_init(thread::current);
        let ends = Ends(Arc::clone(lending));
        boxed::spawn_on(&self.handle, async move {
            let _ends = ends;
            main.await;
        });
        while !lending.ended.load(SeqCst) {
            self.with(|runtime| self.drive(runtime));
            self.look_on();
        }
    }

    /// Drives until the runtime is offered, its selector is wanted or it is to end.
    fn drive(&self, runtime: &Runtime) {
        let lending = &self.lending;
        if lending.is_selector_wanted.load(SeqCst) {
            self.selector.get_or_init(|| self.find_selector(runtime));
        }
        let polled = poll_fn(|context| {
            lending.tasks.run_ready(context.waker(), is_a_look);
            let finds = lending.is_selector_wanted.load(SeqCst) && self.selector.get().is_none();
            if !lending.is_here() || lending.ended.load(SeqCst) || finds {
                return Poll::Ready(());
            }
            if lending.tasks.ready_count() > 0 {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        });
        boxed::block_on(runtime, pin!(polled));
        // The last tasks may have brought something.
        lending.hub.inbox.end_turn();
        if lending.tasks.ready_count() > 0 {
            self.nudge();
        }
    }

    /// Ends the runtime, with all its tasks.
    pub(super) fn end(&self) {
        let ended = lock(&self.runtime).take();
        drop(ended);
        self.lending.tasks.end();
    }

    /// For the io thread, while another thread drives.
    fn look_on(&self) {
        let lending = &self.lending;
        let mut turns = self.turns.load(SeqCst);
        let mut idle_looks = 0;
        while !lending.is_here() {
            lending.sleep();
            let now = self.turns.load(SeqCst);
            if std::mem::replace(&mut turns, now) == now {
                idle_looks += 1;
            } else {
                idle_looks = 0;
            }
            if idle_looks == IDLE_LOOKS && lending.take_back() {
                debug!(
                    "the application has not driven the sockets for {IDLE_LOOKS} times {LOOK:?}"
                );
            }
            if lending.is_here() {
                return;
            }
            self.with(|runtime| {
                for _ in 0..TURNS_A_LOOK {
                    let left = self.turn_of(runtime, is_a_look);
                    lending.hub.inbox.end_turn();
                    if left == 0 {
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

    /// From now on the runtime is not offered any more, and it is taken back.
    pub fn forbid(&self) {
        self.lending.is_allowed.store(false, SeqCst);
        self.lending.give_back();
    }

    /// Accepts an offer, for the thread that is going to drive. Returns the descriptor of the selector; whenever it is
    /// readable, [`Driver::turn`] is to be called.
    pub fn accept(&self) -> Option<i32> {
        let state = &self.lending.state;
        if state.load(SeqCst) != OFFERED {
            return None;
        }
        let selector = (*self.selector.get()?)?;
        let accepted = state.compare_exchange(OFFERED, LENT, SeqCst, SeqCst);
        accepted.ok().map(|_| {
            debug!("the application drives the sockets");
            selector
        })
    }

    /// One turn, for the thread that has accepted. It wakes the application for what the turn has brought, and gives the runtime
    /// back when there is too much to do.
    pub fn turn(&self) -> Turn {
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
        let began = Instant::now();
        let left = self.turn_of(runtime, |count| {
            let looks_at_clock = count > 0 && count.is_multiple_of(TASKS_A_CLOCK);
            count < MOST_TASKS && !(looks_at_clock && began.elapsed() >= LONG)
        });
        self.end_turn(Instant::now(), began, left);
        if left > 0 { Turn::More } else { Turn::Done }
    }

    fn end_turn(&self, now: Instant, began: Instant, left: usize) {
        let lending = &self.lending;
        let effort = Effort {
            now,
            is_long: now.saturating_duration_since(began) >= LONG,
            workload: lending.hub.inbox.end_turn(),
        };
        let lone_count = !lending.hub.config.busy_poll();
        let goes_on = lock(&lending.streak).goes_on(effort, lone_count);
        if !goes_on || left >= MOST_TASKS {
            debug!("the application gives the sockets back");
            lending.give_back();
        }
    }

    /// Makes the selector readable. To be called on a thread that does not drive at the moment. A waker would not do that while
    /// the runtime takes its future for woken already.
    pub fn nudge(&self) {
        boxed::spawn_on(&self.handle, std::future::ready(()));
    }

    /// Runs tasks that are ready as [`Tasks::run_ready`] does; without any, those which are when the sockets have been looked at.
    /// Returns how many are ready afterwards.
    fn turn_of(&self, runtime: &Runtime, goes_on: impl Fn(usize) -> bool) -> usize {
        let tasks = &self.lending.tasks;
        let mut looks = 0;
        let polled = poll_fn(|context| {
            // A look that makes no task of a connection ready has something for the runtime's own: a client or a timer.
            if tasks.run_ready(context.waker(), &goes_on) || looks == 2 {
                return Poll::Ready(());
            }
            looks += 1;
            // The runtime looks without waiting.
            context.waker().wake_by_ref();
            Poll::Pending
        });
        boxed::block_on(runtime, pin!(polled));
        tasks.ready_count()
    }
}

/// Whether an io thread that has run so many tasks runs another before the runtime looks at the sockets again.
fn is_a_look(count: usize) -> bool {
    count < TASKS_A_LOOK
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
