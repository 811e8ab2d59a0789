//! The price list that LiteLLM publishes, read into a table of ours.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::table::{Listed, Table, UNIT};
use crate::error::{Error, Kind, Result};

/// Models that answer questions; the list has others, such as those that draw.
const MODES: [&str; 3] = ["chat", "responses", "completion"];
/// The most models that are taken: the list has a third of it.
const MOST_MODELS: usize = 20_000;
/// The longest name that is taken.
const LONGEST_NAME: usize = 200;
/// Dollars a token beyond which a price is a slip: a dollar.
const DEAREST: f64 = 1.0;

/// A table of such a list's text. Its version is the day and the beginning of the text's hash.
pub fn table(text: &str, source: &str, now: DateTime<Utc>) -> Result<Table> {
    let list: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        foreign(&format!("it is no JSON object at {place}")).source(error)
    })?;
    let priced = list
        .iter()
        .filter_map(|(name, entry)| Some((named(name, entry)?, listed(entry)?)));
    let prices: BTreeMap<String, Listed> = priced.take(MOST_MODELS).collect();
    if prices.is_empty() {
        return Err(foreign("no model in it has a price"));
    }
    let hash = digest(&SHA256, text.as_bytes());
    let hash = hash.as_ref().iter().take(4);
    let hash: String = hash.map(|byte| format!("{byte:02x}")).collect();
    Ok(Table {
        version: format!("{}-{hash}", now.format("%Y-%m-%d")),
        unit: UNIT.to_owned(),
        source: Some(source.to_owned()),
        made_at: Some(now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        prices,
    })
}

/// `provider/model`: the list leaves the provider away where it knows the model by name alone.
fn named(name: &str, entry: &Value) -> Option<String> {
    let provider = entry["litellm_provider"].as_str()?;
    let whole = match name.split_once('/') {
        Some((first, _)) if first == provider => name.to_owned(),
        Some(_) | None => format!("{provider}/{name}"),
    };
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    (whole.len() <= LONGEST_NAME && whole.chars().all(plain)).then_some(whole)
}

/// A model that costs nothing there is one whose price nobody entered.
fn listed(entry: &Value) -> Option<Listed> {
    let mode = entry["mode"].as_str()?;
    let price = |field: &str| dollars_per_million(&entry[field]);
    let (input, output) = (
        price("input_cost_per_token")?,
        price("output_cost_per_token")?,
    );
    let answers = MODES.contains(&mode) && input + output > 0.0;
    answers.then(|| Listed {
        input,
        output,
        cached_input: price("cache_read_input_token_cost"),
        cache_write: price("cache_creation_input_token_cost"),
        own: false,
    })
}

/// Rounded to what a token's price is counted in, so that no digits of floating point stay.
fn dollars_per_million(value: &Value) -> Option<f64> {
    let dollars = value.as_f64().filter(|it| (0.0..=DEAREST).contains(it))?;
    Some((dollars * 1e12).round() / 1e6)
}

fn foreign(why: &str) -> Error {
    Error::new(
        Kind::Invalid,
        format!("That is not LiteLLM's price list: {why}."),
    )
    .hint("Give its file `model_prices_and_context_window.json`, or an https address of it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at() -> DateTime<Utc> {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn models_that_answer_are_taken_under_our_names() {
        let list = json!({
            "sample_spec": { "litellm_provider": "one of …", "mode": "one of: chat, …", "input_cost_per_token": 0 },
            "gpt-4o": { "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
                "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06 },
            "gemini/gemini-9": { "litellm_provider": "gemini", "mode": "chat",
                "input_cost_per_token": 3.75e-08, "output_cost_per_token": 1.5e-07 },
            "house/x": { "litellm_provider": "openrouter", "mode": "chat",
                "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06 },
            "free": { "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0,
                "output_cost_per_token": 0 },
            "dall-e": { "litellm_provider": "openai", "mode": "image_generation",
                "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06 },
            "negative": { "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1e-06,
                "output_cost_per_token": 1e-06 },
            "a\nb": { "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06,
                "output_cost_per_token": 1e-06 },
        })
        .to_string();
        let table = table(&list, "list.json", at()).unwrap();
        let names: Vec<&str> = table.listed().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["gemini/gemini-9", "openai/gpt-4o", "openrouter/house/x"]
        );
        let gpt = table.prices["openai/gpt-4o"];
        assert_eq!((gpt.input, gpt.output), (2.5, 10.0));
        assert_eq!((gpt.cached_input, gpt.cache_write), (Some(1.25), None));
        assert_eq!(table.prices["gemini/gemini-9"].input, 0.0375);
        assert!(table.version().starts_with("2026-11-26-"), "{table:?}");
        // What is written is read back as the same.
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(Table::parse(&text).unwrap(), table);
    }

    #[test]
    fn what_is_no_such_list_is_refused() {
        for (text, why) in [
            ("", "line 1"),
            ("[]", "line 1"),
            ("{}", "no model in it has a price"),
            (
                "{\"a\": {\"mode\": \"chat\"}}",
                "no model in it has a price",
            ),
        ] {
            let error = table(text, "x", at()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
