//! How much of a connection is read before others have their turn.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Reads in a row before other connections have their turn.
pub(super) const READS_A_TURN: usize = 8;

/// How long a connection is read before others have their turn. Reads alone are no measure, because tiny
/// messages that are answered here take the thread far longer than reading them.
const TURN: Duration = Duration::from_micros(200);

/// How long the turns of all connections may take that have more to read. Where they are many, each has a shorter turn, so
/// that a client that sends little does not wait longer.
const ROUND: Duration = Duration::from_millis(20);

/// The shortest turn. Changing turns would take as long as one that is shorter.
const LEAST_TURN: Duration = Duration::from_micros(20);

thread_local! {
    /// Connections of this thread that have a backlog.
    static BACKLOGS: Cell<u32> = const { Cell::new(0) };
}

/// The length of a turn now.
fn length() -> Duration {
    let round = ROUND / BACKLOGS.get().max(1);
    round.clamp(LEAST_TURN, TURN)
}

/// Whether turns are shorter now: then a turn ends soon after a read, and what is left of that stays in memory.
#[inline]
pub(super) fn are_short() -> bool {
    length() < TURN
}

/// Keeps the count of a runtime's connections where several threads drive it in turn.
pub struct Carried<'a>(&'a AtomicU32);

/// This thread drives the runtime whose connections `kept` counts, for as long as the result lasts.
pub fn carry_backlogs(kept: &AtomicU32) -> Carried<'_> {
    BACKLOGS.set(kept.load(SeqCst));
    Carried(kept)
}

impl Drop for Carried<'_> {
    fn drop(&mut self) {
        self.0.store(BACKLOGS.replace(0), SeqCst);
    }
}

/// Whether a connection had more to read when its turn ended.
#[derive(Default)]
pub(super) struct Backlog(bool);

impl Backlog {
    /// Whether there is one.
    pub(super) fn is_there(&self) -> bool {
        self.0
    }

    /// Notes whether there is one.
    #[inline]
    pub(super) fn set(&mut self, is_there: bool) {
        if self.0 == is_there {
            return;
        }
        self.0 = is_there;
        let others = BACKLOGS.get();
        BACKLOGS.set(if is_there {
            others + 1
        } else {
            others.saturating_sub(1)
        });
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// Messages after which the time of the turn is checked.
const MESSAGES_A_LOOK: u32 = 16;

/// Counts of what some bytes contained.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    /// Bytes that were inflated.
    pub(super) inflated: usize,
    /// Something was queued for the peer.
    pub(super) flush: bool,
}

impl Tally {
    #[inline]
    pub(super) fn message(&mut self, length: usize) {
        self.messages += 1;
        self.bytes += length as u64;
    }
}

/// One connection's turn of the thread. The clock is read only for connections that send much.
pub(super) struct ReadTurn {
    /// Messages and control frames so far.
    messages: u32,
    /// When the clock was first read.
    began: Option<Instant>,
}

impl ReadTurn {
    /// A turn begins.
    #[inline]
    pub(super) fn new(backlog: &Backlog) -> Self {
        Self {
            messages: 0,
            began: backlog.is_there().then(Instant::now),
        }
    }

    /// Whether the turn is over after a read. Reading takes its time too: records of TLS, or frames, of one byte each.
    #[inline]
    pub(super) fn has_passed(&self) -> bool {
        self.began.is_some_and(|began| began.elapsed() >= length())
    }

    /// Counts a message. Returns whether the turn is over.
    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        self.messages += 1;
        if !self.messages.is_multiple_of(MESSAGES_A_LOOK) {
            return false;
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        began.elapsed() >= length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_shorter_where_many_connections_have_a_backlog() {
        assert_eq!(length(), TURN);
        let mut backlogs: Vec<_> = (0..400).map(|_| Backlog::default()).collect();
        assert_eq!(length(), TURN);
        for (before, backlog) in backlogs.iter_mut().enumerate() {
            backlog.set(true);
            backlog.set(true);
            let all = u32::try_from(before).unwrap() + 1;
            assert!(length() * all <= ROUND, "{all}");
        }
        assert_eq!(length(), ROUND / 400);
        assert!(are_short());
        backlogs.extend((0..10_000).map(|_| Backlog(false)));
        for backlog in &mut backlogs {
            backlog.set(true);
        }
        assert_eq!(length(), LEAST_TURN);
        backlogs.truncate(1);
        assert_eq!(length(), TURN);
        backlogs[0].set(false);
        assert_eq!(BACKLOGS.get(), 0);
    }

    #[test]
    fn the_time_of_a_connection_with_a_backlog_counts_from_the_start_of_its_turn() {
        let mut backlog = Backlog::default();
        assert!(ReadTurn::new(&backlog).began.is_none());
        backlog.set(true);
        let turn = ReadTurn::new(&backlog);
        std::thread::sleep(TURN);
        assert!(turn.has_passed());
    }
}
