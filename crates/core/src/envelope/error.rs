/// The deepest nesting of objects and arrays accepted, the envelope itself counted as one level.
///
/// `JSON.parse` and above all `JSON.stringify` recurse. A handler that merely echoes a payload of some
/// thousand levels would overflow the JavaScript stack, so that a peer could make it fail. Ordinary payloads
/// do not come near this depth.
pub const MAX_DEPTH: usize = 1000;

/// Why a text is not an envelope. The connection survives every one of these: it reports
/// `scInvalidJson` with the text as payload (contract section 4).
///
/// Offsets are in bytes from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEnvelope {
    /// The text is not JSON (RFC 8259): `JSON.parse` would throw.
    #[error("invalid JSON at byte {offset}")]
    Syntax {
        /// The first byte that cannot continue a JSON text; the length of the text when it ends
        /// too early.
        offset: usize,
    },
    /// Objects and arrays are nested deeper than [`MAX_DEPTH`] levels.
    #[error("nested deeper than {MAX_DEPTH} levels at byte {offset}")]
    TooDeep {
        /// The bracket that opens the level too many.
        offset: usize,
    },
    /// The text is JSON, but not an object.
    #[error("an envelope must be a JSON object")]
    NotAnObject,
    /// The object has no `n`.
    #[error("an envelope must have a name")]
    NameMissing,
    /// `n` is not a string.
    #[error("the name of an envelope must be a string")]
    NameNotString,
    /// `i` is there, but is neither a string nor a number.
    #[error("the id of an envelope must be a string or a number")]
    IdNotStringOrNumber,
}
