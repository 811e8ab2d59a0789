//! What a completion cost, estimated from tables of list prices: the one of the operator, which a
//! command brings up to date, then the one that is built in.

mod litellm;
mod table;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

pub use litellm::table as imported;
pub use table::{Listed, Table};

use crate::domain::money::NanoDollars;
use crate::domain::usage::{Cost, TokenUsage};
use crate::error::Result;

/// Providers whose models run on one's own machine.
const FREE: [&str; 3] = ["demo", "lm_studio", "ollama"];

static BUILT_IN: LazyLock<Arc<Table>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../assets/prices.json"));
    Arc::new(table.expect("the embedded file is valid: a test reads it"))
});

/// The prices in force. Copies share them.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// Where the operator's table is, if there may be one.
    file: Option<PathBuf>,
    operators: Arc<RwLock<Option<Arc<Table>>>>,
}

impl Prices {
    /// The built-in prices alone.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// The built-in prices, and before them those of a file, where there is one.
    pub fn open(file: &Path) -> Result<Self> {
        let prices = Self {
            file: Some(file.to_path_buf()),
            operators: Arc::default(),
        };
        prices.reload()?;
        Ok(prices)
    }

    /// Reads the file again. What cannot be read changes nothing.
    pub fn reload(&self) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let table = Table::read(file)?.map(Arc::new);
        *self
            .operators
            .write()
            .unwrap_or_else(PoisonError::into_inner) = table;
        Ok(())
    }

    /// The tables that are asked, in this order.
    pub fn tables(&self) -> Vec<Arc<Table>> {
        let operators = self
            .operators
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        operators.iter().chain([&*BUILT_IN]).cloned().collect()
    }

    /// The estimated cost of `usage` by `model`, which is named `provider/model`.
    ///
    /// List prices of the smallest tier: surcharges for long prompts and discounts are not in it.
    pub fn cost(&self, model: &str, usage: &TokenUsage) -> Cost {
        let tables = self.tables();
        let priced = tables
            .iter()
            .find_map(|table| Some((table.price(model)?.of(usage), table)));
        if let Some((amount, table)) = priced {
            return Cost::Estimated {
                amount,
                prices: table.version().to_owned(),
            };
        }
        let provider = model.split_once('/').map_or(model, |(name, _)| name);
        match FREE.contains(&provider) {
            true => Cost::Estimated {
                amount: NanoDollars(0),
                prices: BUILT_IN.version().to_owned(),
            },
            false => Cost::Unpriced,
        }
    }

    /// Whether some table knows this model.
    pub fn knows(&self, model: &str) -> bool {
        self.cost(model, &TokenUsage::default()) != Cost::Unpriced
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
            let cost = Prices::built_in().cost(model, &usage);
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
            let cost = Prices::built_in().cost("openai/gpt-4o", &usage);
            assert_eq!(cost.amount(), Some(NanoDollars(expected)), "{usage:?}");
        };
        check(used(i64::MAX, 0, 0, i64::MAX), i64::MAX);
        check(used(i64::MIN, i64::MIN, i64::MIN, i64::MIN), 0);
        check(used(10, 99, 99, 0), 10 * 1_250);
        check(used(-5, 0, 0, 1), 10_000);
    }

    #[test]
    fn the_operators_table_comes_first_and_says_its_own_version() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prices.json");
        let prices = Prices::open(&file).unwrap();
        let of = |model| prices.cost(model, &used(1_000_000, 0, 0, 0));
        let built_in = of("openai/gpt-4o");
        assert_eq!(built_in.prices(), Some("litellm-1.109.1"));
        assert_eq!(of("house/big"), Cost::Unpriced);

        let ours = r#"{"version": "ours", "prices": {"openai/gpt-4o": {"input": 0.0375, "output": 1},
            "house/big": {"input": 2, "output": 4}}}"#;
        std::fs::write(&file, ours).unwrap();
        assert_eq!(of("openai/gpt-4o"), built_in);
        prices.reload().unwrap();
        let cost = of("openai/gpt-4o");
        // A fraction of a nano-dollar a token adds up as well.
        assert_eq!(cost.amount(), Some(NanoDollars(37_500_000)));
        assert_eq!(cost.prices(), Some("ours"));
        assert_eq!(of("house/big").amount(), Some(NanoDollars(2_000_000_000)));
        assert_eq!(of("openai/gpt-4o-mini").prices(), built_in.prices());

        std::fs::write(&file, "{").unwrap();
        let error = prices.reload().unwrap_err().to_string();
        assert!(error.contains("prices.json"), "{error}");
        assert_eq!(of("openai/gpt-4o").prices(), Some("ours"));
        std::fs::remove_file(&file).unwrap();
        prices.reload().unwrap();
        assert_eq!(of("openai/gpt-4o"), built_in);
    }

    #[test]
    fn every_built_in_price_is_a_whole_number_of_nano_dollars() {
        let models: Vec<_> = BUILT_IN.listed().collect();
        assert!(models.len() >= 40);
        for (model, listed) in models {
            for price in listed.all() {
                let nano = price * 1_000.0;
                assert!((nano - nano.round()).abs() < 1e-6, "{model}: {price}");
                assert!(nano > 0.0, "{model}");
            }
        }
    }
}
