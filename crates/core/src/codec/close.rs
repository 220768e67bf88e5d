//! The close codes that the core itself uses (RFC 6455 section 7.4, the IANA registry, contract section 1).
//! Applications may use others.

mod codes;

pub use codes::*;

/// A close code as it travels: two bytes, so a plain number.
///
/// It is not an enum, because peers and the application may send any code from 3000 to 4999, and both sides
/// of the JavaScript boundary use numbers.
pub type CloseCode = u16;

/// Whether a close frame may carry `code` (RFC 6455 section 7.4, IANA "WebSocket Close Code Number").
///
/// 1004 has no meaning yet, 1005, 1006 and 1015 only ever describe what happened locally, 1016-2999
/// are reserved for future revisions, and nothing outside 1000-4999 is defined.
pub const fn is_allowed_on_wire(code: CloseCode) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_registered_and_private_codes_travel() {
        let allowed: Vec<u16> = (0..3000).filter(|&code| is_allowed_on_wire(code)).collect();
        let registered = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
        ];
        assert_eq!(allowed, registered);
        assert!((3000..=4999).all(is_allowed_on_wire));
        assert!(!(5000..=u16::MAX).any(is_allowed_on_wire));
    }
}
