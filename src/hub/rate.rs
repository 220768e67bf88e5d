//! How fast one peer may send: token buckets for messages and for bytes. A peer that is over its
//! rate is not read, which slows it down; one that stays behind for too long has to go.
//!
//! Sans-IO: times are the hub's milliseconds, and whoever reads the stream does as it is told.

use super::config::Config;

/// Fewest bytes read at once, however few are left in the bucket: reading byte by byte would cost
/// more than it saves.
const LEAST_READ: usize = 1024;

/// Shortest wait, in milliseconds, unless a burst is shorter: a peer that is held back costs at most
/// so many wake-ups a second.
const LEAST_WAIT: u32 = 10;

/// A token in the unit that tokens are counted in: with a rate per second, a millisecond adds that many
/// thousandths, exactly.
const TOKEN: i64 = 1000;

/// A bucket of tokens, to which a rate adds and from which each message or byte takes one.
#[derive(Debug)]
struct Bucket {
    per_second: i64,
    capacity: i64,
    /// Below zero once more was taken than there was.
    tokens: i64,
}

impl Bucket {
    /// A full bucket; `None` for a rate of 0, which is no limit.
    fn new(per_second: u32, burst: u32) -> Option<Self> {
        if per_second == 0 {
            return None;
        }
        let per_second = i64::from(per_second);
        // What never holds a whole token would let nothing through.
        let capacity = per_second.saturating_mul(burst.into()).max(TOKEN);
        Some(Self {
            per_second,
            capacity,
            tokens: capacity,
        })
    }

    fn refill(&mut self, milliseconds: u64) {
        let added = self.per_second.saturating_mul(signed(milliseconds));
        self.tokens = self.tokens.saturating_add(added).min(self.capacity);
    }

    fn take(&mut self, count: u64) {
        let taken = signed(count).saturating_mul(TOKEN);
        self.tokens = self.tokens.saturating_sub(taken);
    }

    /// Whole tokens.
    fn left(&self) -> u64 {
        u64::try_from(self.tokens / TOKEN).unwrap_or(0)
    }

    /// Milliseconds until there is a whole token.
    fn wait(&self) -> u64 {
        let missing = TOKEN.saturating_sub(self.tokens);
        u64::try_from(missing).map_or(0, |missing| {
            missing.div_ceil(self.per_second.unsigned_abs())
        })
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What the reader of a limited connection does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Read, at most so many bytes.
    Read(usize),
    /// Do not read for so many milliseconds.
    Wait(u64),
    /// The peer has been behind for longer than it may be: end the connection (4207).
    TooLong,
}

/// The limits of one connection.
#[derive(Debug)]
pub struct RateLimit {
    messages: Option<Bucket>,
    bytes: Option<Bucket>,
    /// When the buckets were filled last.
    filled: u64,
    /// Since when the peer has been held back without once having been read to the end.
    behind_since: Option<u64>,
    /// Milliseconds a peer may be behind; 0: for ever.
    patience: u64,
    /// Milliseconds of the shortest wait.
    least_wait: u64,
}

impl RateLimit {
    /// The limits that hold for a connection opened at `now`; `None` without any.
    pub fn new(config: &Config, now: u64) -> Option<Self> {
        let burst = config.rate_burst();
        let messages = Bucket::new(config.messages_per_second(), burst);
        let bytes = Bucket::new(config.bytes_per_second(), burst);
        if messages.is_none() && bytes.is_none() {
            return None;
        }
        Some(Self {
            messages,
            bytes,
            filled: now,
            behind_since: None,
            patience: config.rate_timeout().into(),
            least_wait: burst.clamp(1, LEAST_WAIT).into(),
        })
    }

    /// What to do at `now`.
    pub fn pace(&mut self, now: u64) -> Pace {
        let elapsed = now.saturating_sub(self.filled);
        self.filled = now;
        for bucket in [&mut self.messages, &mut self.bytes].into_iter().flatten() {
            bucket.refill(elapsed);
        }
        let wait = [&self.messages, &self.bytes]
            .into_iter()
            .flatten()
            .map(Bucket::wait)
            .max()
            .unwrap_or(0);
        if wait == 0 {
            return Pace::Read(self.readable());
        }
        let wait = wait.max(self.least_wait);
        let since = *self.behind_since.get_or_insert(now);
        if self.patience == 0 {
            return Pace::Wait(wait);
        }
        match (since + self.patience).checked_sub(now) {
            None | Some(0) => Pace::TooLong,
            Some(left) => Pace::Wait(wait.min(left)),
        }
    }

    /// Whether a further message may be taken in before the next [`RateLimit::pace`].
    pub fn allows_message(&self) -> bool {
        self.messages
            .as_ref()
            .is_none_or(|bucket| bucket.left() > 0)
    }

    /// A message, or a control frame, was taken in.
    pub fn take_message(&mut self) {
        if let Some(bucket) = &mut self.messages {
            bucket.take(1);
        }
    }

    /// So many bytes were read.
    pub fn take_bytes(&mut self, count: usize) {
        if let Some(bucket) = &mut self.bytes {
            bucket.take(count as u64);
        }
    }

    /// All that the peer has sent so far was read: it is not behind any more.
    pub fn caught_up(&mut self) {
        self.behind_since = None;
    }

    /// Whether the peer is held back, or was and has not been read to the end since.
    pub fn is_behind(&self) -> bool {
        self.behind_since.is_some()
    }

    fn readable(&self) -> usize {
        let Some(bucket) = &self.bytes else {
            return usize::MAX;
        };
        usize::try_from(bucket.left()).map_or(usize::MAX, |left| left.max(LEAST_READ))
    }
}

#[cfg(test)]
#[path = "rate_tests.rs"]
mod tests;
