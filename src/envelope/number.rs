//! Numbers as JavaScript sees them: parsed to a double.

/// Whether a JSON number is zero once parsed: written as one, or too small for a double.
pub(super) fn is_zero(raw: &str) -> bool {
    raw.parse::<f64>().is_ok_and(|value| value == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_judged_after_parsing() {
        for raw in ["0", "-0", "0.000", "0E+9", "-0e-9", "1e-400", "4e-325"] {
            assert!(is_zero(raw), "{raw}");
        }
        for raw in ["1", "-1", "5e-324", "1e400", "0.0000001"] {
            assert!(!is_zero(raw), "{raw}");
        }
    }
}
