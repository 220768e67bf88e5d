//! The policy for peers that offer permessage-deflate.

use napi::bindgen_prelude::Either;
use napi::{Error, Result, Status};
use napi_derive::napi;

use line_socket_core::{CompressionPolicy, CompressionSettings, CompressionStrategy, WindowBits};

use super::state::ServerCore;

/// The option `perMessageDeflate` with its defaults; `lib/options/compression.js` has checked it.
#[napi(object, object_to_js = false)]
pub struct CompressionOptions {
    pub server_context_takeover: bool,
    pub client_context_takeover: bool,
    /// Largest window in bits; true: any, false: a limit is never agreed to.
    pub server_max_window_bits: Either<bool, i32>,
    /// The same for what clients compress.
    pub client_max_window_bits: Either<bool, i32>,
    /// Messages below are not compressed, in bytes.
    pub threshold: i32,
    pub level: i32,
    pub mem_level: i32,
    /// By zlib's numbers.
    pub strategy: i32,
    pub window_bits: i32,
    /// Bytes of output that zlib makes at a time.
    pub chunk_size: i32,
    /// The same when inflating.
    pub inflate_chunk_size: i32,
}

#[napi]
impl ServerCore {
    /// Sets the policy for later connections. Without options nothing is agreed to.
    ///
    /// # Errors
    /// Settings that zlib does not support.
    #[napi]
    pub fn set_compression(&self, options: Option<CompressionOptions>) -> Result<()> {
        let policy = options.as_ref().map(policy).transpose()?;
        self.state()?.hub.config.set_compression(policy);
        Ok(())
    }
}

fn policy(options: &CompressionOptions) -> Result<CompressionPolicy> {
    Ok(CompressionPolicy {
        server_takeover: options.server_context_takeover,
        client_takeover: options.client_context_takeover,
        server_max_window_bits: window_bits(options.server_max_window_bits)?,
        client_max_window_bits: window_bits(options.client_max_window_bits)?,
        threshold: size(options.threshold)?,
        settings: CompressionSettings {
            level: within(options.level, -1, 9)?,
            mem_level: within(options.mem_level, 1, 9)?,
            strategy: match options.strategy {
                1 => CompressionStrategy::Filtered,
                2 => CompressionStrategy::HuffmanOnly,
                3 => CompressionStrategy::Rle,
                4 => CompressionStrategy::Fixed,
                _ => CompressionStrategy::Default,
            },
            window_bits: bits(options.window_bits)?,
            chunk: size(within(options.chunk_size, 64, i32::MAX)?)?,
        },
        inflate_chunk: size(within(options.inflate_chunk_size, 64, i32::MAX)?)?,
    })
}

fn window_bits(given: Either<bool, i32>) -> Result<WindowBits> {
    Ok(match given {
        Either::A(true) => WindowBits::Any,
        Either::A(false) => WindowBits::Never,
        Either::B(most) => WindowBits::AtMost(bits(most)?),
    })
}

fn bits(number: i32) -> Result<u8> {
    u8::try_from(within(number, 8, 15)?).map_err(|_| invalid(number))
}

fn size(number: i32) -> Result<usize> {
    usize::try_from(number).map_err(|_| invalid(number))
}

/// zlib does not support values out of range. JavaScript has checked them already.
fn within(number: i32, least: i32, most: i32) -> Result<i32> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(invalid(number))
    }
}

fn invalid(number: i32) -> Error {
    let text = format!("{number} is out of range for compression");
    Error::new(Status::InvalidArg, text)
}
