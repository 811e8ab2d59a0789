//! SQL from a model: a text becomes a query only if it reads, and a write is data ([`mod@write`]).
//!
//! A gate, not the lock: the database is asked for a read-only transaction as well, by a role that
//! should hold no more than it needs. The gate gives a model a sentence it can act on, and refuses
//! what a read-only transaction lets through (functions with effects, locks, other people's rows).

use crate::domain::card::SqlEngine;
use crate::error::{Error, Kind, Result};

mod functions;
mod postgres;
mod relations;
mod sqlite;
pub mod write;

/// The longest query that is looked at.
pub const MAX_BYTES: usize = 20_000;

/// Brackets within brackets; people stay below ten.
const MAX_NESTING: usize = 100;

/// The rule that refusals name.
const RULE: &str = "read_only_sql";

/// One statement that was read whole and found to do nothing but read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOnlySql(String);

impl ReadOnlySql {
    /// Accepts one SELECT, VALUES or TABLE, with or without WITH; refuses all else with a sentence
    /// that says what to write instead.
    pub fn parse(engine: SqlEngine, text: &str) -> Result<Self> {
        check_shape(text)?;
        let statement = match engine {
            SqlEngine::Postgres => postgres::check(text)?,
            SqlEngine::Sqlite => sqlite::check(text)?,
        };
        match statement.trim() {
            "" => Err(empty()),
            statement => Ok(Self(statement.to_owned())),
        }
    }

    /// The statement, without a semicolon after it. It may end in a `--` comment.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_shape(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(empty());
    }
    if text.len() > MAX_BYTES {
        let bytes = text.len();
        return Err(invalid(
            format!("The query has {bytes} bytes; at most {MAX_BYTES} are accepted."),
            "Join against a subquery instead of listing values.",
        ));
    }
    if text.contains('\0') {
        return Err(invalid(
            "The query has a NUL character in it.",
            "Send it again without.",
        ));
    }
    if nesting(text) > MAX_NESTING {
        return Err(too_deep());
    }
    Ok(())
}

/// How deep brackets nest. Those in strings and comments count too: no honest query is close.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message.into()).hint(hint.into())
}

fn denied(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Kind::Denied(RULE), message.into()).hint(hint.into())
}

fn empty() -> Error {
    invalid(
        "The query is empty.",
        "Send one SELECT, such as `select 1`.",
    )
}

fn too_deep() -> Error {
    invalid(
        "The query is nested too deeply.",
        "Split it with WITH, or chain fewer operators: `concat_ws` and `IN` replace long chains.",
    )
}

fn syntax(message: &str) -> Error {
    invalid(
        format!("The query does not parse: {message}."),
        "Correct it and send one SELECT.",
    )
}

fn several() -> Error {
    denied(
        "More than one statement was sent; exactly one is allowed.",
        "Send the statements one call at a time.",
    )
}

fn not_a_select(what: &str) -> Error {
    denied(
        format!("{what} is not allowed here: this connection only reads."),
        "Send one SELECT.",
    )
}

fn parameter() -> Error {
    invalid(
        "The query has a parameter in it, and there is nothing to bind to it.",
        "Write the value itself, as in `where id = 7`.",
    )
}
