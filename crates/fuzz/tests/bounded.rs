//! Runs every target on every seed, and for a few seconds on mutations of the seeds. The inputs are deterministic; only
//! their number depends on the machine. `FUZZ_SEED` selects other inputs, and `FUZZ_SECONDS` (default 2 for each
//! target) sets the time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use line_socket_native_fuzz::{Target, mutate::Mutator, target};

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect(name))
}

fn folder(name: &str, target: &Target) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join(name).join(target.name)
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder("seeds", target)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs the target. An input that fails is kept in a file, which the test names.
fn check(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok() {
        return;
    }
    let folder = folder("artifacts", target);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("bounded");
    fs::write(&file, input).unwrap();
    let shown = input.escape_ascii();
    panic!("{} failed on {shown}: see {}", target.name, file.display());
}

fn bounded(name: &str) {
    let target = target(name);
    let corpus = seeds(&target);
    assert!(!corpus.is_empty());
    for seed in &corpus {
        check(&target, seed);
    }
    let mut mutator = Mutator::new(number("FUZZ_SEED", 1), target.dictionary);
    let limit = Duration::from_secs(number("FUZZ_SECONDS", 2));
    let start = Instant::now();
    let mut inputs = 0;
    while start.elapsed() < limit {
        check(&target, &mutator.make(&corpus));
        inputs += 1;
    }
    println!("{name}: {} seeds, {inputs} mutations", corpus.len());
}

#[test]
fn cluster() {
    bounded("cluster");
}

#[test]
fn codec() {
    bounded("codec");
}

#[test]
fn envelope() {
    bounded("envelope");
}

#[test]
fn inflate() {
    bounded("inflate");
}

#[test]
fn upgrade() {
    bounded("upgrade");
}
