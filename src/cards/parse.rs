//! Reading one card file, and saying in which line it is wrong.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::{MessageFormatter, UserMessageFormatter};

use super::outline::Outline;
use super::rules::Finding;
use super::{CardProblem, rules, suspicion};
use crate::domain::card::Card;

/// JSON Schema of card files, for editors and for us.
pub const SCHEMA: &str = include_str!("../../run_cards/card.schema.json");

/// Reads a card; `file` is only for the problems.
pub fn parse(file: &str, text: &str) -> Result<Card, Vec<CardProblem>> {
    parse_with(file, text, |_| Vec::new())
}

/// Reads a card that anybody may have written: it is held to more.
pub fn parse_untrusted(file: &str, text: &str) -> Result<Card, Vec<CardProblem>> {
    if text.len() > suspicion::LONGEST {
        return Err(vec![CardProblem {
            file: file.to_owned(),
            line: 1,
            reason: format!(
                "the card has {} bytes; at most {} are taken",
                text.len(),
                suspicion::LONGEST
            ),
        }]);
    }
    parse_with(file, text, suspicion::check)
}

fn parse_with(
    file: &str,
    text: &str,
    further: impl Fn(&Value) -> Vec<Finding>,
) -> Result<Card, Vec<CardProblem>> {
    let document: Value = read(file, text)?;
    // Reading YAML is the slow part, so a good card is read once, and a bad one again to learn
    // in which line it is wrong.
    let card = match Card::deserialize(&document) {
        Ok(card) => card,
        Err(_) => read(file, text)?,
    };
    let mut found = rules::against_schema(&document);
    if found.is_empty() {
        found = suspicion::hidden(&document);
    }
    if found.is_empty() {
        // Before templates are tried: these say which may be.
        found = further(&document);
    }
    if found.is_empty() {
        found = rules::check(&card);
    }
    if found.is_empty() {
        return Ok(card);
    }
    let outline: Outline = read(file, text)?;
    let problems = found.into_iter().map(|finding| CardProblem {
        file: file.to_owned(),
        line: outline.line(&finding.pointer),
        reason: finding.reason,
    });
    Err(problems.collect())
}

fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<CardProblem>> {
    serde_saphyr::from_str(text).map_err(|error| {
        let message = UserMessageFormatter.format_message(error.without_snippet());
        vec![CardProblem {
            file: file.to_owned(),
            line: error.location().map_or(1, |location| location.line()),
            reason: message.replace(char::is_control, " "),
        }]
    })
}
