//! The layout of events for JavaScript, written into `lib/binding/layout.js` from the definitions here and in the
//! core. The test fails when that file does not match the definitions; `UPDATE_LAYOUT=1 cargo test layout` writes it.

use std::fmt::Write;
use std::path::Path;

use line_socket_core::{BATCH_EVENTS, Field, Kind, LANES, REQUEST_PREFIX, Record};

use crate::answers::{ANSWER, form};
use crate::messages::outcome;

const FILE: &str = "lib/binding/layout.js";

const HEAD: &str = "// @ts-check
'use strict';

/**
 * The layout of native events. Generated from the Rust definitions (`src/layout.rs`): do not edit, run
 * `UPDATE_LAYOUT=1 cargo test layout`.
 */
";

/// `PipeOutput` as `PIPE_OUTPUT`.
fn constant(name: &str) -> String {
    let mut constant = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            constant.push('_');
        }
        constant.push(letter.to_ascii_uppercase());
    }
    constant
}

/// A frozen object of numbers.
fn object(out: &mut String, doc: &str, name: &str, entries: &[(String, i32)]) {
    let _ = writeln!(out, "\n/** {doc} */\nconst {name} = Object.freeze({{");
    for (key, value) in entries {
        let _ = writeln!(out, "  {key}: {value},");
    }
    out.push_str("});\n");
}

fn layout() -> String {
    let kinds: Vec<_> = Kind::ALL
        .iter()
        .map(|&(name, kind)| (constant(name), kind as i32))
        .collect();
    let lanes = LANES.map(|lane| (constant(&format!("{lane:?}")), lane as i32));
    let sizes = [
        ("HEADER", Record::HEADER),
        ("RECORD", Record::WORDS),
        ("EVENTS", BATCH_EVENTS),
    ]
    .map(|(name, size)| (name.to_owned(), i32::try_from(size).unwrap()));
    let outcomes = [
        ("QUEUED", outcome::QUEUED),
        ("NOT_OPEN", outcome::NOT_OPEN),
        ("OVERFLOW", outcome::OVERFLOW),
    ]
    .map(|(name, code)| (name.to_owned(), code));

    let mut out = HEAD.to_owned();
    object(
        &mut out,
        "Kinds of events: `Kind` in `hub/record.rs`.",
        "KIND",
        &kinds,
    );
    object(
        &mut out,
        "The queues of events: `hub/lane.rs`.",
        "LANE",
        &lanes,
    );
    object(
        &mut out,
        "Integers in front of the records of a batch and of each record, and the most records.",
        "SIZE",
        &sizes,
    );
    object(
        &mut out,
        "What the native `send` and `respond` return: `src/messages.rs`.",
        "OUTCOME",
        &outcomes,
    );
    let forms = [
        ("NONE", form::NONE),
        ("JSON", form::JSON),
        ("STRING", form::STRING),
        ("BITS", form::BITS),
        ("WORDS", i32::try_from(ANSWER).unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    object(
        &mut out,
        "Forms of a payload, their bits, and the integers of an answer: `src/answers.rs`.",
        "ANSWER",
        &forms,
    );
    let none = Field::NONE.0;
    let _ = writeln!(
        out,
        "\n/** A field of a record that is absent. */\nconst NONE = {none};"
    );
    let _ = writeln!(
        out,
        "\n/** What the ids of messages for many begin with; their key follows. */\nconst REQUEST_PREFIX = '{REQUEST_PREFIX}';"
    );
    out.push_str(
        "\nmodule.exports = { KIND, LANE, SIZE, OUTCOME, ANSWER, NONE, REQUEST_PREFIX };\n",
    );
    out
}

#[test]
fn the_layout_that_javascript_reads_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let layout = layout();
    if std::env::var_os("UPDATE_LAYOUT").is_some() {
        std::fs::write(&file, layout).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, layout, "{FILE} is not current: see src/layout.rs");
}
