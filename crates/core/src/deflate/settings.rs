//! How the server compresses: the parameters of zlib.

use zlib_rs::{Deflate, DeflateConfig};

pub use zlib_rs::Strategy as CompressionStrategy;

use super::agreement::MAX_WINDOW_BITS;

/// How the server compresses: the parameters of zlib.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompressionSettings {
    /// -1 (zlib's own choice, 6), 0 (none) to 9 (smallest). Default -1.
    pub level: i32,
    /// 1 (least memory) to 9. Default 8.
    pub mem_level: i32,
    /// The kind of data that zlib is tuned for.
    pub strategy: CompressionStrategy,
    /// Bits of the window, 8 to 15, unless fewer are agreed on. Default 15.
    pub window_bits: u8,
    /// Bytes of output made at a time. Default 16 KiB.
    pub chunk: usize,
}

impl Default for CompressionSettings {
    fn default() -> Self {
        Self {
            level: -1,
            mem_level: 8,
            strategy: CompressionStrategy::Default,
            window_bits: MAX_WINDOW_BITS,
            chunk: 16 * 1024,
        }
    }
}

impl CompressionSettings {
    /// A state for these settings.
    pub(super) fn make(&self) -> Deflate {
        // zlib has no window of 8 bits. A window of 9 serves as well: zlib refers back by at most the window
        // less the 262 bytes that it looks ahead, which is 250.
        let bits = i32::from(self.window_bits.max(9));
        Deflate::new_with_config(DeflateConfig {
            level: self.level,
            // Raw deflate, without zlib's header.
            window_bits: -bits,
            mem_level: self.mem_level,
            strategy: self.strategy,
            ..DeflateConfig::default()
        })
    }
}
