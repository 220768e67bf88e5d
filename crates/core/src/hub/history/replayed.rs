//! Replayed messages for clients that compress. Many clients come back at once and miss the same messages: each is
//! compressed once for all of them whose parameters allow that, as a broadcast is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::codec;
use crate::hub::deferred::{Broadcast, Compressible, SharedFrame};

/// Most bytes of messages that are noted. Others are compressed for each client.
const MOST: usize = 4 * 1024 * 1024;

/// A message that was replayed a moment ago.
struct Entry {
    /// Keeps the address, by which the message is found, from being used again.
    _frame: SharedFrame,
    message: Arc<Compressible>,
}

#[derive(Default)]
struct State {
    /// By the addresses of their frames, and whether they are in the form for clients with positions.
    entries: HashMap<(usize, bool), Entry>,
    /// Bytes of the messages.
    bytes: usize,
}

/// The messages that were replayed to clients that compress since [`Replayed::forget`] was called last.
#[derive(Default)]
pub struct Replayed(Mutex<State>);

impl Replayed {
    /// A kept message in the form for a client: see [`form`].
    pub fn message(&self, frame: &SharedFrame, plain_len: usize, with_place: bool) -> Broadcast {
        let key = (frame.as_ptr() as usize, with_place);
        let mut state = self.lock();
        if let Some(entry) = state.entries.get(&key) {
            return Broadcast::of_compressible(Arc::clone(&entry.message));
        }
        let message = form(frame, plain_len, with_place);
        if state.bytes + message.text_len() <= MOST {
            state.bytes += message.text_len();
            let entry = Entry {
                _frame: Arc::clone(frame),
                message: message.compressible(),
            };
            state.entries.insert(key, entry);
        }
        message
    }

    /// Forgets the messages. To be called from time to time.
    pub fn forget(&self) {
        let state = std::mem::take(&mut *self.lock());
        drop(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often each noted message was compressed.
    #[cfg(test)]
    pub fn compressed(&self) -> Vec<usize> {
        let state = self.lock();
        let entries = state.entries.values();
        let counts = entries.map(|entry| entry.message.compressed.lock().unwrap().len());
        counts.collect()
    }
}

/// A kept message in the form for a client. `with_place`: it knows of positions, and is sent the frame as it is kept. Others
/// are sent the first `plain_len` bytes of the text, whose last is the closing brace.
pub fn form(frame: &SharedFrame, plain_len: usize, with_place: bool) -> Broadcast {
    if with_place {
        return Broadcast::of_frame(Arc::clone(frame));
    }
    let start = codec::text_of(frame).get(..plain_len.saturating_sub(1));
    let frame = codec::encode_text_parts(start.unwrap_or_default(), b"}");
    Broadcast::of_frame(frame)
}
