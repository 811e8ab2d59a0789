//! Money in integer nano-dollars, so that a million tiny costs add up exactly.

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
}
