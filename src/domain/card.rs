//! A run card: one service described as data, so that adding a service needs no code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tool::Risk;

/// One service that people can connect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What people type after `/mcp connect`: lower-case letters, digits and `-`.
    pub name: String,
    /// What people read: "PostgreSQL".
    pub title: String,
    /// One emoji before the title.
    pub icon: String,
    /// One sentence on what one can do with it.
    pub description: String,
    /// What the tools are about, in "3 database tools".
    pub noun: String,
    /// Higher comes first in the list.
    #[serde(default)]
    pub popularity: i64,
    /// How its tools run.
    pub service: Service,
    /// What a person fills in.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// What a model may call.
    pub tools: Vec<CardTool>,
}

/// How a card's tools run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// SQL over a database connection.
    Sql(SqlService),
    /// Requests to an HTTP API.
    Http(Box<HttpService>),
}

/// A database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlService {
    /// Which kind.
    pub engine: SqlEngine,
}

/// The databases that cards can speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlEngine {
    /// PostgreSQL and what speaks its protocol.
    Postgres,
    /// A SQLite file on the bot's machine.
    Sqlite,
}

/// An HTTP API. Text values are templates over the connection's fields: `{{ token }}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpService {
    /// Where paths start: `https://api.example.com`, or `{{ base_url }}`.
    pub base_url: String,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A cheap request that succeeds when the credential works.
    pub health: HttpRequest,
}

/// One request of an HTTP card. Text values are templates over fields and arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// The verb.
    pub method: HttpMethod,
    /// Appended to the base URL. What is put in is percent-encoded, slashes too, except through
    /// the filter `segments`, which keeps them: `/contents/{{ path | segments }}`.
    pub path: String,
    /// Query parameters; one that renders empty is left out.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// The JSON body: strings in it are templates, and one that is exactly `{{ x }}` keeps the
    /// argument's JSON type; members that render empty are left out.
    pub body: Option<Value>,
    /// What of the answer is kept for the model; all of it when absent.
    pub keep: Option<Keep>,
}

/// The verbs of HTTP that cards use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

/// Which parts of a JSON answer a model gets to read.
///
/// A pointer is a JSON pointer; in those of `fields`, `*` stands for every item of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// A JSON pointer to the part of interest, such as `/items`.
    #[serde(default)]
    pub at: String,
    /// Members to keep of each item: new name to pointer within the item.
    pub fields: BTreeMap<String, String>,
    /// Which of `fields` hold base64 text that is decoded.
    #[serde(default)]
    pub base64: Vec<String>,
    /// Items that have something at this pointer are left out.
    pub without: Option<String>,
    /// Where the answer says how many there are in all.
    pub total: Option<String>,
}

/// One thing a person fills in to connect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name templates use.
    pub name: String,
    /// What people read above the box.
    pub label: String,
    /// Kept in the secret store and never shown again.
    #[serde(default)]
    pub secret: bool,
    /// May stay empty.
    #[serde(default)]
    pub optional: bool,
    /// Grey text in the empty box.
    pub placeholder: Option<String>,
    /// One line below the box: where to get it.
    pub help: Option<String>,
    /// What the box holds at first.
    pub default: Option<String>,
    /// The form it must have.
    pub format: Option<FieldFormat>,
}

/// Forms that a field's value can be held to before anything is tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldFormat {
    /// An https URL without query; http only where the operator allows the address.
    Url,
    /// `postgresql://user:password@host:port/database`.
    PostgresUrl,
    /// One of these prefixes: the well-known beginnings of a service's keys.
    Prefix(Vec<String>),
}

/// One tool of a card.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardTool {
    /// Lower-case letters, digits and `_`.
    pub name: String,
    /// For the model: what it does, when to use it.
    pub description: String,
    /// What calling it can do.
    pub risk: Risk,
    /// JSON Schema of the arguments.
    pub input: Value,
    /// What runs.
    pub run: ToolAction,
}

/// What a tool does; its kind must match the card's service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolAction {
    /// One of the built-in database operations.
    Sql(SqlOperation),
    /// A request.
    Http(Box<HttpRequest>),
}

/// The built-in database operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlOperation {
    /// Tables and views with their approximate row counts; no arguments.
    ListTables,
    /// Columns, keys and comments of one table: argument `table`.
    GetSchema,
    /// One read-only query: argument `query`.
    ExecuteSql,
}

impl Card {
    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&CardTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}
