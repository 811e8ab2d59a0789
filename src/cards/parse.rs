//! Reading one card file, and saying in which line it is wrong.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter, Spanned};

use super::CardProblem;
use super::rules::{self, Place};
use crate::domain::card::Card;

/// JSON Schema of card files, for editors and for us.
pub const SCHEMA: &str = include_str!("../../run_cards/card.schema.json");

/// Reads a card; `file` is only for the problems.
pub fn parse(file: &str, text: &str) -> Result<Card, Vec<CardProblem>> {
    let card: Card =
        serde_saphyr::from_str(text).map_err(|error| vec![unreadable(file, &error)])?;
    let reread = |error| vec![unreadable(file, &error)];
    let outline: Outline = serde_saphyr::from_str(text).map_err(reread)?;
    let document: Value = serde_saphyr::from_str(text).map_err(reread)?;
    let mut found = rules::against_schema(&document);
    if found.is_empty() {
        found = rules::check(&card);
    }
    if found.is_empty() {
        return Ok(card);
    }
    let problems = found.into_iter().map(|finding| CardProblem {
        file: file.to_owned(),
        line: outline.line(finding.place),
        reason: finding.reason,
    });
    Err(problems.collect())
}

/// Where in the file the parts of a card begin.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    fields: Vec<Named>,
    tools: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Spanned<String>,
}

impl Outline {
    fn line(&self, place: Place) -> u64 {
        let named = match place {
            Place::Card => None,
            Place::Field(index) => self.fields.get(index),
            Place::Tool(index) => self.tools.get(index),
        };
        named.map_or(1, |named| named.name.referenced.line())
    }
}

fn unreadable(file: &str, error: &serde_saphyr::Error) -> CardProblem {
    let line = error.location().map_or(1, |location| location.line());
    let message = DefaultMessageFormatter.format_message(error.without_snippet());
    CardProblem {
        file: file.to_owned(),
        line,
        reason: message.escape_debug().to_string(),
    }
}
