//! What a card says of an MCP server.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Auth;

/// An MCP server behind an address. It tells of its tools itself. Text values are templates over the
/// connection's fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpService {
    /// Its address: `https://mcp.example.com/mcp`, or `{{ url }}`.
    pub url: String,
    /// How a request shows whose it is: not at all, by a header or by a bearer token.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How far what it says of its tools is believed.
    #[serde(default)]
    pub trust: Trust,
    /// The names of tools that only read, for which the card's author vouches.
    #[serde(default)]
    pub reads: BTreeSet<String>,
}

/// How far a server is believed about its own tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Not at all: a person is asked before every tool that is not named in `reads`.
    #[default]
    Nothing,
    /// What it says of each tool counts: whether it only reads, or destroys.
    Annotations,
}

/// A call of one of the server's tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpCall {
    /// As the server calls it.
    pub tool: String,
}
