//! A card's GraphQL API, and what its tools send there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::http::{Auth, Keep};

/// A GraphQL API. Text values are templates over the connection's fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlService {
    /// Its one address: `https://api.example.com/graphql`, or `{{ endpoint }}`.
    pub endpoint: String,
    /// How a request shows whose it is.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How often a query is sent again when the service is busy or cannot be reached: at most 3.
    #[serde(default)]
    pub retries: u8,
}

/// What a tool does with a GraphQL API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphqlAction {
    /// Says what can be asked: arguments `type`, for the fields of one type, or `search`, for what has
    /// a word in its name.
    Schema,
    /// Runs a query of the model's: arguments `document`, `variables` and `operation`.
    Query,
    /// Runs a mutation of the model's, with the same arguments.
    Mutate,
    /// Sends a document of the card's.
    Send(Box<GraphqlDocument>),
}

/// A document that a card declares.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlDocument {
    /// One query or one mutation. No template: what varies is in variables.
    pub document: String,
    /// Its variables: texts are templates over fields and arguments, and one that is exactly
    /// `{{ x }}` keeps the argument's JSON type; what renders empty is left out.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// What of `data` is kept for the model; all of it when absent.
    pub keep: Option<Keep>,
}
