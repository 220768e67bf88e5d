//! The events that wait for the application. Events of all connections are gathered into batches, so that one
//! wake and one hand-over serve many of them.

use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::batch::{Batch, MARK_UNIT};
use super::flow::Flow;
use super::lane::{Handled, LANES, Lane, Queue, Until, Workload};
use super::record::Record;
use super::sync::{
    AtomicBool, Mutex, MutexGuard, PoisonError, Relaxed, Thread, available_parallelism, current,
    park_timeout,
};

/// While at least so many events wait for the application or are being handled, or fewer large ones
/// ([`Batch::work`]), an io thread rests between two turns: events that it read meanwhile would not be handled
/// sooner, and after a rest more come at once. With fewer events, a request is answered in less time than a rest
/// takes.
const REST_FROM: usize = 8;

/// Longest rest: short enough that the next batch is there before the application has handled this
/// one.
const REST: Duration = Duration::from_micros(300);

/// Longest rest where all threads share one core. It is as long as the application takes for a batch of large
/// messages, 64 KiB from each of some sixteen connections. If the io thread ran sooner, both threads would lose
/// their caches, and no answer would leave sooner.
const REST_ON_ONE_CORE: Duration = Duration::from_millis(20);

/// Tells the application's thread that there is something to take.
pub trait Wake: Send + Sync {
    /// Called from the io thread; must not block.
    fn wake(&self);
}

/// High-water mark, in bytes, of one connection's waiting events. At the mark the connection is not read.
pub const CONNECTION_MARK: usize = MARK_UNIT;

/// High-water mark, in bytes, of the waiting events of all connections.
pub const TOTAL_MARK: usize = 16 * CONNECTION_MARK;

/// Reading is resumed below this many bytes.
const TOTAL_LOW: usize = TOTAL_MARK / 2;

/// High-water mark of the waiting events of all connections, in events. As above [`TOTAL_MARK`], connections are
/// then read as little as possible.
pub const TOTAL_EVENTS: usize = 16 * 1024;

/// Reading is resumed below this many events.
const TOTAL_EVENTS_LOW: usize = TOTAL_EVENTS / 2;

/// The quota: what one connection may have waiting, in nanoseconds of the application's time. It is as
/// much as is handled while the next is read. A connection that exceeds it is served behind the others.
const QUOTA_TIME: u64 = 1_000_000;

/// What all connections without a backlog may have waiting, in nanoseconds of the application's time:
/// with many of them, each may have less than [`QUOTA_TIME`].
const LANE_TIME: u64 = 16_000_000;

/// The least quota, in units of work: a second event may always wait, however long the application takes
/// for it.
const LEAST_QUOTA: u64 = 2;

/// The time that the application is assumed to need for one unit of work ([`Batch::work`]) before it is
/// measured, in nanoseconds.
const UNIT_TIME: u64 = 10_000;

/// A reader that waits for a batch.
struct Paused {
    until: Until,
    waker: Waker,
}

struct InboxState {
    queues: [Queue; 2],
    /// An emptied batch, to fill next.
    spare: Option<Batch>,
    /// Bytes that wait.
    waiting: usize,
    /// Events that wait.
    waiting_events: usize,
    /// Events there have ever been.
    events: u64,
    /// Work in sealed batches, and in what was taken and is not handled yet.
    ahead: usize,
    /// Nanoseconds the application needs for a unit of work: a moving average.
    unit_time: u64,
    /// Threads that rest until all events taken have been handled.
    resting: Vec<Thread>,
    /// A wake is pending, or the application is at work and checks for more before it stops.
    woken: bool,
    /// Readers that wait, in the order in which they began to wait. Each has one entry, however often it polls.
    paused: BTreeMap<u64, Paused>,
    /// Numbers given to readers that wait.
    wait_numbers: u64,
}

/// What [`Inbox::take`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// There was a batch.
    pub any: bool,
    /// There is a batch to take in one queue or the other. If not, a wake follows when there is.
    pub more: bool,
}

/// The queue between the io thread and the application.
pub struct Inbox {
    state: Mutex<InboxState>,
    /// [`TOTAL_MARK`] or [`TOTAL_EVENTS`] was reached, and more than the low mark has been waiting ever
    /// since. Changed under the lock of `state`, read without it before every read of a socket.
    crowded: AtomicBool,
    /// [`REST`] or [`REST_ON_ONE_CORE`].
    longest_rest: Duration,
    wake: Box<dyn Wake>,
}

impl Inbox {
    /// An empty inbox that wakes its reader through `wake`.
    pub fn new(wake: Box<dyn Wake>) -> Self {
        Self {
            state: Mutex::new(InboxState::default()),
            crowded: AtomicBool::new(false),
            longest_rest: match available_parallelism() {
                Ok(cores) if cores.get() == 1 => REST_ON_ONE_CORE,
                _ => REST,
            },
            wake,
        }
    }

    /// Adds one event of the connection that `flow` belongs to: `write` stores its parts and returns its
    /// record. True when the connection has exceeded its quota, or all together have reached the
    /// high-water mark: then its reader waits with [`Inbox::poll_room`].
    pub fn push(&self, flow: &mut Flow, write: impl FnOnce(&mut Batch) -> Record) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.prepare(flow);
        let is_first = flow.work == 0;
        let queue = &mut state.queues[flow.lane as usize];
        let (cost, work) = (queue.filling.cost(), queue.filling.work());
        let record = write(&mut queue.filling);
        queue.filling.push(record);
        flow.batch = queue.filling_number;
        let cost = queue.filling.cost() - cost;
        let work = queue.filling.work() - work;
        flow.bytes += cost;
        flow.work = flow.work.saturating_add(work as u32);
        state.waiting += cost;
        state.waiting_events += 1;
        state.events += 1;
        if state.waiting >= TOTAL_MARK || state.waiting_events >= TOTAL_EVENTS {
            self.crowded.store(true, Relaxed);
        }
        // A connection that sends one message at a time never waits, however large it is.
        let over = !is_first && state.is_over(flow);
        flow.is_backlogged |= over;
        let full = over || flow.bytes >= CONNECTION_MARK || self.is_crowded();
        if state.queues[flow.lane as usize].filling.is_full() {
            state.seal(flow.lane);
            self.wake_locked(guard);
        }
        full
    }

    /// Adds an event of a connection that the application does not know yet: it is served behind the others.
    pub fn announce_unknown(&self, write: impl FnOnce(&mut Batch) -> Record) {
        self.push(&mut Flow::before_handshake(), write);
    }

    /// Adds an event of the hub itself, which belongs to no connection's flow.
    pub fn announce(&self, write: impl FnOnce(&mut Batch) -> Record) {
        self.push(&mut Flow::default(), write);
    }

    /// Whether so much waits that connections should be read as little as possible.
    pub fn is_crowded(&self) -> bool {
        self.crowded.load(Relaxed)
    }

    /// Ready when the connection may be read again. To be called after [`Inbox::push`] returned true, or when
    /// reading is postponed because of [`Inbox::is_crowded`].
    pub fn poll_room(&self, flow: &mut Flow, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let until = flow.until();
        if !self.is_crowded() && state.has_come(until) {
            state.paused.remove(&flow.wait_number);
            // The next time it waits, it does so behind those that wait now.
            flow.wait_number = 0;
            return Poll::Ready(());
        }
        if flow.wait_number == 0 {
            state.wait_numbers += 1;
            flow.wait_number = state.wait_numbers;
        }
        let paused = Paused {
            until,
            waker: context.waker().clone(),
        };
        state.paused.insert(flow.wait_number, paused);
        // The application must take the batch that this reader waits for.
        self.wake_locked(state);
        Poll::Pending
    }

    /// Forgets a reader that has ended while it waited, and its waker.
    pub fn forget(&self, flow: &mut Flow) {
        if flow.wait_number != 0 {
            let forgotten = self.lock().paused.remove(&flow.wait_number);
            flow.wait_number = 0;
            // What the waker holds is dropped without the lock.
            drop(forgotten);
        }
    }

    /// Wakes the application if something waits and no wake is pending. To be called at the end of a turn of
    /// the io thread, so that one wake serves all events of the turn.
    pub fn end_turn(&self) -> Workload {
        let state = self.lock();
        let (events, unit_time) = (state.events, state.unit_time);
        if state.queues.iter().any(|queue| !queue.is_empty()) {
            self.wake_locked(state);
        }
        Workload { events, unit_time }
    }

    /// Rests while the application has enough to do: until it has handled what it took, and for
    /// a moment at most. Without it two threads on one core take turns message by message. Returns
    /// whether there was a rest.
    pub fn rest(&self) -> bool {
        let mut state = self.lock();
        let filling: usize = state.queues.iter().map(|queue| queue.filling.work()).sum();
        if state.ahead + filling < REST_FROM {
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

    /// Takes the oldest batch of a queue, in exchange for an empty one.
    pub fn take(&self, lane: Lane, empty: &mut Batch) -> Taken {
        empty.clear();
        let mut state = self.lock();
        if state.queues[lane as usize].must_seal() {
            state.seal(lane);
        }
        let batch = state.queues[lane as usize].take();
        let more = state.queues.iter().any(Queue::is_ready);
        state.woken = more;
        let Some(batch) = batch else {
            return Taken { any: false, more };
        };
        state.waiting -= batch.cost();
        state.waiting_events -= batch.records.len();
        if state.is_low() {
            self.crowded.store(false, Relaxed);
        }
        state.spare = Some(std::mem::replace(empty, batch));
        let resumed = self.take_resumed(&mut state);
        drop(state);
        resumed.into_iter().for_each(Waker::wake);
        Taken { any: true, more }
    }

    /// Takes the oldest batch of the first queue that has one, even if the turn of the io thread has not ended.
    /// It is for an application that handles all events at once.
    pub fn take_any(&self, empty: &mut Batch) -> Option<Lane> {
        self.lock().queues.iter_mut().for_each(Queue::end_turn);
        LANES.into_iter().find(|&lane| self.take(lane, empty).any)
    }

    /// The application has handled all it took, in no time. Ends rests; returns whether there was one.
    pub fn mark_all_handled(&self) -> bool {
        LANES
            .map(|lane| self.mark_handled(Handled::all(lane)))
            .contains(&true)
    }

    /// The application has handled some of the batches that it took. Ends rests; returns whether there was one.
    pub fn mark_handled(&self, handled: Handled) -> bool {
        let mut state = self.lock();
        let work = state.queues[handled.lane as usize].mark_handled(handled.left);
        state.ahead -= work;
        state.note_time(work, handled.time);
        let resting = std::mem::take(&mut state.resting);
        let resumed = self.take_resumed(&mut state);
        drop(state);
        resumed.into_iter().for_each(Waker::wake);
        resting.iter().for_each(Thread::unpark);
        !resting.is_empty()
    }

    /// Whether the application has handled all events of the connection that `flow` belongs to.
    pub fn is_handled(&self, flow: &Flow) -> bool {
        flow.batch <= self.lock().queues[flow.lane as usize].handled_number
    }

    /// A mark behind all that waits or is being handled: what is before it has been handled once
    /// [`Inbox::is_past`] says so.
    pub fn fence(&self) -> Fence {
        let state = self.lock();
        let fence = Fence(LANES.map(|lane| state.queues[lane as usize].last_number()));
        if state.queues.iter().any(|queue| !queue.is_empty()) {
            self.wake_locked(state);
        }
        fence
    }

    /// Whether all that was there when the fence was made has been handled.
    pub fn is_past(&self, fence: &Fence) -> bool {
        let state = self.lock();
        LANES
            .iter()
            .all(|&lane| state.queues[lane as usize].handled_number >= fence.0[lane as usize])
    }

    /// How many readers wait for room.
    #[cfg(all(test, not(loom)))]
    pub(super) fn paused(&self) -> usize {
        self.lock().paused.len()
    }

    /// Bytes that wait for the application.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// The readers that may go on, the one that has waited longest first.
    fn take_resumed(&self, state: &mut InboxState) -> Vec<Waker> {
        if state.paused.is_empty() || self.is_crowded() {
            return Vec::new();
        }
        let mut paused = std::mem::take(&mut state.paused);
        let resumed = paused
            .extract_if(.., |_, paused| state.has_come(paused.until))
            .map(|(_, paused)| paused.waker)
            .collect();
        state.paused = paused;
        resumed
    }

    fn wake_locked(&self, mut state: MutexGuard<'_, InboxState>) {
        state.queues.iter_mut().for_each(Queue::end_turn);
        if !std::mem::replace(&mut state.woken, true) {
            drop(state);
            self.wake.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers of the last batches of both queues at some time; see [`Inbox::fence`].
#[derive(Debug, Clone, Copy)]
pub struct Fence([u64; 2]);

impl Default for InboxState {
    fn default() -> Self {
        Self {
            queues: Default::default(),
            spare: None,
            waiting: 0,
            waiting_events: 0,
            events: 0,
            ahead: 0,
            unit_time: UNIT_TIME,
            resting: Vec::new(),
            woken: false,
            paused: BTreeMap::new(),
            wait_numbers: 0,
        }
    }
}

impl InboxState {
    /// Prepares a flow for a further event. What was taken does not count any more. A connection changes
    /// its queue when all its events have been handled, so that they keep their order.
    fn prepare(&mut self, flow: &mut Flow) {
        let queue = &self.queues[flow.lane as usize];
        if flow.batch > queue.taken_number {
            return;
        }
        flow.bytes = 0;
        flow.work = 0;
        if flow.batch <= queue.handled_number {
            flow.lane = if flow.is_backlogged || flow.is_handshaking {
                Lane::Backlogged
            } else {
                Lane::Sparse
            };
        }
        let queue = &mut self.queues[flow.lane as usize];
        queue.senders += 1;
        queue.filling.senders += 1;
    }

    /// Whether a connection has exceeded its quota.
    fn is_over(&self, flow: &Flow) -> bool {
        let queue = &self.queues[flow.lane as usize];
        let time = QUOTA_TIME.min(LANE_TIME / queue.senders.max(1) as u64);
        // An average does not tell that events take long since a moment ago.
        let quota = if queue.is_slow() {
            0
        } else {
            time / self.unit_time
        };
        u64::from(flow.work) >= LEAST_QUOTA.max(quota)
    }

    fn seal(&mut self, lane: Lane) {
        let next = self.spare.take().unwrap_or_default();
        self.ahead += self.queues[lane as usize].seal(next);
    }

    /// Updates the average time that the application needs for a unit of work. One batch counts for an eighth.
    fn note_time(&mut self, work: usize, time: Duration) {
        if work == 0 || time.is_zero() {
            return;
        }
        let unit = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / work as u64;
        // At most a second, so that one stall is forgotten soon.
        let unit = unit.clamp(1, 1_000_000_000);
        self.unit_time = (self.unit_time * 7 + unit).div_ceil(8);
    }

    fn has_come(&self, until: Until) -> bool {
        self.queues[until.lane as usize].has_come(until)
    }

    /// Whether readers may go on.
    fn is_low(&self) -> bool {
        self.waiting <= TOTAL_LOW && self.waiting_events <= TOTAL_EVENTS_LOW
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
