//! What waits for the application: events of all connections, gathered into batches so that one
//! wake and one hand-over serve many of them.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::batch::Batch;
use super::record::Record;
use super::sync::{
    AtomicBool, Mutex, MutexGuard, PoisonError, Relaxed, Thread, available_parallelism, current,
    park_timeout,
};

/// While at least so many events wait for the application or are being handled, or fewer large ones
/// ([`Batch::work`]), an io thread rests between two turns: what it read meanwhile could not be handled
/// sooner, and more comes at once. Below, a request is answered sooner than a rest would last.
const REST_FROM: usize = 8;

/// Longest rest: short enough that the next batch is there before the application has handled this
/// one.
const REST: Duration = Duration::from_micros(300);

/// Longest rest where all threads share one core, which can be made no better use of: as long as the
/// application takes for a batch of large messages, 64 KiB from each of some sixteen connections. What
/// the io thread wakes for sooner costs both threads their caches, and nobody gets an answer sooner.
const REST_ON_ONE_CORE: Duration = Duration::from_millis(20);

/// Tells the application's thread that there is something to take.
pub trait Wake: Send + Sync {
    /// Called from the io thread; must not block.
    fn wake(&self);
}

/// High-water mark, in bytes, of what one connection may have waiting before it is read no more.
pub const CONNECTION_MARK: usize = 1024 * 1024;

/// High-water mark, in bytes, of what all connections may have waiting.
pub const TOTAL_MARK: usize = 16 * 1024 * 1024;

/// Below this, in bytes, reading is resumed.
const TOTAL_LOW: usize = TOTAL_MARK / 2;

/// One connection's part in what waits.
#[derive(Debug, Default)]
pub struct Share {
    /// Number of the batch its last event went into.
    batch: u64,
    /// Bytes it has waiting, at most: reset when that batch has been taken.
    bytes: usize,
    /// Its number among the readers that ever waited for room; 0 when it never did.
    ticket: u64,
}

#[derive(Default)]
struct State {
    filling: Batch,
    sealed: VecDeque<Batch>,
    /// An emptied batch, to fill next.
    spare: Option<Batch>,
    /// Bytes in `filling` and `sealed`.
    waiting: usize,
    /// Events there have ever been.
    events: u64,
    /// Number of the batch being filled.
    filling_number: u64,
    /// Number of the last batch taken.
    taken_number: u64,
    /// Number of the last batch whose events have all been handled.
    handled_number: u64,
    /// Work in `sealed`, and in what was taken and is not handled yet.
    ahead: usize,
    /// Threads that rest until all events taken have been handled.
    resting: Vec<Thread>,
    /// A wake is on its way.
    woken: bool,
    /// Readers that wait for a batch to be taken, by ticket: one entry each, however often they ask.
    paused: BTreeMap<u64, (u64, Waker)>,
    /// Tickets given out.
    tickets: u64,
}

/// The queue between the io thread and the application.
pub struct Inbox {
    state: Mutex<State>,
    /// [`TOTAL_MARK`] was reached, and more than [`TOTAL_LOW`] has been waiting ever since. Changed
    /// under the lock of `state`, read without it before every read of a socket.
    crowded: AtomicBool,
    /// [`REST`] or [`REST_ON_ONE_CORE`].
    longest_rest: Duration,
    wake: Box<dyn Wake>,
}

impl Inbox {
    /// An empty inbox that wakes its reader through `wake`.
    pub fn new(wake: Box<dyn Wake>) -> Self {
        Self {
            state: Mutex::new(State {
                filling_number: 1,
                ..State::default()
            }),
            crowded: AtomicBool::new(false),
            longest_rest: match available_parallelism() {
                Ok(cores) if cores.get() == 1 => REST_ON_ONE_CORE,
                _ => REST,
            },
            wake,
        }
    }

    /// Adds one event: `write` stores its parts and returns its record. True when the connection
    /// whose `share` this is, or all together, have reached the high-water mark: then its reader
    /// waits with [`Inbox::poll_room`].
    pub fn push(&self, share: &mut Share, write: impl FnOnce(&mut Batch) -> Record) -> bool {
        let mut state = self.lock();
        let before = state.filling.cost();
        let record = write(&mut state.filling);
        state.filling.push(record);
        state.events += 1;
        let cost = state.filling.cost() - before;
        state.waiting += cost;
        if share.batch <= state.taken_number {
            share.bytes = 0;
        }
        share.batch = state.filling_number;
        share.bytes += cost;
        if state.waiting >= TOTAL_MARK {
            self.crowded.store(true, Relaxed);
        }
        let full = share.bytes >= CONNECTION_MARK || self.is_crowded();
        if state.filling.is_full() {
            state.seal();
            self.wake_locked(state);
        }
        full
    }

    /// Adds an event of the hub itself, which counts for no connection.
    pub fn announce(&self, write: impl FnOnce(&mut Batch) -> Record) {
        self.push(&mut Share::default(), write);
    }

    /// Whether so much waits that connections should be read as little as possible.
    pub fn is_crowded(&self) -> bool {
        self.crowded.load(Relaxed)
    }

    /// Ready when the connection may be read again. To be called after [`Inbox::push`] said true, or
    /// when a read is put off because of [`Inbox::is_crowded`].
    pub fn poll_room(&self, share: &mut Share, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.has_room(share.batch) {
            state.paused.remove(&share.ticket);
            return Poll::Ready(());
        }
        if share.ticket == 0 {
            state.tickets += 1;
            share.ticket = state.tickets;
        }
        // Whoever waits for room must be sure that the reader is coming.
        let waker = context.waker().clone();
        state.paused.insert(share.ticket, (share.batch, waker));
        self.wake_locked(state);
        Poll::Pending
    }

    /// Wakes the application if something waits and no wake is on its way. Called at the end of a
    /// turn of the io thread, so that one wake serves all that the turn brought. Returns how many
    /// events there have ever been.
    pub fn end_turn(&self) -> u64 {
        let state = self.lock();
        let events = state.events;
        if !state.filling.records.is_empty() || !state.sealed.is_empty() {
            self.wake_locked(state);
        }
        events
    }

    /// Rests while the application has enough to do: until it has handled what it took, and for
    /// a moment at most. Without it two threads on one core take turns message by message. Returns
    /// whether there was a rest.
    pub fn rest(&self) -> bool {
        let mut state = self.lock();
        if state.ahead + state.filling.work() < REST_FROM {
            return false;
        }
        let this = current();
        state.resting.push(this.clone());
        drop(state);
        park_timeout(self.longest_rest);
        let mut state = self.lock();
        state.resting.retain(|resting| resting.id() != this.id());
        true
    }

    /// Takes the oldest batch by exchange for an empty one; false when nothing waits. When more
    /// remains, another wake is sent: the application breathes between two batches.
    pub fn take(&self, empty: &mut Batch) -> bool {
        empty.clear();
        let mut state = self.lock();
        state.woken = false;
        if state.sealed.is_empty() && !state.filling.records.is_empty() {
            state.seal();
        }
        let Some(batch) = state.sealed.pop_front() else {
            return false;
        };
        state.waiting -= batch.cost();
        if state.waiting <= TOTAL_LOW {
            self.crowded.store(false, Relaxed);
        }
        state.taken_number += 1;
        state.spare = Some(std::mem::replace(empty, batch));
        let resumed = state.take_resumed();
        if state.sealed.is_empty() && state.filling.records.is_empty() {
            drop(state);
        } else {
            self.wake_locked(state);
        }
        resumed.into_iter().for_each(Waker::wake);
        true
    }

    /// The application has handled every batch it took. Ends rests; returns whether there was one.
    pub fn mark_handled(&self) -> bool {
        let mut state = self.lock();
        state.handled_number = state.taken_number;
        state.ahead = state.sealed.iter().map(Batch::work).sum();
        let resting = std::mem::take(&mut state.resting);
        drop(state);
        resting.iter().for_each(Thread::unpark);
        !resting.is_empty()
    }

    /// Whether the application has handled all events of the connection whose `share` this is.
    pub fn is_handled(&self, share: &Share) -> bool {
        share.batch <= self.lock().handled_number
    }

    /// How many readers wait for room.
    #[cfg(test)]
    pub(super) fn paused(&self) -> usize {
        self.lock().paused.len()
    }

    /// Bytes that wait for the application.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    fn wake_locked(&self, mut state: MutexGuard<'_, State>) {
        if !std::mem::replace(&mut state.woken, true) {
            drop(state);
            self.wake.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seal(&mut self) {
        let next = self.spare.take().unwrap_or_default();
        let full = std::mem::replace(&mut self.filling, next);
        self.ahead += full.work();
        self.sealed.push_back(full);
        self.filling_number += 1;
    }

    fn has_room(&self, batch: u64) -> bool {
        batch <= self.taken_number && self.waiting <= TOTAL_LOW
    }

    fn take_resumed(&mut self) -> Vec<Waker> {
        if self.paused.is_empty() || self.waiting > TOTAL_LOW {
            return Vec::new();
        }
        let taken = self.taken_number;
        let (resumed, paused) = std::mem::take(&mut self.paused)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|&(_, (batch, _))| batch <= taken);
        self.paused = paused;
        resumed.into_values().map(|(_, waker)| waker).collect()
    }
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
