//! Database tools: list tables, show one, run one read-only query, on PostgreSQL and SQLite; and on
//! PostgreSQL add, change and delete rows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::domain::card::{CardTool, SqlEngine, SqlOperation, SqlService, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::executor::sql::ReadOnlySql;
use crate::executor::sql::write::Write;
use crate::net::AddressPolicy;
use crate::text;
use crate::tools::{Target, ToolSource};

mod closest;
mod postgres;
mod result;
mod sample;
mod schema;
mod sqlite;

pub use sample::ensure_sample;

/// What the bundled sample database is called.
pub const SAMPLE: &str = "sample";

/// Where SQL tools run.
#[derive(Clone, Debug)]
pub struct SqlSource {
    addresses: AddressPolicy,
    files: BTreeMap<String, PathBuf>,
    limits: Limits,
}

/// How much one call may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows in a result.
    pub rows: usize,
    /// Bytes of a result's rows as JSON.
    pub bytes: usize,
    /// Characters of one value.
    pub cell: usize,
    /// How long a query may run.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 200,
            bytes: 256 * 1024,
            cell: 8 * 1024,
            time: Duration::from_secs(20),
        }
    }
}

impl SqlSource {
    /// Reaches PostgreSQL servers that `addresses` allows, and the SQLite files that `files` names.
    pub fn new(addresses: AddressPolicy, files: BTreeMap<String, PathBuf>) -> Self {
        Self {
            addresses,
            files,
            limits: Limits::default(),
        }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    async fn postgres(&self, target: &Target) -> Result<postgres::Session> {
        let Some(url) = target.secrets.get(service(target)?.field()) else {
            return Err(Error::new(
                Kind::Unauthenticated,
                text!("This connection has no database URL."),
            )
            .hint(text!("Connect it again and fill in the URL.")));
        };
        postgres::Session::open(url, &self.addresses, self.limits).await
    }

    async fn sqlite(&self, target: &Target) -> Result<sqlite::Session> {
        let field = service(target)?.field();
        let name = target.config.get(field).map_or("sample", String::as_str);
        let Some(path) = self.files.get(name) else {
            let known: Vec<_> = self.files.keys().map(|name| format!("`{name}`")).collect();
            let hint = if known.is_empty() {
                text!("Your admin has not allowed any SQLite file yet.")
            } else {
                text!(
                    "Databases here: {files}. Ask your admin to add another.",
                    files = known.join(", ")
                )
            };
            return Err(Error::new(
                Kind::NotFound,
                text!("That SQLite database is not one that this bot may open."),
            )
            .hint(hint));
        };
        sqlite::Session::open(path, self.limits).await
    }
}

#[async_trait]
impl ToolSource for SqlSource {
    async fn check(&self, target: &Target) -> Result<()> {
        match service(target)?.engine {
            SqlEngine::Postgres => self.postgres(target).await?.check().await,
            SqlEngine::Sqlite => self.sqlite(target).await?.check().await,
        }
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let engine = service(target)?.engine;
        let request = Request::read(engine, tool, arguments)?;
        match engine {
            SqlEngine::Postgres => self.postgres(target).await?.run(request).await,
            SqlEngine::Sqlite => self.sqlite(target).await?.run(request).await,
        }
    }

    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let engine = service(target)?.engine;
        match (Request::read(engine, tool, arguments)?, engine) {
            (Request::Write(write), SqlEngine::Postgres) => {
                let session = self.postgres(target).await?;
                session.preview(write).await.map(Some)
            }
            (Request::Write(_), SqlEngine::Sqlite) => Err(only_read()),
            (Request::ListTables | Request::GetSchema(_) | Request::Query(_), _) => Ok(None),
        }
    }
}

fn only_read() -> Error {
    Error::new(
        Kind::Forbidden,
        text!("SQLite databases are only read here."),
    )
    .hint(text!("Ask for the data with a query."))
}

/// One operation with its argument, checked before anything is opened.
enum Request {
    ListTables,
    GetSchema(String),
    Query(ReadOnlySql),
    Write(Write),
}

impl Request {
    fn read(engine: SqlEngine, tool: &CardTool, arguments: &Map<String, Value>) -> Result<Self> {
        let ToolAction::Sql(operation) = &tool.run else {
            return Err(Error::internal(anyhow::anyhow!(
                "tool `{}` of a database card is not SQL",
                tool.name
            )));
        };
        match operation {
            SqlOperation::ListTables => Ok(Self::ListTables),
            SqlOperation::GetSchema => Ok(Self::GetSchema(text(arguments, "table")?.to_owned())),
            SqlOperation::ExecuteSql => {
                let query = text(arguments, "query")?;
                ReadOnlySql::parse(engine, query).map(Self::Query)
            }
            SqlOperation::InsertData => Write::insert(arguments).map(Self::Write),
            SqlOperation::UpdateData => Write::update(arguments).map(Self::Write),
            SqlOperation::DeleteData => Write::delete(arguments).map(Self::Write),
        }
    }
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    arguments.get(name).and_then(Value::as_str).ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            text!("The argument `{name}` is missing.", name),
        )
        .hint(text!("Send `{name}` as text.", name))
    })
}

fn service(target: &Target) -> Result<&SqlService> {
    target.card.service.sql.as_ref().ok_or_else(|| {
        Error::internal(anyhow::anyhow!(
            "card `{}` has no database",
            target.card.name
        ))
    })
}
