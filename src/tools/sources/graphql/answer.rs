//! What a GraphQL answer says: data, errors, or some of both.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::http::shape;
use crate::domain::card::{Card, Keep};
use crate::domain::secret;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::Body;
use crate::text;

/// How many errors are told, and the most characters of one.
const MOST_ERRORS: usize = 5;
const LONGEST_ERROR: usize = 300;

/// An answer that has data.
#[derive(Debug)]
pub(super) struct Answer {
    /// What was asked for.
    pub data: Value,
    /// What went wrong with the rest of it.
    pub errors: Vec<String>,
    /// What the service may not repeat.
    pub secrets: Vec<SecretString>,
    /// How long the answer was.
    pub bytes: usize,
}

impl Answer {
    /// Reads an answer with a status of success, which says nothing: without data it is an error, in
    /// the words of the service.
    pub(super) fn read(card: &Card, body: &Body, secrets: Vec<SecretString>) -> Result<Self> {
        let title = &card.title;
        let mut answer = shape::parse(title, body)?;
        let errors = answer["errors"].as_array().map(Vec::as_slice);
        let errors = errors.unwrap_or_default();
        let told: Vec<String> = errors.iter().take(MOST_ERRORS).map(in_words).collect();
        // Where there is an error and nothing beside it, nothing was answered.
        let data = answer.get("data").and_then(Value::as_object);
        if data.is_some_and(|data| told.is_empty() || !data.values().all(Value::is_null)) {
            return Ok(Self {
                data: answer["data"].take(),
                errors: told,
                secrets,
                bytes: body.bytes.len(),
            });
        }
        if told.is_empty() {
            return Err(Error::new(
                Kind::Upstream,
                text!(
                    "{service} answered in a form I do not know.",
                    service = title
                ),
            )
            .hint(text!(
                "Check that the connection's address is that of its API."
            )));
        }
        let has_code = |code: &str| {
            let coded = |error: &Value| error["extensions"]["code"] == code;
            errors.iter().any(coded)
        };
        let (kind, happened, next) = if has_code("UNAUTHENTICATED") {
            (
                Kind::Unauthenticated,
                text!(
                    "{service} does not accept this credential.",
                    service = title
                ),
                text!(
                    "Connect again with `/mcp connect {card}`.",
                    card = &card.name
                ),
            )
        } else if has_code("FORBIDDEN") {
            (
                Kind::Forbidden,
                text!(
                    "{service} does not let this credential do that.",
                    service = title
                ),
                text!("Give the credential that permission, or use one that has it."),
            )
        } else if answer.get("data").is_some() {
            // It was begun: of a mutation, some may have been done.
            (
                Kind::Upstream,
                text!("{service} could not do that.", service = title),
                text!("Change what is asked for and try again."),
            )
        } else {
            (
                Kind::Invalid,
                text!("{service} could not do that.", service = title),
                text!("Change what is asked for and try again."),
            )
        };
        let told = told.join("; ");
        let quote = secret::without(&told, &secrets).into_owned();
        Err(Error::new(
            kind,
            text!("{happened} It said: “{quote}”.", happened, quote),
        )
        .hint(next))
    }

    /// What a model reads: the data, and if that is not all, first why.
    pub(super) fn output(&self, title: &str, keep: Option<&Keep>) -> Result<ToolOutput> {
        let data = Body {
            bytes: self.data.to_string().into_bytes(),
            truncated: false,
        };
        let mut output = shape::shape(title, &data, keep, false)?;
        if !self.errors.is_empty() {
            let kept: Value = serde_json::from_str(&output.text).unwrap_or_default();
            let whole = json!({
                "partial": "Only some of this was answered; the rest is null because of these errors.",
                "errors": self.errors,
                "data": kept,
            });
            output.text = whole.to_string();
        }
        Ok(output.out_of(self.bytes))
    }
}

/// One error: what it says and which field it is about.
fn in_words(error: &Value) -> String {
    let said = error["message"]
        .as_str()
        .unwrap_or("an error without words");
    let path: Vec<String> = error["path"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| {
            part.as_str()
                .map_or_else(|| part.to_string(), str::to_owned)
        })
        .collect();
    let words = match path.is_empty() {
        true => said.to_owned(),
        false => format!("{said} (at {})", path.join(".")),
    };
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    let plain: String = plain.take(LONGEST_ERROR).collect();
    plain.trim().trim_end_matches('.').to_owned()
}
