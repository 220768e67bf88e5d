//! When the application's thread drives.

use std::time::{Duration, Instant};

use crate::hub::Workload;

/// Turns in a row that bring few events, before the runtime is offered.
const LENGTH: u32 = 64;

/// Of these, at least so many have to bring several events, unless lone ones count: for lone ones the io thread polls.
const SEVERAL: u32 = 8;

/// Most events of a turn that are few. With more, a change of threads serves many.
const FEW: u64 = 8;

/// Most events of a turn of the application's thread. It waits for the sockets after it has handled the last
/// events, when more have come than the io thread would find.
const STILL_FEW: u64 = 2 * FEW;

/// Longest time between two turns of a streak. With more time between them, a request has no reason to hurry.
const WINDOW: Duration = Duration::from_millis(1);

/// Nanoseconds that the application takes for an event, at most. Beside longer ones a change of threads costs little, and the
/// network is served by another core meanwhile.
const LIGHT: u64 = 50_000;

/// How much a turn that takes long counts for, where others take one off, and what is too much: four in a row, or one of
/// four.
const LONG_WEIGHT: u32 = 4;
const MOST_LONG: u32 = 16;

/// How long the application's thread does not drive after it had work that is none of the application's: peers that send
/// pings, records of TLS or compressed messages.
const PAUSE: Duration = Duration::from_secs(1);

/// A turn of the application's thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Its end.
    pub(super) now: Instant,
    /// The tasks of connections took long.
    pub(super) is_long: bool,
    /// After it.
    pub(super) workload: Workload,
}

/// Which turns follow each other closely, and bring what the application handles quickly. Tests set their own, so as not to depend on
/// how fast the machine is.
#[derive(Debug)]
pub(super) struct Pace {
    /// See [`WINDOW`].
    pub(super) window: Duration,
    /// See [`LIGHT`], nanoseconds.
    pub(super) light: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            window: WINDOW,
            light: LIGHT,
        }
    }
}

/// Turns in a row.
#[derive(Debug, Default)]
pub(super) struct Streak {
    pub(super) pace: Pace,
    turns: u32,
    several: u32,
    /// Turns with one event, in a row.
    lone: u32,
    /// Turns in a row after which events took long. A few are so when other programs are busy.
    heavy: u32,
    /// Turns without an event, in a row.
    vain: u32,
    /// Grows with turns that take long, and shrinks with others.
    long: u32,
    /// Until then the application's thread does not drive.
    pauses_until: Option<Instant>,
    /// Events that there had ever been.
    seen: u64,
    last: Option<Instant>,
}

impl Streak {
    /// Whether the next turn is to be the application's.
    pub(super) fn is_complete(&self) -> bool {
        self.turns >= LENGTH && self.several >= SEVERAL
    }

    /// Begins anew.
    pub(super) fn restart(&mut self) {
        (self.turns, self.several) = (0, 0);
        (self.lone, self.heavy) = (0, 0);
        (self.vain, self.long) = (0, 0);
    }

    fn is_heavy(&self, workload: Workload) -> bool {
        workload.unit_time > self.pace.light
    }

    /// Notes a turn of the io thread. Returns whether it brought any event.
    pub(super) fn note(&mut self, workload: Workload, now: Instant, lone_count: bool) -> bool {
        let new = workload.events.saturating_sub(self.seen);
        self.seen = workload.events;
        if new == 0 {
            return false;
        }
        let last = self.last.replace(now);
        let window = self.pace.window;
        let is_soon = last.is_some_and(|last| now.saturating_duration_since(last) < window);
        let pauses = self.pauses_until.is_some_and(|end| now < end);
        if !is_soon || new > FEW || self.is_heavy(workload) || pauses {
            self.restart();
            return true;
        }
        if self.turns == LENGTH {
            // Those of the last turns count.
            (self.turns, self.several) = (LENGTH / 2, self.several / 2);
        }
        self.turns += 1;
        self.several += u32::from(new > 1 || lone_count);
        true
    }

    /// Notes a turn of the application's thread. Returns whether it is to go on.
    pub(super) fn goes_on(&mut self, effort: Effort, lone_count: bool) -> bool {
        let Effort {
            now,
            is_long,
            workload,
        } = effort;
        let new = workload.events.saturating_sub(self.seen);
        self.seen = workload.events;
        match new {
            0 => self.vain += 1,
            1 if !lone_count => (self.vain, self.lone) = (0, self.lone + 1),
            _ => (self.vain, self.lone) = (0, 0),
        }
        self.heavy = if self.is_heavy(workload) {
            self.heavy + 1
        } else {
            0
        };
        self.long = if is_long {
            self.long + LONG_WEIGHT
        } else {
            self.long.saturating_sub(1)
        };
        if self.vain >= LENGTH || self.long >= MOST_LONG {
            self.pauses_until = Some(now + PAUSE);
            return false;
        }
        new <= STILL_FEW && self.lone < LENGTH && self.heavy < LENGTH
    }
}
