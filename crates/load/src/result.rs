//! The result type of this program.

/// Result of everything that can fail: the message is for a person.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
