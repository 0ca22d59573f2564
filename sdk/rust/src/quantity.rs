//! Kubernetes quantities: `100m`, `64Mi`, `1.5`, `2e3`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An amount of something, exact to a billionth (Kubernetes rounds up what is finer, and so does this).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    nano: i128,
}

const NANO: i128 = 1_000_000_000;

/// The text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantityError;

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a quantity is a number with one of the suffixes n u m k M G T P E Ki Mi Gi Ti Pi Ei or an exponent",
        )
    }
}

impl std::error::Error for QuantityError {}

impl Quantity {
    /// A whole number.
    #[must_use]
    pub fn whole(value: i64) -> Self {
        Self { nano: i128::from(value) * NANO }
    }

    /// Thousandths, rounded up: the unit of CPU.
    #[must_use]
    pub fn millis(self) -> i128 {
        ceil_div(self.nano, 1_000_000)
    }

    /// The whole number, rounded up: bytes of memory.
    #[must_use]
    pub fn value(self) -> i128 {
        ceil_div(self.nano, NANO)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError);
        }
        let scale = Scale::parse(suffix)?;
        let nano = scale.apply(whole, fraction);
        Ok(Self { nano: if text.starts_with('-') { -nano } else { nano } })
    }
}

/// What a suffix multiplies by.
enum Scale {
    Ten(i32),
    Two(u32),
}

impl Scale {
    fn parse(suffix: &str) -> Result<Self, QuantityError> {
        Ok(match suffix {
            "" => Self::Ten(0),
            "n" => Self::Ten(-9),
            "u" => Self::Ten(-6),
            "m" => Self::Ten(-3),
            "k" => Self::Ten(3),
            "M" => Self::Ten(6),
            "G" => Self::Ten(9),
            "T" => Self::Ten(12),
            "P" => Self::Ten(15),
            "E" => Self::Ten(18),
            "Ki" => Self::Two(10),
            "Mi" => Self::Two(20),
            "Gi" => Self::Two(30),
            "Ti" => Self::Two(40),
            "Pi" => Self::Two(50),
            "Ei" => Self::Two(60),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError)?;
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(QuantityError);
                }
                // Any exponent of more digits saturates or vanishes like this one.
                let value = digits.parse::<i32>().unwrap_or(i32::MAX).min(1000);
                Self::Ten(if exponent.starts_with('-') { -value } else { value })
            }
        })
    }

    /// The number in billionths, rounded up and saturating.
    fn apply(&self, whole: &str, fraction: &str) -> i128 {
        let (power, factor) = match self {
            Self::Ten(power) => (*power, 1),
            Self::Two(bits) => (0, 1_i128 << bits),
        };
        // Digits with the point after `whole`, shifted by 9 for the unit and by the power of ten.
        let shift = i64::from(power) + 9;
        let digits = whole.bytes().chain(fraction.bytes());
        let point = whole.len() as i64 + shift;
        let mut value: i128 = 0;
        let mut rest = false;
        let mut remainder: i128 = 0;
        let mut unit: i128 = 1;
        for (at, digit) in (0_i64..).zip(digits) {
            let digit = i128::from(digit - b'0');
            if at < point {
                value = value.saturating_mul(10).saturating_add(digit);
            } else if unit < 10_i128.pow(18) {
                remainder = remainder * 10 + digit;
                unit *= 10;
            } else {
                rest |= digit != 0;
            }
        }
        let written = (whole.len() + fraction.len()) as i64;
        for _ in written..point.min(written + 40) {
            value = value.saturating_mul(10);
        }
        // Digits that lie wholly below the unit: `1n` of a thousandth.
        if point < 0 {
            rest |= remainder != 0;
            remainder = 0;
        }
        let below = remainder.saturating_mul(factor);
        let up = i128::from(rest || below % unit != 0);
        value.saturating_mul(factor).saturating_add(below / unit).saturating_add(up)
    }
}

fn ceil_div(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

impl PartialEq<i64> for Quantity {
    fn eq(&self, other: &i64) -> bool {
        *self == Self::whole(*other)
    }
}

impl PartialOrd<i64> for Quantity {
    fn partial_cmp(&self, other: &i64) -> Option<Ordering> {
        self.partial_cmp(&Self::whole(*other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nano(text: &str) -> i128 {
        text.parse::<Quantity>().unwrap().nano
    }

    #[test]
    fn reads_what_kubernetes_reads() {
        for (text, expected) in [
            ("0", 0),
            ("1", NANO),
            ("100m", 100_000_000),
            ("1.5", 1_500_000_000),
            (".5", 500_000_000),
            ("5.", 5 * NANO),
            ("+1k", 1000 * NANO),
            ("-2", -2 * NANO),
            ("1Ki", 1024 * NANO),
            ("1.5Gi", 1_610_612_736 * NANO),
            ("0.1Mi", 104_857_600_000_000),
            ("2e3", 2000 * NANO),
            ("2E3", 2000 * NANO),
            ("1E", 10_i128.pow(18) * NANO),
            ("5e-1", 500_000_000),
            ("1n", 1),
            ("0.1n", 1),
            ("0.0001n", 1),
            ("1u", 1000),
            ("1e-12", 1),
            ("0e-99", 0),
            ("0.0000000001", 1),
            ("1.0000000001", NANO + 1),
        ] {
            assert_eq!(nano(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "m", "1mi", "1 Mi", "1KB", "1e", "1e+", "1.2.3", "--1", "1i", "0x10", "Mi", ".", "1Mi ", "é"]
        {
            assert_eq!(text.parse::<Quantity>(), Err(QuantityError), "{text}");
        }
    }

    #[test]
    fn compares_over_units() {
        let of = |text: &str| text.parse::<Quantity>().unwrap();
        assert!(of("1Gi") > of("1G") && of("1000m") == of("1") && of("0.5") < 1 && of("1024Ki") == of("1Mi"));
        assert_eq!(of("1500u").millis(), 2);
        assert_eq!(of("1.5").value(), 2);
        assert_eq!(of("-1.5").value(), -1);
        assert_eq!(of("9e999"), of("8e999"), "saturates");
    }
}
