//! Properties that must hold for any bytes that a peer sends. Each target is a function that panics when its property
//! does not hold.
//!
//! The same functions run under a coverage-guided fuzzer (`targets/`, `npm run fuzz`) and, for a few
//! seconds, in the tests (`tests/bounded.rs`), where they need nothing but stable Rust.

mod cluster;
mod codec;
mod cuts;
mod envelope;
mod inflate;
pub mod mutate;
mod upgrade;

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its folder in `seeds` and of its binary.
    pub name: &'static str,
    /// Runs it on one input. Panics when a property does not hold.
    pub run: fn(&[u8]),
    /// Tokens for mutation: a dictionary of libFuzzer, from `dictionaries`.
    pub dictionary: &'static str,
}

/// Every target.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "cluster",
        run: cluster::run,
        dictionary: include_str!("../dictionaries/cluster.dict"),
    },
    Target {
        name: "codec",
        run: codec::run,
        dictionary: include_str!("../dictionaries/codec.dict"),
    },
    Target {
        name: "envelope",
        run: envelope::run,
        dictionary: include_str!("../dictionaries/envelope.dict"),
    },
    Target {
        name: "inflate",
        run: inflate::run,
        dictionary: include_str!("../dictionaries/inflate.dict"),
    },
    Target {
        name: "upgrade",
        run: upgrade::run,
        dictionary: include_str!("../dictionaries/upgrade.dict"),
    },
];

/// The target called `name`.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> Target {
    let mut all = TARGETS.into_iter();
    all.find(|target| target.name == name)
        .unwrap_or_else(|| panic!("no target is called {name}"))
}
