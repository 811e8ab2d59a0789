//! Everything that is kept: one SQL text per query, run by SQLite and PostgreSQL alike.
//!
//! Methods take and return domain types; no pool, row or transaction leaves this module.

mod added_cards;
mod alone;
mod approvals;
mod away;
mod cards;
mod changes;
mod channels;
mod connections;
mod depths;
mod inbox;
mod itself;
mod ledger;
mod left;
mod outbox;
mod reach;
mod retention;
mod runs;
mod secrets;
mod settings;
mod stops;
mod threads;
mod tools;
mod totals;
mod usage;
mod used;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub use added_cards::{AddedRow, CardChange, CardDeed, CardUse};
pub use alone::Alone;
pub use approvals::{Approval, ApprovalState, Decision};
pub use away::in_time;
pub use cards::CardRow;
pub use changes::{Change, Changed};
pub use depths::{Depths, PoolSize};
pub use inbox::{Arrival, Delivery, Stored, Unfinished};
pub use itself::DatabaseId;
pub use ledger::{Entry, Span};
pub use outbox::{FileState, Outgoing, Then};
pub use runs::{ClaimedRun, Lease};
pub use settings::SettingOf;
pub use threads::Reading;
pub use totals::{DayUse, ModelUse, PastRun, ToolUse, Totals, UseOf};
pub use usage::{CompletionRow, ToolUsageRow};
pub use used::{ModelRecord, ToolRecord};

use crate::error::{Error, Kind, Result};

/// The database in use. Both arms of [`on_db!`] run the same text.
#[derive(Clone, Debug)]
enum Db {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs one expression against whichever database is in use; `$c` is its pool.
macro_rules! on_db {
    ($store:expr, $c:ident => $body:expr) => {
        match &$store.db {
            crate::store::Db::Sqlite($c) => $body,
            crate::store::Db::Postgres($c) => $body,
        }
    };
}

/// Opens a write transaction, runs the body with it and commits.
///
/// SQLite takes its write lock at once: a transaction that reads first and writes later would
/// fail with "busy" instead of waiting.
macro_rules! in_transaction {
    ($store:expr, $tx:ident => $body:block) => {
        match &$store.db {
            crate::store::Db::Sqlite(pool) => {
                let mut $tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
            crate::store::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
        }
    };
}
pub(crate) use {in_transaction, on_db};

/// Where things are kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:path/to/file.db` or `postgres://…`.
    pub url: String,
    /// The most connections open at once.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
}

impl DatabaseConfig {
    /// What is wrong with this section, a sentence each.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(self.url.starts_with("sqlite:") || is_postgres(&self.url)) {
            problems.push("database.url must start with `sqlite:` or `postgres://`".to_owned());
        }
        if self.max_connections == 0 {
            problems.push("database.max_connections must be at least 1".to_owned());
        }
        problems
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The database, with a method per thing that is kept in it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
}

impl Store {
    /// Connects; creates the SQLite file and its folder where they do not exist.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self> {
        if let Some(problem) = config.validate().into_iter().next() {
            return Err(Error::new(
                Kind::Invalid,
                format!("The database cannot be opened: {problem}."),
            )
            .hint("Set DATABASE_URL or `database.url`."));
        }
        let db = if is_postgres(&config.url) {
            Db::Postgres(connect_postgres(config).await?)
        } else {
            Db::Sqlite(connect_sqlite(config).await?)
        };
        Ok(Self { db })
    }

    /// Says at once, where it can, what would keep [`Self::connect`] from succeeding.
    pub async fn reach(config: &DatabaseConfig) -> Result<()> {
        if !is_postgres(&config.url) {
            return Ok(());
        }
        let options = PgConnectOptions::from_str(&config.url);
        reach::reach(&options.map_err(|error| unusable(config, error))?).await
    }

    /// Brings the tables up to date; safe to run from several replicas at once.
    pub async fn migrate(&self) -> Result<()> {
        static SHARED: Migrator = sqlx::migrate!("./migrations");
        match &self.db {
            Db::Sqlite(pool) => SHARED.run(pool).await.map_err(migration_failed),
            Db::Postgres(pool) => {
                SHARED.run(pool).await.map_err(migration_failed)?;
                let mut postgres_only = sqlx::migrate!("./migrations/postgres");
                postgres_only.dangerous_set_table_name("_sqlx_migrations_postgres");
                postgres_only.run(pool).await.map_err(migration_failed)
            }
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        on_db!(self, c => sqlx::query("select 1").execute(c).await.map(drop))?;
        Ok(())
    }

    /// Waits for running queries and closes all connections.
    pub async fn close(&self) {
        on_db!(self, c => c.close().await);
    }
}

async fn connect_sqlite(config: &DatabaseConfig) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(&config.url)
        .map_err(|error| unusable(config, error))?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged request must survive a power cut, so a commit waits for the disk.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    if let Some(folder) = options.get_filename().parent() {
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| unusable(config, error))?;
    }
    only_for_us(options.get_filename()).map_err(|error| unusable(config, error))?;
    SqlitePoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .connect_with(options)
        .await
        .map_err(|error| unusable(config, error))
}

/// Makes the file, where there is none, readable for its owner alone: it holds questions and answers.
fn only_for_us(path: &Path) -> std::io::Result<()> {
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

async fn connect_postgres(config: &DatabaseConfig) -> Result<PgPool> {
    let options =
        PgConnectOptions::from_str(&config.url).map_err(|error| unusable(config, error))?;
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .connect_with(options.clone())
        .await;
    match pool {
        Ok(pool) => Ok(pool),
        // It tried again and again, and says only that; one try more says why.
        Err(sqlx::Error::PoolTimedOut) => match reach::reach(&options).await {
            Ok(()) => Err(reach::explain(&options, sqlx::Error::PoolTimedOut)),
            Err(why) => Err(why),
        },
        Err(error) => Err(reach::explain(&options, error)),
    }
}

fn unusable(config: &DatabaseConfig, error: impl Into<anyhow::Error>) -> Error {
    let engine = if is_postgres(&config.url) {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    Error::new(
        Kind::Unavailable,
        format!("The {engine} database in `database.url` cannot be opened."),
    )
    .hint("Check that it exists and that the URL, user and password are right.")
    .source(error)
}

fn migration_failed(error: sqlx::migrate::MigrateError) -> Error {
    Error::new(
        Kind::Unavailable,
        "The database could not be brought up to date.",
    )
    .hint("Check that its user may create tables, then start again.")
    .source(error)
}
