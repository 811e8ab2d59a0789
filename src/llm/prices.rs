//! What a completion cost, estimated from a small table of list prices.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::money::NanoDollars;
use crate::domain::usage::{Cost, TokenUsage};

/// Providers whose models run on one's own machine.
const FREE: [&str; 3] = ["demo", "lm_studio", "ollama"];

/// The embedded file: dollars per million tokens.
#[derive(Deserialize)]
struct File {
    version: String,
    prices: HashMap<String, Listed>,
}

#[derive(Deserialize)]
struct Listed {
    input: f64,
    output: f64,
    cached_input: Option<f64>,
    cache_write: Option<f64>,
}

struct Table {
    version: String,
    prices: HashMap<String, Price>,
}

/// Nano-dollars per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Price {
    input: i64,
    output: i64,
    cached_input: i64,
    cache_write: i64,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../../assets/prices.json"))
        .expect("the embedded file is valid: a test reads it");
    let prices = file.prices.into_iter();
    Table {
        version: file.version,
        prices: prices
            .map(|(model, listed)| (model, Price::from(listed)))
            .collect(),
    }
});

impl From<Listed> for Price {
    fn from(listed: Listed) -> Self {
        let input = per_token(listed.input);
        Self {
            input,
            output: per_token(listed.output),
            // Without a price of its own, a cached token is an input token.
            cached_input: listed.cached_input.map_or(input, per_token),
            cache_write: listed.cache_write.map_or(input, per_token),
        }
    }
}

/// A dollar per million is a thousand nano-dollars each.
fn per_token(dollars_per_million: f64) -> i64 {
    (dollars_per_million * 1_000.0).round() as i64
}

/// The estimated cost of `usage` by `model`, which is named `provider/model`.
///
/// List prices of the smallest tier: surcharges for long prompts and discounts are not in it.
pub fn cost(model: &str, usage: &TokenUsage) -> Cost {
    let provider = model.split_once('/').map_or(model, |(name, _)| name);
    let amount = if FREE.contains(&provider) {
        NanoDollars(0)
    } else if let Some(price) = price(model) {
        price.of(usage)
    } else {
        return Cost::Unpriced;
    };
    Cost::Estimated {
        amount,
        prices: TABLE.version.clone(),
    }
}

/// The price of a model, or of the model that a dated name is a version of.
fn price(model: &str) -> Option<&'static Price> {
    let prices = &TABLE.prices;
    prices
        .get(model)
        .or_else(|| prices.get(without_date(model)?))
}

/// `gpt-4o` of `gpt-4o-2024-08-06`, `claude-haiku-4-5` of `claude-haiku-4-5-20251001`.
fn without_date(model: &str) -> Option<&str> {
    let name = model.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let after = model.get(name.len()..)?;
    let date_at = after.rfind("-20")?;
    let digits = after.get(date_at..)?.chars().filter(char::is_ascii_digit);
    (digits.count() == 8).then(|| model.get(..name.len() + date_at))?
}

impl Price {
    fn of(&self, usage: &TokenUsage) -> NanoDollars {
        let input = usage.input.max(0);
        let cached = usage.cached_input.clamp(0, input);
        let written = usage.cache_write.clamp(0, input - cached);
        let parts = [
            (input - cached - written, self.input),
            (cached, self.cached_input),
            (written, self.cache_write),
            (usage.output.max(0), self.output),
        ];
        let total: i128 = parts
            .iter()
            .map(|(tokens, price)| i128::from(*tokens) * i128::from(*price))
            .sum();
        NanoDollars(i64::try_from(total).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(input: i64, cached_input: i64, cache_write: i64, output: i64) -> TokenUsage {
        TokenUsage {
            input,
            cached_input,
            cache_write,
            output,
        }
    }

    #[test]
    fn a_completion_is_priced_by_its_parts() {
        let check = |model, usage, expected: Option<i64>| {
            let cost = cost(model, &usage);
            assert_eq!(cost.amount().map(|amount| amount.0), expected, "{model}");
        };
        check("openai/gpt-4o", used(1_000, 0, 0, 100), Some(3_500_000));
        check("openai/gpt-4o", used(1_000, 400, 0, 100), Some(3_000_000));
        // 11 fresh, 64 read and 10 written tokens, 5 out.
        let cached = used(85, 64, 10, 5);
        check(
            "anthropic/claude-sonnet-5-5",
            cached,
            Some(11 * 2_000 + 64 * 100 + 10 * 2_500 + 5 * 10_000),
        );
        // No price for what is cached.
        check("openai/gpt-4-turbo", used(10, 10, 0, 0), Some(100_000));
        check("openai/gpt-4o-2024-08-06", used(1, 0, 0, 0), Some(2_500));
        check(
            "anthropic/claude-haiku-4-5-20251001",
            used(1, 0, 0, 0),
            Some(1_000),
        );
        check("ollama/qwen3:8b", used(1_000, 0, 0, 100), Some(0));
        check("lm_studio/openai/gpt-oss-20b", used(1, 0, 0, 1), Some(0));
        check("demo/planner", used(0, 0, 0, 0), Some(0));
        check("openai/gpt-99", used(1, 0, 0, 1), None);
        check("box/gpt-4o", used(1, 0, 0, 1), None);
        check("", used(1, 0, 0, 1), None);
        check("openai/-2024-08-06", used(1, 0, 0, 1), None);
    }

    #[test]
    fn impossible_counts_neither_overflow_nor_pay_back() {
        let check = |usage, expected| {
            let cost = cost("openai/gpt-4o", &usage);
            assert_eq!(cost.amount(), Some(NanoDollars(expected)), "{usage:?}");
        };
        check(used(i64::MAX, 0, 0, i64::MAX), i64::MAX);
        check(used(i64::MIN, i64::MIN, i64::MIN, i64::MIN), 0);
        check(used(10, 99, 99, 0), 10 * 1_250);
        check(used(-5, 0, 0, 1), 10_000);
    }

    #[test]
    fn every_price_is_a_whole_number_of_nano_dollars() {
        let file: File = serde_json::from_str(include_str!("../../assets/prices.json")).unwrap();
        assert!(file.prices.len() >= 40);
        for (model, listed) in file.prices {
            let prices = [
                Some(listed.input),
                Some(listed.output),
                listed.cached_input,
                listed.cache_write,
            ];
            for price in prices.into_iter().flatten() {
                let nano = price * 1_000.0;
                assert!((nano - nano.round()).abs() < 1e-6, "{model}: {price}");
                assert!(nano > 0.0, "{model}");
            }
        }
    }
}
