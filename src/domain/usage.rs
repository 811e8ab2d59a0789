//! What a call or a completion used and cost.

use serde::{Deserialize, Serialize};

use super::money::NanoDollars;

/// A rough measure of how many bytes of text a model counts as one token.
pub const BYTES_PER_TOKEN: usize = 4;

/// Tokens of one completion, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// All input tokens, cached ones included.
    pub input: i64,
    /// Of those, read from the provider's cache.
    pub cached_input: i64,
    /// Of those, written to the provider's cache.
    pub cache_write: i64,
    /// Output tokens, reasoning included.
    pub output: i64,
}

/// How a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CompletionEnd {
    /// It came whole.
    Whole,
    /// Nobody waited for its end.
    Stopped,
    /// It broke off, or could not be used.
    Failed,
}

/// What a completion cost; a model without a price says so instead of costing nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// An estimate from the price table of that version.
    Estimated {
        /// The amount.
        amount: NanoDollars,
        /// The price table it came from.
        prices: String,
    },
    /// The table does not know this model.
    Unpriced,
}

impl Cost {
    /// The amount where there is one.
    pub fn amount(&self) -> Option<NanoDollars> {
        match self {
            Self::Estimated { amount, .. } => Some(*amount),
            Self::Unpriced => None,
        }
    }

    /// The price table's version where there is one.
    pub fn prices(&self) -> Option<&str> {
        match self {
            Self::Estimated { prices, .. } => Some(prices),
            Self::Unpriced => None,
        }
    }
}
