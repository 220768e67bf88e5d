//! The record of one event: a fixed number of integers, which the application's side reads without a call or
//! an object for each event.

/// Defines [`Kind`], and [`Kind::ALL`] from the same list.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(i32)]
        pub enum Kind {
            $($(#[$doc])* $name = $number,)+
        }

        impl Kind {
            /// Every kind with its name, for the application's side.
            pub const ALL: &'static [(&'static str, Self)] = &[$((stringify!($name), Self::$name)),+];
        }
    };
}

kinds! {
    /// A message for the application. `name`, `id` (raw JSON, or none), `payload` (raw JSON, or
    /// none), `error` (raw JSON, or none).
    Message = 1,
    /// A handshake. The first of a connection brings its generated connection id in `name`; for a
    /// later one `name` is none. `id`, `payload` as above. `number` is the connection's serial number.
    Handshake = 2,
    /// The answer to a `send`. `id`, `payload`; `error` only when it is truthy.
    Response = 3,
    /// The connection has ended. `number` is the close code, `payload` the reason as text.
    Closed = 4,
    /// A message that is not an envelope: `payload` is its text. Or a violation of the WebSocket protocol:
    /// `number` is its close code, `payload` a description.
    Invalid = 5,
    /// The peer has been silent for the ping interval. `number` as of [`Kind::Handshake`]: this event is told beside the
    /// flow of its connection, and is handled after the end of it where that is in the other queue and comes first.
    /// Then another connection may have the slot.
    PingDue = 6,
    /// Queued bytes have been written: `number` is their running total. Told beside the flow, too. The application asks
    /// for the total of the connection that has the slot, so it does not matter whose event this is.
    Written = 7,
    /// A ping message that could not be answered at once, in its turn. `id`.
    Ping = 8,
    /// All that waited for the peer has left, after the high-water mark was reached. `number` as of [`Kind::PingDue`].
    Drained = 9,
    /// A ping was not answered in time, or with an error: see [`Hub::ping`](super::Hub::ping).
    PingFailed = 10,
    /// An upgrade request waits for the application's decision. `slot` is its key.
    Upgrade = 11,
    /// A connection could not be accepted. `number` is the system error.
    AcceptFailed = 12,
    /// A listener was closed; connections it accepted live on. `slot` is its io thread.
    Detached = 13,
    /// An io thread has nothing left to do and ends. `slot` is its number.
    Stopped = 14,
    /// A message of which only the outline was read (see [`outline`](crate::envelope::outline)). `payload` is
    /// its whole text. The second byte of `number` is the count of bytes before the JSON of the message's
    /// payload, which may be invalid; the first byte is the count of bytes behind it. `interned`, `id`.
    Outlined = 15,
    /// A stream that was handed over is a connection now. `name` is its generated connection id,
    /// `number` the key of the stream.
    Opened = 16,
    /// Nothing is left of a stream that was handed over. `slot` is its key.
    Released = 17,
    /// There is something to take from a pipe, or its end. `slot` is its key.
    PipeOutput = 18,
    /// A pipe that was full has room again. `slot` is its key.
    PipeRoom = 19,
    /// Those who were asked have answered: see [`Hub::ask`](super::Hub::ask). `slot` is the key.
    Answered = 20,
    /// The members of rooms with presence have changed: see [`Changes`](super::Changes).
    Presence = 21,
    /// There is something to be told of other nodes.
    Nodes = 22,
    /// An engine that the application carries out has something to do.
    Engine = 23,
}

/// One part of an event: inline text, a string of its own, an interned name, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field(pub i32);

impl Field {
    /// The part is absent.
    pub const NONE: Self = Self(-1);

    /// The next `length` bytes of the batch's text.
    pub fn inline(length: usize) -> Self {
        Self(count(length))
    }

    /// The batch's string number `index`.
    pub fn string(index: usize) -> Self {
        Self(-2 - count(index))
    }

    /// Where the part is.
    pub fn place(self) -> Place {
        match usize::try_from(self.0) {
            Ok(length) => Place::Inline(length),
            Err(_) if self == Self::NONE => Place::Absent,
            Err(_) => Place::String(usize::try_from(-2 - self.0).unwrap_or_default()),
        }
    }
}

/// Where a part of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    Absent,
    /// The next bytes of the batch's text, so many.
    Inline(usize),
    /// The batch's string with this index.
    String(usize),
}

/// A number of bytes or items in a batch. A batch keeps it far below the limit of the type.
pub fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// One event: [`Record::WORDS`] integers.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    /// What happened.
    pub kind: Kind,
    /// To which connection.
    pub slot: u32,
    /// Index of an interned name, plus one; 0 when `name` is a field of its own.
    pub interned: u32,
    /// See [`Kind`]. The fields' inline text stands in the order name, id, payload, error.
    pub name: Field,
    /// Raw JSON of the message id.
    pub id: Field,
    /// Raw JSON of the payload.
    pub payload: Field,
    /// Raw JSON of the error.
    pub error: Field,
    /// See [`Kind`].
    pub number: u64,
}

impl Record {
    /// Integers a record takes.
    pub const WORDS: usize = 8;

    /// Integers in front of the records of a batch: how many records there are, how many strings, and
    /// whether more waits.
    pub const HEADER: usize = 3;

    /// A record with nothing but a kind and a slot.
    pub fn new(kind: Kind, slot: u32) -> Self {
        Self {
            kind,
            slot,
            interned: 0,
            name: Field::NONE,
            id: Field::NONE,
            payload: Field::NONE,
            error: Field::NONE,
            number: 0,
        }
    }

    /// Writes the record for the application's side: kind, slot, interned, name, id, payload,
    /// error, number. Only the totals of [`Kind::Written`] and serial numbers can exceed 32 bits, and their low
    /// half serves.
    pub fn write(&self, words: &mut [i32]) {
        let values = [
            self.kind as i32,
            self.slot.cast_signed(),
            self.interned.cast_signed(),
            self.name.0,
            self.id.0,
            self.payload.0,
            self.error.0,
            self.number as i32,
        ];
        words[..Self::WORDS].copy_from_slice(&values);
    }
}
