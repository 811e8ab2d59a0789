//! Database tools: list tables, show one, run one read-only query, and add, change and delete rows,
//! on PostgreSQL and SQLite.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::given::{misplaced, text};
use crate::domain::card::{Card, CardTool, SqlEngine, SqlOperation, SqlService, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::text::Text;
use crate::domain::tool::{Risk, ToolOutput};
use crate::error::{Error, Kind, Result};
use crate::executor::sql::ReadOnlySql;
use crate::executor::sql::write::Write;
use crate::net::AddressPolicy;
use crate::store::DatabaseId;
use crate::text;
use crate::tools::{Target, ToolSource};

mod closest;
mod postgres;
mod result;
mod sample;
mod schema;
mod sqlite;
mod write;

pub use sample::ensure_sample;
pub use sqlite::SqliteFiles;

/// What the bundled sample database is called.
pub const SAMPLE: &str = "sample";

/// Where SQL tools run.
#[derive(Clone, Debug)]
pub struct SqlSource {
    addresses: AddressPolicy,
    files: SqliteFiles,
    own: Option<DatabaseId>,
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
    pub fn new(addresses: AddressPolicy, files: impl Into<SqliteFiles>) -> Self {
        Self {
            addresses,
            files: files.into(),
            own: None,
            limits: Limits::default(),
        }
    }

    /// The same without that database, the bot's own.
    pub fn never(self, own: Option<DatabaseId>) -> Self {
        Self { own, ..self }
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
        let mut session = postgres::Session::open(url, &self.addresses, self.limits).await?;
        if let Some(own) = self.own {
            session.refuse(own).await?;
        }
        Ok(session)
    }

    /// The SQLite file of a connection, by what its owner filled in.
    fn file(&self, target: &Target) -> Result<&Path> {
        self.files.find(file_name(service(target)?, &target.config))
    }

    /// The same where rows may be changed in it.
    fn file_to_write(&self, target: &Target) -> Result<&Path> {
        let path = self.file(target)?;
        let name = file_name(service(target)?, &target.config);
        match self.files.takes_changes(name) {
            true => Ok(path),
            false => Err(only_read()),
        }
    }
}

/// The name of a SQLite database that was filled in.
fn file_name<'a>(service: &SqlService, config: &'a BTreeMap<String, String>) -> &'a str {
    config.get(service.field()).map_or(SAMPLE, String::as_str)
}

#[async_trait]
impl ToolSource for SqlSource {
    async fn check(&self, target: &Target) -> Result<()> {
        match service(target)?.engine {
            SqlEngine::Postgres => self.postgres(target).await?.check().await,
            SqlEngine::Sqlite => {
                let session = sqlite::Session::open(self.file(target)?, self.limits).await?;
                session.check().await
            }
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
        match (engine, request) {
            (SqlEngine::Postgres, request) => self.postgres(target).await?.run(request).await,
            (SqlEngine::Sqlite, Request::Write(write)) => {
                sqlite::change(self.file_to_write(target)?, self.limits, &write).await
            }
            (SqlEngine::Sqlite, request) => {
                let session = sqlite::Session::open(self.file(target)?, self.limits).await?;
                session.run(request).await
            }
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
            (Request::Write(write), SqlEngine::Sqlite) => {
                let file = self.file_to_write(target)?;
                sqlite::preview(file, self.limits, &write).await.map(Some)
            }
            (Request::ListTables | Request::GetSchema(_) | Request::Query(_), _) => Ok(None),
        }
    }

    async fn advise(&self, target: &Target) -> Result<Option<Text>> {
        match service(target)?.engine {
            SqlEngine::Postgres => self.postgres(target).await?.advise().await,
            SqlEngine::Sqlite => Ok(None),
        }
    }

    fn offers(&self, card: &Card, config: &BTreeMap<String, String>, tool: &CardTool) -> bool {
        let (Some(service), ToolAction::Sql(operation)) = (&card.service.sql, &tool.run) else {
            return true;
        };
        match service.engine {
            SqlEngine::Sqlite if operation.risk() != Risk::Read => {
                self.files.takes_changes(file_name(service, config))
            }
            // What its user may do is for the server to say.
            SqlEngine::Sqlite | SqlEngine::Postgres => true,
        }
    }
}

fn only_read() -> Error {
    Error::new(
        Kind::Forbidden,
        text!("This SQLite database is only read here."),
    )
    .hint(text!(
        "Ask for the data with a query, or ask your admin to let it take changes."
    ))
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

fn service(target: &Target) -> Result<&SqlService> {
    let service = target.card.service.sql.as_ref();
    service.ok_or_else(|| misplaced(target, "SQL"))
}
