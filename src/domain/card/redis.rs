//! What a card says of a Redis database.

use serde::{Deserialize, Serialize};

use crate::domain::tool::Risk;

/// A Redis database, or what speaks its protocol, such as Valkey.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisService {
    /// The secret field that holds its URL: `url` unless named.
    pub url: Option<String>,
}

impl RedisService {
    /// The field that says where the database is.
    pub fn field(&self) -> &str {
        self.url.as_deref().unwrap_or("url")
    }
}

/// The built-in operations on a Redis database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedisOperation {
    /// Keys that match a pattern: arguments `pattern`, `type`, `limit` and `cursor`.
    FindKeys,
    /// What a key holds: arguments `key`, `limit` and `from`.
    ReadKey,
    /// One command that only reads: arguments `command` and `arguments`, a list of texts.
    RunCommand,
    /// What the server says of itself; no arguments.
    ServerInfo,
    /// A text under a key: arguments `key`, `value` and `expire_seconds`.
    SetValue,
    /// When a key goes away by itself: arguments `key` and `seconds`.
    SetExpiry,
    /// Without some keys: argument `keys`, a list of texts.
    DeleteKeys,
}

impl RedisOperation {
    /// The least risk that a tool which runs it has.
    pub fn risk(self) -> Risk {
        match self {
            Self::FindKeys | Self::ReadKey | Self::RunCommand | Self::ServerInfo => Risk::Read,
            Self::SetValue | Self::SetExpiry => Risk::Write,
            Self::DeleteKeys => Risk::Destructive,
        }
    }
}
