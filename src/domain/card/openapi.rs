//! A card's API that describes itself: where its document is, and one operation out of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::http::{Auth, HttpMethod};

/// An API whose OpenAPI document becomes tools. Text values are templates over the connection's
/// fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenapiService {
    /// Where the document is: JSON or YAML, OpenAPI 3.
    pub document: String,
    /// Where the API is. Where this renders empty, the document says it, and may name no other server
    /// than the one it came from.
    #[serde(default)]
    pub base_url: String,
    /// How a request shows whose it is.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Tags, separated by commas: only operations that have one of them. All where it renders empty.
    #[serde(default)]
    pub tags: String,
    /// Beginnings of paths, separated by commas: only operations below one of them.
    #[serde(default)]
    pub paths: String,
    /// The most operations: a document that has more must be narrowed.
    #[serde(default = "OpenapiService::most")]
    pub most: usize,
    /// How often a request that only reads is sent again when the service is busy: at most 3.
    #[serde(default)]
    pub retries: u8,
}

impl OpenapiService {
    fn most() -> usize {
        200
    }
}

/// One operation of an API, as its document told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The verb.
    pub method: HttpMethod,
    /// The URL that its path is below.
    pub server: String,
    /// `/orders/{order_id}`.
    pub path: String,
    /// Where arguments go, those of the path included.
    pub parameters: Vec<Parameter>,
    /// The argument that is sent as the JSON body.
    pub body: Option<String>,
}

/// Where one argument goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The argument's name.
    pub argument: String,
    /// The name that the service knows.
    pub name: String,
    /// The part of the request.
    pub place: Place,
    /// How lists and objects are written there.
    pub style: Style,
}

/// The parts of a request that parameters are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In place of `{name}` in the path.
    Path,
    /// After the `?`.
    Query,
    /// A header.
    Header,
}

/// How a list or an object is written as a parameter; a single value is written as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `a=1&a=2`, and each member of an object by its own name.
    Each,
    /// `a=1,2`.
    Commas,
    /// `a=1 2`.
    Spaces,
    /// `a=1|2`.
    Pipes,
    /// `a[x]=1`.
    Deep,
    /// `a={"x":1}`.
    Json,
}
