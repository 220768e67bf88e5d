//! How fast one peer may send: token buckets for messages and for bytes. A peer that is over its rate is not
//! read, which slows it down. A peer that stays behind for too long is closed.
//!
//! Sans-IO: times are the hub's milliseconds, and the reader of the stream follows [`Pace`].

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

/// A bucket of tokens, to which a rate adds and of which each message or byte consumes one. The rate, in
/// tokens per second, is kept beside it; with a rate of 0 the bucket is always full.
#[derive(Debug)]
struct Bucket {
    /// Below zero when more was consumed than there was.
    tokens: i64,
}

impl Bucket {
    /// A full bucket that holds what `burst` milliseconds add.
    fn new(per_second: u32, burst: u32) -> Self {
        let mut bucket = Self { tokens: 0 };
        bucket.refill(per_second, u64::MAX, burst);
        bucket
    }

    fn refill(&mut self, per_second: u32, milliseconds: u64, burst: u32) {
        if per_second == 0 {
            self.tokens = i64::MAX;
            return;
        }
        let per_second = i64::from(per_second);
        // A bucket that never holds a whole token would let nothing through.
        let capacity = per_second.saturating_mul(burst.into()).max(TOKEN);
        let added = per_second.saturating_mul(signed(milliseconds));
        self.tokens = self.tokens.saturating_add(added).min(capacity);
    }

    /// Whether it holds what so many milliseconds add, and a whole token.
    fn holds(&self, per_second: u32, milliseconds: u32) -> bool {
        self.tokens
            >= i64::from(per_second)
                .saturating_mul(milliseconds.into())
                .max(TOKEN)
    }

    fn consume(&mut self, count: usize) {
        let consumed = signed(count as u64).saturating_mul(TOKEN);
        self.tokens = self.tokens.saturating_sub(consumed);
    }

    /// Whole tokens.
    fn left(&self) -> usize {
        usize::try_from(self.tokens / TOKEN).unwrap_or(0)
    }

    fn has(&self, count: usize) -> bool {
        self.tokens >= signed(count as u64).saturating_mul(TOKEN)
    }

    /// Milliseconds until there is a whole token.
    fn wait(&self, per_second: u32) -> u64 {
        let missing = TOKEN.saturating_sub(self.tokens);
        let per_second = u64::from(per_second.max(1));
        u64::try_from(missing).map_or(0, |missing| missing.div_ceil(per_second))
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

/// Milliseconds of its rate that a peer must have left in order not to count as behind, unless a burst is
/// shorter. That all it sent has been read is not enough: for a moment that is true of a flooding peer too.
const SLACK: u32 = 10;

/// The limits of one connection, as they were when it opened. Every connection has them, so they are
/// laid out to be small.
#[derive(Debug)]
pub struct RateLimit {
    messages: Bucket,
    bytes: Bucket,
    messages_per_second: u32,
    bytes_per_second: u32,
    /// Milliseconds of their rate that the buckets hold.
    burst: u32,
    /// Milliseconds a peer may be behind; 0: for ever.
    timeout: u32,
    /// When the buckets were filled last.
    filled: u64,
    /// Milliseconds for which the peer had been behind at that time.
    behind_for: u32,
    /// The peer is held back, or was and has not kept to its rate since.
    is_behind: bool,
    /// All that the peer has sent was read, and nothing has come since.
    is_drained: bool,
}

impl RateLimit {
    /// The limits that hold for a connection opened at `now`.
    pub fn new(config: &Config, now: u64) -> Self {
        let burst = config.rate_burst();
        let messages_per_second = config.messages_per_second();
        let bytes_per_second = config.bytes_per_second();
        Self {
            messages: Bucket::new(messages_per_second, burst),
            bytes: Bucket::new(bytes_per_second, burst),
            messages_per_second,
            bytes_per_second,
            burst,
            timeout: config.rate_timeout(),
            filled: now,
            behind_for: 0,
            is_behind: false,
            is_drained: false,
        }
    }

    /// Whether `most` bytes may be read and a message be received, by what is left in the buckets. If so, the
    /// time need not be queried, as [`RateLimit::pace`] requires.
    pub fn has_room(&self, most: usize) -> bool {
        self.allows_message() && self.bytes.has(most)
    }

    /// What to do at `now`.
    pub fn pace(&mut self, now: u64) -> Pace {
        self.advance(now);
        self.clear_if_kept_up();
        let for_message = self.messages.wait(self.messages_per_second);
        let wait = for_message.max(self.bytes.wait(self.bytes_per_second));
        if wait == 0 {
            return Pace::Read(self.bytes.left().max(LEAST_READ));
        }
        let wait = wait.max(self.burst.clamp(1, LEAST_WAIT).into());
        self.is_behind = true;
        if self.timeout == 0 {
            return Pace::Wait(wait);
        }
        match self.timeout.saturating_sub(self.behind_for) {
            0 => Pace::TooLong,
            left => Pace::Wait(wait.min(left.into())),
        }
    }

    /// So many bytes were read at `now`.
    pub fn count_read(&mut self, now: u64, count: usize) {
        self.advance(now);
        self.clear_if_kept_up();
        self.is_drained = false;
        self.bytes.consume(count);
    }

    /// So many bytes were inflated. They count as well, because they cost as much. Returns whether more may be
    /// inflated before the next [`RateLimit::pace`].
    pub fn count_inflated(&mut self, count: usize) -> bool {
        self.bytes.consume(count);
        self.bytes.has(1)
    }

    /// Whether a further message may be received before the next [`RateLimit::pace`].
    pub fn allows_message(&self) -> bool {
        self.messages.tokens >= TOKEN
    }

    /// A message, or a control frame, was received, as [`RateLimit::allows_message`] allows.
    pub fn count_message(&mut self) {
        self.messages.tokens -= TOKEN;
    }

    /// So many things were received that each count as a message, whether that was allowed or not.
    pub fn count_messages(&mut self, count: usize) {
        self.messages.consume(count);
    }

    /// All that the peer has sent so far was read. It is not behind any more once it has some slack.
    pub fn caught_up(&mut self) {
        self.is_drained = true;
        self.clear_if_kept_up();
    }

    /// Whether the peer is held back, or was and has not kept to its rate since.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    fn clear_if_kept_up(&mut self) {
        if self.is_drained && self.is_behind {
            let slack = self.burst.min(SLACK);
            if self.messages.holds(self.messages_per_second, slack)
                && self.bytes.holds(self.bytes_per_second, slack)
            {
                self.is_behind = false;
                self.behind_for = 0;
            }
        }
    }

    /// Adds what the time until `now` brings.
    fn advance(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.filled);
        if elapsed > 0 {
            self.filled = now;
            if self.is_behind {
                let elapsed = u32::try_from(elapsed).unwrap_or(u32::MAX);
                self.behind_for = self.behind_for.saturating_add(elapsed);
            }
            self.messages
                .refill(self.messages_per_second, elapsed, self.burst);
            self.bytes
                .refill(self.bytes_per_second, elapsed, self.burst);
        }
    }
}

#[cfg(test)]
mod tests;
