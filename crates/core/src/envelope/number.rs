//! Numbers as JavaScript sees them: parsed to a double, and written back by ECMAScript's
//! `Number::toString`.

/// The most digits with which every integer is exact as a double, and so is sent back as it came.
const EXACT_DIGITS: usize = 15;

/// Whether a JSON number is zero once parsed: written as one, or too small for a double.
pub(super) fn is_zero(raw: &str) -> bool {
    raw.parse::<f64>().is_ok_and(|value| value == 0.0)
}

/// Longest number, in bytes, that is rewritten. No double needs as many.
const LONGEST: usize = 32;

/// Appends a JSON number as `JSON.stringify(JSON.parse(raw))` gives it, so that `1.0` becomes `1` and `1e3`
/// becomes `1000`. If a double cannot hold the number, it is appended as it came.
pub(super) fn push_number(out: &mut Vec<u8>, raw: &str) {
    if is_exact_integer(raw) || raw.len() > LONGEST {
        out.extend_from_slice(raw.as_bytes());
        return;
    }
    let start = out.len();
    push_as_double(out, raw);
    let written = str::from_utf8(&out[start..]).unwrap_or_default();
    let decimal = Decimal::parse(written);
    if decimal.is_none() || decimal != Decimal::parse(raw) {
        out.truncate(start);
        out.extend_from_slice(raw.as_bytes());
    }
}

/// Appends what `JSON.stringify(JSON.parse(raw))` gives for a JSON number: `-0` becomes `0`, and a
/// number too large for a double `null`.
fn push_as_double(out: &mut Vec<u8>, raw: &str) {
    match raw.parse::<f64>() {
        // Matches the negative zero as well.
        Ok(0.0) => out.push(b'0'),
        Ok(value) if value.is_finite() => push_finite(out, value),
        _ => out.extend_from_slice(b"null"),
    }
}

/// The value of a number in decimal, however it was written: `digits` times ten to the `exponent`, without
/// zeros at either end.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// `None` for a text that is not a JSON number, or has an exponent that no double has.
    fn parse(raw: &str) -> Option<Self> {
        let is_negative = raw.starts_with('-');
        let raw = raw.trim_start_matches('-');
        let (mantissa, exponent) = raw.split_once(['e', 'E']).unwrap_or((raw, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let behind = i64::try_from(fraction.len()).ok()?;
        let exponent = i64::from(exponent.parse::<i32>().ok()?) - behind + zeros;
        let significant = significant.trim_start_matches('0');
        Some(Self {
            is_negative: is_negative && !significant.is_empty(),
            exponent: if significant.is_empty() { 0 } else { exponent },
            digits: significant.into(),
        })
    }
}

/// Whether a JSON number is written just as JavaScript would write it, seen without parsing.
fn is_exact_integer(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    digits.len() <= EXACT_DIGITS && raw != "-0" && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// ECMAScript's `Number::toString` (ECMA-262, 6.1.6.1.20) for a finite number other than zero.
///
/// Rust's shortest form has the fewest digits that parse back to the same double, as ECMAScript requires.
/// Where two such numbers are equally close, ECMAScript chooses the even one, and Rust's shortest form the
/// larger. So the nearest number with as many digits is tried too, in which ties go to even. (Next to a power
/// of two the nearest may not parse back; then the first number is used.)
fn push_finite(out: &mut Vec<u8>, value: f64) {
    let shortest = format!("{:e}", value.abs());
    let (mantissa, _) = shortest.split_once('e').unwrap_or((&shortest, ""));
    let fraction_digits = mantissa.len().saturating_sub("d.".len());
    let nearest = format!("{:.*e}", fraction_digits, value.abs());
    let scientific = if nearest.parse() == Ok(value.abs()) {
        nearest
    } else {
        shortest
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();

    if value < 0.0 {
        out.push(b'-');
    }
    match exponent {
        // An integer, or a fraction with digits on both sides of its point.
        0..=20 => {
            let point = exponent.unsigned_abs() as usize + 1;
            if let Some((whole, fraction)) = digits.split_at_checked(point) {
                out.extend_from_slice(whole);
                if !fraction.is_empty() {
                    out.push(b'.');
                    out.extend_from_slice(fraction);
                }
            } else {
                out.extend_from_slice(&digits);
                out.resize(out.len() + point - digits.len(), b'0');
            }
        }
        // A small fraction.
        -6..=-1 => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + exponent.unsigned_abs() as usize - 1, b'0');
            out.extend_from_slice(&digits);
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            let power = format!("e{sign}{}", exponent.unsigned_abs());
            out.extend_from_slice(mantissa.as_bytes());
            out.extend_from_slice(power.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str) -> String {
        let mut out = Vec::new();
        push_as_double(&mut out, raw);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_numbers_as_javascript_does() {
        // Expectations made by JSON.stringify(JSON.parse(raw)) in Node 20.
        for (raw, expected) in NUMBERS {
            assert_eq!(written(raw), *expected, "{raw}");
        }
    }

    #[test]
    fn numbers_that_are_no_doubles_come_back_as_they_came() {
        for raw in [
            "9007199254740993",
            "-9007199254740993",
            "12345678901234567890",
            "1e400",
            "-1e309",
            "1e99999999999999999999",
            "0.30000000000000004441",
            "9007199254740993.5",
            "1.00000000000000000000000000000000000",
        ] {
            let mut out = Vec::new();
            push_number(&mut out, raw);
            assert_eq!(str::from_utf8(&out), Ok(raw));
        }
        for (raw, expected) in [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1E+2", "100"),
            ("-0.0e7", "0"),
            ("0.1000", "0.1"),
            ("100000000000000000000000", "1e+23"),
            ("0.00000012", "1.2e-7"),
            ("-1.50", "-1.5"),
        ] {
            let mut out = Vec::new();
            push_number(&mut out, raw);
            assert_eq!(str::from_utf8(&out), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn zero_is_judged_after_parsing() {
        for raw in ["0", "-0", "0.000", "0E+9", "-0e-9", "1e-400", "4e-325"] {
            assert!(is_zero(raw), "{raw}");
        }
        for raw in ["1", "-1", "5e-324", "1e400", "0.0000001"] {
            assert!(!is_zero(raw), "{raw}");
        }
    }

    const NUMBERS: &[(&str, &str)] = &[
        ("1.1754943508222875e-38", "1.1754943508222875e-38"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993.5", "9007199254740994"),
        ("-849112140929861.25", "-849112140929861.2"),
        ("2119899133327516.25", "2119899133327516.2"),
        ("217158631416202.625", "217158631416202.62"),
        ("3398637500941.40625", "3398637500941.4062"),
        ("0", "0"),
        ("-0", "0"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("1", "1"),
        ("-1", "-1"),
        ("42", "42"),
        ("999999999999999", "999999999999999"),
        ("-999999999999999", "-999999999999999"),
        ("1000000000000000", "1000000000000000"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740993", "9007199254740992"),
        ("12345678901234567890", "12345678901234567000"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("-1.5", "-1.5"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.1000", "0.1"),
        ("1e2", "100"),
        ("1E2", "100"),
        ("1e+2", "100"),
        ("12.5e1", "125"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1e22", "1e+22"),
        ("-1e21", "-1e+21"),
        ("1.5e21", "1.5e+21"),
        ("123e19", "1.23e+21"),
        ("100000000000000000000", "100000000000000000000"),
        ("1000000000000000000000", "1e+21"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("-1e-7", "-1e-7"),
        ("1.5e-7", "1.5e-7"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("0.00000123", "0.00000123"),
        ("123456.789e-10", "0.0000123456789"),
        ("5e-324", "5e-324"),
        ("4e-325", "0"),
        ("2.2250738585072014e-308", "2.2250738585072014e-308"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("1e308", "1e+308"),
        ("1e309", "null"),
        ("-1e309", "null"),
        ("1e400", "null"),
        ("1e99999999999999999999", "null"),
        ("1e-99999999999999999999", "0"),
        ("0e99999999999999999999", "0"),
        ("4.35", "4.35"),
        ("0.000035", "0.000035"),
        ("9.5e-7", "9.5e-7"),
        ("1.7976931348623159e308", "null"),
        ("2e-5", "0.00002"),
        ("4503599627370496.5", "4503599627370496"),
        ("9007199254740992.5", "9007199254740992"),
        ("123456789.123456789", "123456789.12345679"),
        ("5e-7", "5e-7"),
        ("1e23", "1e+23"),
        ("8.41e21", "8.41e+21"),
        ("-0.0000000000000000000001", "-1e-22"),
    ];
}
