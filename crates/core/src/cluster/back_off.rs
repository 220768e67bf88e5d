//! How long to wait before the next try: full jitter, so that many nodes do not come back at one moment.

use std::time::Duration;

use uuid::Uuid;

const FIRST: u64 = 50;

/// The longest pause, in milliseconds.
pub const LONGEST: u64 = 5000;

/// Pauses between tries. A random part of 50 ms first; the bound doubles up to 5 s.
#[derive(Debug)]
pub struct BackOff {
    bound: u64,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { bound: FIRST }
    }
}

impl BackOff {
    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        self.pause_up_to(LONGEST)
    }

    /// The next pause, of `longest` milliseconds at most.
    pub fn pause_up_to(&mut self, longest: u64) -> Duration {
        let (random, _) = Uuid::new_v4().as_u64_pair();
        let pause = random % (self.bound.min(longest) + 1);
        self.bound = (self.bound * 2).min(longest);
        Duration::from_millis(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_seconds() {
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            let mut back_off = BackOff::default();
            assert!(back_off.pause() <= Duration::from_millis(50));
            assert!(back_off.pause() <= Duration::from_millis(100));
            for _ in 0..20 {
                longest = longest.max(back_off.pause());
            }
        }
        assert!(longest <= Duration::from_secs(5));
        assert!(longest > Duration::from_secs(2));
        let mut back_off = BackOff::default();
        let pauses = (0..100).map(|_| back_off.pause_up_to(750));
        let longest = pauses.max();
        assert!(longest <= Some(Duration::from_millis(750)));
        assert!(longest > Some(Duration::from_millis(300)));
    }
}
