//! Numbers as JSON writes them, compared and written by exact decimal value: nothing is rounded.

use std::cmp::Ordering;

/// A number as `0.DIGITS * 10^exponent`, digits without zeros at either end. Zero has no digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i64,
}

impl<'t> Decimal<'t> {
    /// Reads JSON text; none where its exponent is past what 64 bits say.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('0').as_bytes();
        let fraction = fraction.trim_end_matches('0').as_bytes();
        let (whole, fraction, shift) = if whole.is_empty() {
            let zeros = fraction.iter().take_while(|digit| **digit == b'0').count();
            (whole, fraction.get(zeros..).unwrap_or_default(), -(zeros as i64))
        } else {
            (whole, fraction, whole.len() as i64)
        };
        let exponent = exponent.checked_add(shift)?;
        let mut number = Self { negative, whole, fraction, exponent };
        if number.fraction.is_empty() {
            let zeros = number.whole.iter().rev().take_while(|digit| **digit == b'0').count();
            number.whole = number.whole.get(..number.whole.len() - zeros).unwrap_or_default();
        }
        if number.digits().next().is_none() {
            return Some(Self { negative: false, whole: b"", fraction: b"", exponent: 0 });
        }
        Some(number)
    }

    fn digits(self) -> impl Iterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Appends the one text that all numbers of this value share: an integer up to 40 digits as such, all others as
    /// `1.5e-7`.
    pub(crate) fn write(self, out: &mut String) {
        let count = self.whole.len() + self.fraction.len();
        if count == 0 {
            out.push('0');
            return;
        }
        if self.negative {
            out.push('-');
        }
        let integer = usize::try_from(self.exponent).ok().filter(|places| *places >= count && *places <= 40);
        if let Some(places) = integer {
            out.extend(self.digits().chain(std::iter::repeat_n(b'0', places - count)).map(char::from));
            return;
        }
        let mut digits = self.digits().map(char::from);
        out.extend(digits.next());
        if count > 1 {
            out.push('.');
            out.extend(digits);
        }
        out.push('e');
        out.push_str(&self.exponent.saturating_sub(1).to_string());
    }
}

/// Whether two JSON numbers have the same value. Those with an exponent past 64 bits are compared as text.
pub(crate) fn same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let (Some(left), Some(right)) = (Decimal::read(left), Decimal::read(right)) else {
        return false;
    };
    left.negative == right.negative
        && left.exponent == right.exponent
        && left.digits().cmp(right.digits()) == Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_value() {
        let alike = [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("100", "1e2"),
            ("0", "-0.0e7"),
            ("0.001", "1E-3"),
            ("120", "0.00120e+5"),
            ("-1.50", "-15e-1"),
            ("9007199254740993", "9007199254740993.000"),
        ];
        for (left, right) in alike {
            assert!(same(left, right), "{left} {right}");
        }
        let unlike = [("1", "-1"), ("1", "10"), ("1", "0"), ("9007199254740993", "9007199254740992"), ("0.1", "0.01")];
        for (left, right) in unlike {
            assert!(!same(left, right), "{left} {right}");
        }
    }

    #[test]
    fn bears_exponents_past_64_bits() {
        assert!(same("1e99999999999999999999", "1e99999999999999999999"));
        assert!(!same("1e99999999999999999999", "1e99999999999999999998"));
        assert!(!same("11e9223372036854775807", "1"));
    }

    #[test]
    fn writes_one_text_for_one_value() {
        let wanted = [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("-0", "0"),
            ("-0.00150", "-1.5e-3"),
            ("1.5", "1.5e0"),
            ("18446744073709551615", "18446744073709551615"),
            ("1e100", "1e100"),
        ];
        for (text, canonical) in wanted {
            let mut out = String::new();
            if let Some(number) = Decimal::read(text) {
                number.write(&mut out);
            }
            assert_eq!(out, canonical);
        }
    }
}
