//! A person's connection to a service, under the name they gave it.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::principal::Principal;
use crate::error::{Error, Kind};
use crate::ids::{ConnectionId, CredentialRef};
use crate::text;

/// One connection; its secrets are elsewhere, under `credential`.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its identity.
    pub id: ConnectionId,
    /// Whose it is.
    pub owner: Principal,
    /// What its owner calls it.
    pub name: ConnectionName,
    /// The card it was made from.
    pub card: String,
    /// What the owner filled in, without the secrets.
    pub config: BTreeMap<String, String>,
    /// Where the secrets are, when the card has any.
    pub credential: Option<CredentialRef>,
    /// The secret fields that were filled in.
    pub secret_fields: BTreeSet<String>,
    /// Whether it worked when last tried.
    pub status: ConnectionStatus,
    /// The tools it offers.
    pub tools: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When a tool of it last ran.
    pub last_used: Option<DateTime<Utc>>,
    /// How many tool calls it served.
    pub usage_count: i64,
}

impl Connection {
    /// Whether a field of its card was filled in.
    pub fn has(&self, field: &str) -> bool {
        self.config.contains_key(field) || self.secret_fields.contains(field)
    }
}

/// Whether a connection worked when last tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// It worked.
    Active,
    /// It did not.
    Failing,
}

/// A name a person gave: 1 to 30 lower-case letters, digits, `-` and single `_`.
///
/// Tool names are `connection__tool`, so a name has no `__` and does not end in `_`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConnectionName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim().to_lowercase();
        let fits = (1..=30).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && !name.ends_with('_')
            && !name.contains("__")
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
        if fits {
            return Ok(Self(name));
        }
        Err(Error::new(
            Kind::Invalid,
            text!("A connection's name is 1 to 30 letters from a to z, digits, `-` or single `_`, and starts with a letter or digit."),
        )
        .hint(text!("Try a name like `sales-db`.")))
    }
}

impl TryFrom<String> for ConnectionName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ConnectionName> for String {
    fn from(name: ConnectionName) -> Self {
        name.0
    }
}

impl std::fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_what_a_tool_name_can_carry() {
        let check = |text: &str, expected: Option<&str>| {
            let name = text.parse::<ConnectionName>().ok();
            assert_eq!(
                name.as_ref().map(ConnectionName::as_str),
                expected,
                "{text:?}"
            );
        };
        check("github", Some("github"));
        check(" Sales-DB ", Some("sales-db"));
        check("a_b", Some("a_b"));
        for refused in [
            "",
            "a__b",
            "_a",
            "a_",
            "é",
            "a b",
            "😀",
            "قاعدة",
            &"x".repeat(31),
        ] {
            check(refused, None);
        }
    }
}
