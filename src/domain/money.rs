//! Money in integer nano-dollars, so that a million tiny costs add up exactly.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in billionths of a US dollar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct NanoDollars(pub i64);

impl std::ops::Add for NanoDollars {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::fmt::Display for NanoDollars {
    /// `$0.0021`; what is below a hundredth of a cent is `<$0.0001`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 => f.write_str("$0"),
            1..100_000 => f.write_str("<$0.0001"),
            nano => {
                let ten_thousandths = nano / 100_000;
                let (dollars, rest) = (ten_thousandths / 10_000, ten_thousandths % 10_000);
                write!(f, "${dollars}.{rest:04}")
            }
        }
    }
}

impl FromStr for NanoDollars {
    type Err = &'static str;

    /// Reads dollars: digits, with at most nine more after a point.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "an amount is dollars as text, such as \"0.002\"";
        let (dollars, rest) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(dollars) || !digits(rest) || rest.len() > 9 {
            return Err(FORM);
        }
        let nano = format!("{dollars}{rest:0<9}");
        nano.parse().map(Self).map_err(|_| FORM)
    }
}

/// Amounts in files: dollars as decimal text, so that no digit is lost.
pub mod decimal {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::NanoDollars;

    /// Writes `0.002000000`.
    pub fn serialize<S: Serializer>(amount: &NanoDollars, to: S) -> Result<S::Ok, S::Error> {
        let (dollars, rest) = (amount.0 / 1_000_000_000, amount.0 % 1_000_000_000);
        to.serialize_str(&format!("{dollars}.{rest:09}"))
    }

    /// Reads what [`NanoDollars::from_str`](super::NanoDollars) does.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NanoDollars, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_amounts_read_well() {
        let check = |nano, expected| assert_eq!(NanoDollars(nano).to_string(), expected);
        check(0, "$0");
        check(99_999, "<$0.0001");
        check(2_100_000, "$0.0021");
        check(12_345_600_000, "$12.3456");
    }

    #[test]
    fn dollars_are_read_exactly() {
        let check = |text: &str, expected: Option<i64>| {
            let read = text.parse::<NanoDollars>().ok();
            assert_eq!(read, expected.map(NanoDollars), "{text:?}");
        };
        check("0.002", Some(2_000_000));
        check("12", Some(12_000_000_000));
        check("0.000000001", Some(1));
        for wrong in [
            "",
            ".5",
            "1.",
            "-1",
            "1e3",
            "0.0000000001",
            "99999999999999",
            "$1",
        ] {
            check(wrong, None);
        }
    }
}
