//! When the application's thread drives.

use std::time::{Duration, Instant};

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

/// Turns in a row.
#[derive(Debug, Default)]
pub(super) struct Streak {
    turns: u32,
    several: u32,
    /// Turns with one event, in a row.
    lone: u32,
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
        (self.turns, self.several, self.lone) = (0, 0, 0);
    }

    /// Notes a turn of the io thread, after which there have ever been so many events. Returns whether it brought any.
    pub(super) fn note(&mut self, events: u64, now: Instant, lone_count: bool) -> bool {
        let new = events.saturating_sub(self.seen);
        self.seen = events;
        if new == 0 {
            return false;
        }
        let last = self.last.replace(now);
        let is_soon = last.is_some_and(|last| now.saturating_duration_since(last) < WINDOW);
        if !is_soon || new > FEW {
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
    pub(super) fn goes_on(&mut self, events: u64, lone_count: bool) -> bool {
        let new = events.saturating_sub(self.seen);
        self.seen = events;
        match new {
            0 => {}
            1 if !lone_count => self.lone += 1,
            _ => self.lone = 0,
        }
        new <= STILL_FEW && self.lone < LENGTH
    }
}
