//! A run card: one service described as data, so that adding a service needs no code.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::money::{self, NanoDollars};
use super::tool::Risk;

mod graphql;
mod http;
mod mcp;
mod openapi;
mod redis;

pub use self::graphql::{GraphqlAction, GraphqlDocument, GraphqlService};
pub use self::http::{
    Auth, HttpMethod, HttpRequest, HttpService, Keep, Meaning, OauthService, Pages, Paging, Query,
    SaysNo, TextBody,
};
pub use self::mcp::{McpCall, McpService, Trust};
pub use self::openapi::{OpenapiService, Operation, Parameter, Place, Style};
pub use self::redis::{RedisOperation, RedisService};

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
    /// What its tools run on.
    pub service: Services,
    /// What a person fills in.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// What a model may call; those that a service tells of come to these.
    #[serde(default)]
    pub tools: Vec<CardTool>,
}

/// What a card's tools run on: at least one service, and of each kind at most one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    /// A GraphQL API.
    pub graphql: Option<Box<GraphqlService>>,
    /// An HTTP API.
    pub http: Option<Box<HttpService>>,
    /// An MCP server.
    pub mcp: Option<Box<McpService>>,
    /// An HTTP API that describes itself.
    pub openapi: Option<Box<OpenapiService>>,
    /// A Redis database.
    pub redis: Option<RedisService>,
    /// A database.
    pub sql: Option<SqlService>,
}

/// The kinds of services. What a tool runs says which one it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKind {
    /// Documents sent to a GraphQL API.
    Graphql,
    /// Requests to an HTTP API.
    Http,
    /// Calls of the tools of an MCP server.
    Mcp,
    /// Operations of an OpenAPI document.
    Openapi,
    /// Commands to a Redis database.
    Redis,
    /// SQL over a database connection.
    Sql,
}

impl Services {
    /// Whether one of them tells of its tools itself.
    pub fn tells(&self) -> bool {
        self.mcp.is_some() || self.openapi.is_some()
    }

    /// The kinds there are.
    pub fn kinds(&self) -> impl Iterator<Item = ServiceKind> {
        let Self {
            graphql,
            http,
            mcp,
            openapi,
            redis,
            sql,
        } = self;
        let graphql = graphql.as_ref().map(|_| ServiceKind::Graphql);
        let http = http.as_ref().map(|_| ServiceKind::Http);
        let mcp = mcp.as_ref().map(|_| ServiceKind::Mcp);
        let openapi = openapi.as_ref().map(|_| ServiceKind::Openapi);
        let redis = redis.as_ref().map(|_| ServiceKind::Redis);
        let sql = sql.as_ref().map(|_| ServiceKind::Sql);
        [graphql, http, mcp, openapi, redis, sql]
            .into_iter()
            .flatten()
    }

    /// How requests to them show whose they are.
    pub fn auths(&self) -> impl Iterator<Item = &Auth> {
        let graphql = self.graphql.as_ref().map(|service| &service.auth);
        let http = self.http.as_ref().map(|service| &service.auth);
        let mcp = self.mcp.as_ref().map(|service| &service.auth);
        let openapi = self.openapi.as_ref().map(|service| &service.auth);
        [graphql, http, mcp, openapi].into_iter().flatten()
    }
}

impl ServiceKind {
    /// As cards write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::Openapi => "openapi",
            Self::Redis => "redis",
            Self::Sql => "sql",
        }
    }
}

/// A database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlService {
    /// Which kind.
    pub engine: SqlEngine,
    /// The secret field that holds a PostgreSQL database's URL: `url` unless named.
    pub url: Option<String>,
    /// The field that holds a SQLite database's name: `file` unless named.
    pub file: Option<String>,
}

impl SqlService {
    /// A database of that kind, its address in the usual field.
    pub fn new(engine: SqlEngine) -> Self {
        Self {
            engine,
            url: None,
            file: None,
        }
    }

    /// The field that says where the database is.
    pub fn field(&self) -> &str {
        match self.engine {
            SqlEngine::Postgres => self.url.as_deref().unwrap_or("url"),
            SqlEngine::Sqlite => self.file.as_deref().unwrap_or("file"),
        }
    }
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
    /// `redis://user:password@host:port/number` or `rediss://…`.
    RedisUrl,
    /// The name of a header that may be filled: `X-Api-Key`.
    HeaderName,
    /// One of these prefixes: the well-known beginnings of a service's keys.
    Prefix(Vec<String>),
}

/// One tool: of a card, or found at the service and kept with the connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardTool {
    /// Lower-case letters, digits and `_`.
    pub name: String,
    /// For the model: what it does, when to use it.
    pub description: String,
    /// What calling it can do.
    pub risk: Risk,
    /// When a person is asked first.
    #[serde(default)]
    pub ask: Ask,
    /// What the service charges.
    pub cost: Option<ToolCost>,
    /// For how long an answer to the same arguments may be given again.
    #[serde(default, with = "humantime_serde")]
    pub cache: Option<Duration>,
    /// The header by which the service knows a request that comes a second time.
    pub idempotency: Option<String>,
    /// JSON Schema of the arguments.
    pub input: Value,
    /// JSON Schema of what a model reads of the result.
    pub output: Option<Value>,
    /// What runs.
    pub run: ToolAction,
    /// Examples that must hold: `patchbay cards test`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<ToolTest>,
}

/// One call of an HTTP tool with all that belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolTest {
    /// What a model sends.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The request that follows: `GET /orders?limit=3`, without the base URL.
    pub request: String,
    /// The request's JSON body, or its text, where it has one.
    pub body: Option<Value>,
    /// What the service answers.
    pub answer: Value,
    /// What a model reads of it.
    pub result: Value,
}

impl CardTool {
    /// A tool with nothing special about it.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        risk: Risk,
        input: Value,
        run: ToolAction,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            risk,
            ask: Ask::default(),
            cost: None,
            cache: None,
            idempotency: None,
            input,
            output: None,
            run,
            tests: Vec::new(),
        }
    }

    /// Whether a person must say yes before it runs.
    pub fn asks_first(&self) -> bool {
        self.risk != Risk::Read || self.ask == Ask::Always
    }
}

/// When a person must say yes before a tool runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// When it does more than read.
    #[default]
    Changes,
    /// Before every call: it is expensive, or what it reads is delicate.
    Always,
}

/// What a service charges for a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCost {
    /// For each call, in dollars as decimal text: `"0.002"`.
    #[serde(with = "money::decimal")]
    pub per_call: NanoDollars,
}

/// What a tool does; its kind is that of one of the card's services.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolAction {
    /// Something with a GraphQL API.
    Graphql(GraphqlAction),
    /// A request.
    Http(Box<HttpRequest>),
    /// A tool of an MCP server, as the server told of it; no card has one.
    Mcp(McpCall),
    /// An operation that an OpenAPI document told of; no card has one.
    Openapi(Box<Operation>),
    /// One of the built-in operations on a Redis database.
    Redis(RedisOperation),
    /// One of the built-in database operations.
    Sql(SqlOperation),
}

impl ToolAction {
    /// What kind of service it runs on.
    pub fn kind(&self) -> ServiceKind {
        match self {
            Self::Graphql(_) => ServiceKind::Graphql,
            Self::Http(_) => ServiceKind::Http,
            Self::Mcp(_) => ServiceKind::Mcp,
            Self::Openapi(_) => ServiceKind::Openapi,
            Self::Redis(_) => ServiceKind::Redis,
            Self::Sql(_) => ServiceKind::Sql,
        }
    }
}

/// The built-in database operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlOperation {
    /// Tables and views with their approximate row counts; no arguments.
    ListTables,
    /// Columns, keys and comments of one table: argument `table`.
    GetSchema,
    /// One read-only query: argument `query`.
    ExecuteSql,
    /// New rows: arguments `table` and `rows`, a list of objects.
    InsertData,
    /// New values in some rows: arguments `table`, `values` (an object) and `where`, a list of
    /// conditions with `column`, `operator` and `value`.
    UpdateData,
    /// Without some rows: arguments `table` and `where`.
    DeleteData,
}

impl SqlOperation {
    /// The least risk that a tool which runs it has.
    pub fn risk(self) -> Risk {
        match self {
            Self::ListTables | Self::GetSchema | Self::ExecuteSql => Risk::Read,
            Self::InsertData | Self::UpdateData => Risk::Write,
            Self::DeleteData => Risk::Destructive,
        }
    }
}

impl Card {
    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&CardTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}
