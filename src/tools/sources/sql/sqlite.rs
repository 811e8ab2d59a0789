//! One call to a SQLite file: opened to read, on a clock, and closed; or opened for one change that
//! somebody allowed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, TypeInfo,
    Value as _, ValueRef,
};
use tokio::time::Instant;

use super::result::{Table, binary, float};
use super::write::{self, Changed, Opened};
use super::{Limits, Request};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Result};
use crate::executor::sql::ReadOnlySql;
use crate::executor::sql::write::Write;

mod catalog;
mod ceiling;
mod changing;
mod failure;
mod files;

pub(super) use self::changing::{rows_changed, run_write, write_table};
pub use self::files::SqliteFiles;
use failure::{apart, explain, explain_write, missing_table};

/// How long others who write may be kept waiting by a look at what a change would come to.
const LOOK: Duration = Duration::from_secs(3);

/// How long a query waits for a writer, and a change for another.
const PATIENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Steps of SQLite's machine between two looks at the clock: well below a millisecond.
const STEPS: i32 = 10_000;

/// A connection for one call. Dropping it stops what runs on it.
pub(super) struct Session {
    // Before the connection, as it is to be dropped first.
    _stop: Stop,
    connection: SqliteConnection,
    limits: Limits,
}

/// Set when nobody waits for the answer any more; SQLite runs on a thread of its own.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Session {
    /// Opens the file to read.
    pub(super) async fn open(path: &Path, limits: Limits) -> Result<Self> {
        let options = options(path).read_only(true).pragma("query_only", "on");
        let connection = connect(options.busy_timeout(PATIENCE[0])).await?;
        Self::on_a_clock(connection, limits).await
    }

    /// Opens the file for one change.
    async fn open_to_write(path: &Path, limits: Limits) -> Result<Self> {
        let options = options(path).foreign_keys(true).busy_timeout(PATIENCE[1]);
        let mut connection = connect(options).await?;
        ceiling::defend(&mut connection).await.map_err(explain)?;
        // Others go on reading; of those who write there is one at a time, from here to the end.
        sqlx::raw_sql("begin immediate")
            .execute(&mut connection)
            .await
            .map_err(explain_write)?;
        Self::on_a_clock(connection, limits).await
    }

    async fn on_a_clock(mut connection: SqliteConnection, limits: Limits) -> Result<Self> {
        let stop = Stop(Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop.0);
        let deadline = Instant::now() + limits.time;
        connection
            .lock_handle()
            .await
            .map_err(explain)?
            .set_progress_handler(STEPS, move || {
                !stopped.load(Ordering::Relaxed) && Instant::now() < deadline
            });
        Ok(Self {
            _stop: stop,
            connection,
            limits,
        })
    }

    /// Makes the change and commits it.
    async fn keep(&mut self, write: &Write) -> Result<Changed> {
        let changed = write::apply(Opened::Sqlite(&mut self.connection), write).await?;
        sqlx::raw_sql("commit")
            .execute(&mut self.connection)
            .await
            .map_err(explain_write)?;
        Ok(changed)
    }

    /// Takes back what was not committed. When this returns, others may write.
    async fn close(self) {
        // What went wrong was told; the file is closed whatever comes of this.
        self.connection.close().await.ok();
    }

    pub(super) async fn check(mut self) -> Result<()> {
        catalog::tables(&mut self.connection)
            .await
            .map_err(explain)?;
        Ok(())
    }

    pub(super) async fn run(mut self, request: Request) -> Result<ToolOutput> {
        let connection = &mut self.connection;
        match request {
            Request::ListTables => catalog::counted(connection)
                .await
                .map_err(explain)?
                .into_output(),
            Request::GetSchema(table) => catalog::schema(connection, &table).await?.into_output(),
            Request::Write(_) => Err(Error::internal(anyhow::anyhow!(
                "a change was sent to a file that is opened to read"
            ))),
            Request::Query(sql) => match query(connection, &sql, self.limits).await {
                Ok(table) => table.into_output(),
                Err(error) => Err(
                    match (missing_table(&error), catalog::tables(connection).await) {
                        (Some(table), Ok(tables)) => tables.missing(&table).source(error),
                        _ => explain(error),
                    },
                ),
            },
        }
    }
}

/// Makes the change and keeps it, unless it comes to more rows than one call may change.
pub(super) async fn change(path: &Path, limits: Limits, write: &Write) -> Result<ToolOutput> {
    let mut session = Session::open_to_write(path, limits).await?;
    let changed = session.keep(write).await;
    session.close().await;
    let changed = changed?;
    let mut table = Table::new(changed.columns, limits);
    for row in changed.rows {
        table.push(row.into_iter().map(Value::from).collect());
    }
    table.into_output_of(changed.count)
}

/// What a change would come to: it is made, looked at and taken back, all of it within seconds.
pub(super) async fn preview(path: &Path, limits: Limits, write: &Write) -> Result<Preview> {
    let time = limits.time.min(LOOK);
    let mut session = Session::open_to_write(path, Limits { time, ..limits }).await?;
    let preview = write::preview(Opened::Sqlite(&mut session.connection), write).await;
    let owes = ceiling::owes_rows(&mut session.connection).await;
    session.close().await;
    match (preview, owes) {
        (Ok(_), Ok(true)) => Err(apart()),
        (preview, _) => preview,
    }
}

async fn connect(options: SqliteConnectOptions) -> Result<SqliteConnection> {
    let mut connection = options.connect().await.map_err(explain)?;
    ceiling::set(&mut connection).await.map_err(explain)?;
    Ok(connection)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .pragma("trusted_schema", "off")
        .row_buffer_size(1)
        .disable_statement_logging()
}

/// Runs the query as a subquery: SQLite itself then refuses a text that is more than one SELECT,
/// however it may have looked to the gate.
async fn query(
    connection: &mut SqliteConnection,
    sql: &ReadOnlySql,
    limits: Limits,
) -> Result<Table, sqlx::Error> {
    // A subquery renames columns that occur twice, so the names are those of the query itself.
    let text = AssertSqlSafe(sql.as_str().to_owned()).into_sql_str();
    let prepared = (&mut *connection).prepare(text).await?;
    let names = sqlx::Statement::columns(&prepared)
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    let mut table = Table::new(names, limits);
    // The line break ends a comment that the query may end in.
    let wrapped = format!("select * from (\n{}\n)", sql.as_str());
    let mut rows = sqlx::query(AssertSqlSafe(wrapped)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let row = cells(&row, &mut table)?;
        if !table.push(row) {
            break;
        }
    }
    Ok(table)
}

/// Values by what they are; a column's declared type says little in SQLite.
fn cells(row: &SqliteRow, table: &mut Table) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.columns().len())
        .map(|index| {
            let raw = row.try_get_raw(index)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let value = ValueRef::to_owned(&raw);
            match value.type_info().name() {
                "INTEGER" | "BOOLEAN" => value.try_decode_unchecked::<i64>().map(Value::from),
                "REAL" => value.try_decode_unchecked::<f64>().map(float),
                "BLOB" => value
                    .try_decode_unchecked::<Vec<u8>>()
                    .map(|data| binary(&data)),
                _ => value.try_decode_unchecked::<Vec<u8>>().map(|data| {
                    // SQLite does not promise that its text is UTF-8.
                    table.text(String::from_utf8_lossy(&data).into_owned())
                }),
            }
        })
        .collect()
}
