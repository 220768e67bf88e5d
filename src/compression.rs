//! The function that sets what is agreed to when a peer offers permessage-deflate.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::Object;
use napi::{Error, Result, Status};

use line_socket_core::{CompressionPolicy, CompressionSettings, CompressionStrategy, WindowBits};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Numbers that make up a policy; `lib/options/compression.js` writes them.
const WORDS: usize = 11;

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "compression", server, compression)
}

/// `compression(words: Int32Array | undefined)`. For connections to come: a policy, or nothing is
/// agreed to. In this order: context takeover of the server and of the client (1: yes); largest
/// window of the server and of the client (0: any, -1: never agreed to); threshold; level, memory
/// level, strategy, window bits and chunk size of zlib's deflate; chunk size of its inflate.
fn compression(server: &mut JsServer, call: &Call) -> Result<Value> {
    let policy = if call.is_nothing(0)? {
        None
    } else {
        let mut given = [0; WORDS];
        call.fill_words(0, |words| {
            for (word, value) in given.iter_mut().zip(words) {
                *word = *value;
            }
        })?;
        Some(policy(given)?)
    };
    server.hub.config.set_compression(policy);
    call.undefined()
}

fn policy(words: [i32; WORDS]) -> Result<CompressionPolicy> {
    let [
        server_takeover,
        client_takeover,
        server_window,
        client_window,
        threshold,
        level,
        mem_level,
        strategy,
        window,
        chunk,
        inflate_chunk,
    ] = words;
    Ok(CompressionPolicy {
        server_takeover: server_takeover == 1,
        client_takeover: client_takeover == 1,
        server_max_window_bits: window_bits(server_window)?,
        client_max_window_bits: window_bits(client_window)?,
        threshold: size(threshold)?,
        settings: CompressionSettings {
            level: within(level, -1, 9)?,
            mem_level: within(mem_level, 1, 9)?,
            strategy: match strategy {
                1 => CompressionStrategy::Filtered,
                2 => CompressionStrategy::HuffmanOnly,
                3 => CompressionStrategy::Rle,
                4 => CompressionStrategy::Fixed,
                _ => CompressionStrategy::Default,
            },
            window_bits: bits(window)?,
            chunk: size(within(chunk, 64, i32::MAX)?)?,
        },
        inflate_chunk: size(within(inflate_chunk, 64, i32::MAX)?)?,
    })
}

fn window_bits(word: i32) -> Result<WindowBits> {
    Ok(match word {
        0 => WindowBits::Any,
        -1 => WindowBits::Never,
        most => WindowBits::AtMost(bits(most)?),
    })
}

fn bits(word: i32) -> Result<u8> {
    u8::try_from(within(word, 8, 15)?).map_err(|_| invalid(word))
}

fn size(word: i32) -> Result<usize> {
    usize::try_from(word).map_err(|_| invalid(word))
}

/// zlib has no state for what is out of range; JavaScript has checked that already.
fn within(word: i32, least: i32, most: i32) -> Result<i32> {
    if (least..=most).contains(&word) {
        Ok(word)
    } else {
        Err(invalid(word))
    }
}

fn invalid(word: i32) -> Error {
    let text = format!("{word} is out of range for compression");
    Error::new(Status::InvalidArg, text)
}
