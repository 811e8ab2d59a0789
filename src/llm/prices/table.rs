//! One table of prices, as it lies in a file: dollars per million tokens.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::money::NanoDollars;
use crate::domain::usage::TokenUsage;
use crate::error::{Error, Kind, Result};

/// What every table says of its numbers.
pub(super) const UNIT: &str = "US dollars per million tokens";
/// The most that a million tokens may cost: more is a slip.
const DEAREST: f64 = 1_000_000.0;
/// The longest version: it is kept with every completion.
const LONGEST_VERSION: usize = 64;

/// Prices of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub(super) version: String,
    #[serde(default)]
    pub(super) unit: String,
    /// Where it came from, for whoever reads the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// When it was made: no completion from before is priced by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) made_at: Option<String>,
    pub(super) prices: BTreeMap<String, Listed>,
}

/// The prices of one model, in dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// A fresh input token.
    pub input: f64,
    /// An output token.
    pub output: f64,
    /// An input token out of the provider's cache; without it, as a fresh one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<f64>,
    /// An input token on its way into that cache; without it, as a fresh one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    /// Set by hand: a refresh leaves it as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// Pico-dollars per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    input: i64,
    output: i64,
    cached_input: i64,
    cache_write: i64,
}

impl Table {
    /// A table of a file's text.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let table: Self = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::new(
                Kind::Invalid,
                format!("That is no table of prices: {place}."),
            )
            .source(error)
        })?;
        match table.problem() {
            None => Ok(table),
            Some(problem) => Err(Error::new(
                Kind::Invalid,
                format!("That is no table of prices: {problem}."),
            )),
        }
    }

    /// The table of a file; none where there is no file.
    pub fn read(file: &Path) -> Result<Option<Self>> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(file, "cannot be read").source(error)),
        };
        let table = Self::parse(&text);
        table
            .map(Some)
            .map_err(|error| unusable(file, "cannot be used").source(anyhow::anyhow!("{error}")))
    }

    /// Puts the table into a file, at once and whole; the one that was there stays beside it, under
    /// its version. Returns where.
    pub fn write(&self, file: &Path) -> Result<Option<PathBuf>> {
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let failed = |error: std::io::Error| unusable(file, "cannot be written").source(error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let kept = match Self::read(file)? {
            None => None,
            Some(before) => {
                let place = file.with_extension(format!("{}.json", before.version));
                std::fs::copy(file, &place).map_err(failed)?;
                Some(place)
            }
        };
        let text = serde_json::to_string_pretty(self).map_err(Error::internal)?;
        let beside = file.with_extension("new");
        let mut out = std::fs::File::create(&beside).map_err(failed)?;
        out.write_all(text.as_bytes()).map_err(failed)?;
        out.write_all(b"\n").map_err(failed)?;
        out.sync_all().map_err(failed)?;
        std::fs::rename(&beside, file).map_err(failed)?;
        Ok(kept)
    }

    /// Its version, which is kept with everything that it priced.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Every model that it knows.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &Listed)> {
        self.prices
            .iter()
            .map(|(model, listed)| (model.as_str(), listed))
    }

    /// The lines of another table that somebody set by hand stand in this one as well.
    pub fn with_own_lines_of(mut self, other: &Self) -> Self {
        let own = other.prices.iter().filter(|(_, listed)| listed.own);
        self.prices
            .extend(own.map(|(model, listed)| (model.clone(), *listed)));
        self
    }

    /// The price of a model, or of the model that a dated name is a version of.
    pub(super) fn price(&self, model: &str) -> Option<Price> {
        let listed = self.prices.get(model);
        let listed = listed.or_else(|| self.prices.get(without_date(model)?));
        listed.map(Price::from)
    }

    fn problem(&self) -> Option<String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.version.is_empty() || self.version.len() > LONGEST_VERSION {
            return Some("its version is empty or too long".to_owned());
        }
        if !self.version.chars().all(fits) {
            return Some("its version has more than letters, digits, `-`, `_` and `.`".to_owned());
        }
        if !self.unit.is_empty() && self.unit != UNIT {
            return Some(format!("its unit is not {UNIT}"));
        }
        let wrong = self.prices.iter().find(|(_, listed)| {
            let mut prices = listed.all();
            prices.any(|price| !(0.0..=DEAREST).contains(&price))
        });
        wrong.map(|(model, _)| format!("`{model}` has an impossible price"))
    }
}

impl Listed {
    /// Every price that is given.
    pub fn all(&self) -> impl Iterator<Item = f64> + use<> {
        let given = [
            Some(self.input),
            Some(self.output),
            self.cached_input,
            self.cache_write,
        ];
        given.into_iter().flatten()
    }
}

impl From<&Listed> for Price {
    fn from(listed: &Listed) -> Self {
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

/// A dollar per million is a million pico-dollars each.
fn per_token(dollars_per_million: f64) -> i64 {
    (dollars_per_million * 1_000_000.0).round() as i64
}

impl Price {
    pub(super) fn of(&self, usage: &TokenUsage) -> NanoDollars {
        let input = usage.input.max(0);
        let cached = usage.cached_input.clamp(0, input);
        let written = usage.cache_write.clamp(0, input - cached);
        let parts = [
            (input - cached - written, self.input),
            (cached, self.cached_input),
            (written, self.cache_write),
            (usage.output.max(0), self.output),
        ];
        let pico: i128 = parts
            .iter()
            .map(|(tokens, price)| i128::from(*tokens) * i128::from(*price))
            .sum();
        let nano = (pico + 500) / 1_000;
        NanoDollars(i64::try_from(nano).unwrap_or(i64::MAX))
    }
}

/// `gpt-4o` of `gpt-4o-2024-08-06`, `claude-haiku-4-5` of `claude-haiku-4-5-20251001`.
fn without_date(model: &str) -> Option<&str> {
    let name = model.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let after = model.get(name.len()..)?;
    let date_at = after.rfind("-20")?;
    let digits = after.get(date_at..)?.chars().filter(char::is_ascii_digit);
    (digits.count() == 8).then(|| model.get(..name.len() + date_at))?
}

fn unusable(file: &Path, what: &str) -> Error {
    Error::new(
        Kind::Invalid,
        format!("The price file `{}` {what}.", file.display()),
    )
    .hint("Look at `models.prices_file`; `patchbay prices refresh` makes it anew.")
}
