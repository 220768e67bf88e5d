//! The cases by name.

use crate::inputs::Size::{K1, K64, Text64};
use crate::{codec, envelope, hub};

/// Something to count.
pub struct Case {
    /// What it is called in the table and on the command line.
    pub name: &'static str,
    /// How often to do it at first: enough to even out what happens only now and then, and few
    /// enough that a run takes a fraction of a second under an emulator.
    pub iterations: usize,
    /// Messages that one iteration should bring through.
    pub units: usize,
    /// Does it so many times; returns the messages that came through.
    pub run: fn(usize) -> usize,
}

const fn case(name: &'static str, iterations: usize, run: fn(usize) -> usize) -> Case {
    Case {
        name,
        iterations,
        units: 1,
        run,
    }
}

/// All cases. Sizes: 64 B of text, 1 KiB and 64 KiB of objects, as the benchmark sends them.
pub const CASES: &[Case] = &[
    case("decode-64", 4000, |n| codec::decode_whole(Text64, n)),
    case("decode-1k", 2000, |n| codec::decode_whole(K1, n)),
    case("decode-64k", 100, |n| codec::decode_whole(K64, n)),
    case("decode-cut-64", 4000, |n| codec::decode_cut(Text64, n)),
    case("decode-cut-1k", 2000, |n| codec::decode_cut(K1, n)),
    case("decode-cut-64k", 100, |n| codec::decode_cut(K64, n)),
    case("encode-64", 4000, |n| codec::encode(Text64, n)),
    case("encode-1k", 4000, |n| codec::encode(K1, n)),
    case("encode-64k", 400, |n| codec::encode(K64, n)),
    case("scan-64", 4000, |n| envelope::scan(Text64, n)),
    case("scan-1k", 400, |n| envelope::scan(K1, n)),
    case("scan-64k", 20, |n| envelope::scan(K64, n)),
    case("respond-64", 4000, |n| envelope::respond(Text64, n)),
    case("respond-1k", 4000, |n| envelope::respond(K1, n)),
    case("respond-64k", 400, |n| envelope::respond(K64, n)),
    case("receive-64", 4000, |n| hub::receive(Text64, n)),
    case("receive-1k", 400, |n| hub::receive(K1, n)),
    case("receive-64k", 20, |n| hub::receive(K64, n)),
    case("rate", 4000, hub::rate),
    Case {
        name: "broadcast-1000",
        iterations: 20,
        units: hub::AUDIENCE,
        run: hub::broadcast,
    },
    Case {
        name: "broadcast-room-1000",
        iterations: 20,
        units: hub::AUDIENCE,
        run: |n| hub::broadcast_to_room(false, n),
    },
    Case {
        name: "broadcast-history-1000",
        iterations: 20,
        units: hub::AUDIENCE,
        run: |n| hub::broadcast_to_room(true, n),
    },
];
