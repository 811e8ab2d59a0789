//! One call to a SQLite file: opened to read, on a clock, and closed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Executor, Row, SqlSafeStr, TypeInfo, Value as _,
    ValueRef,
};
use tokio::time::Instant;

use super::result::{Table, binary, float};
use super::{Limits, Request, only_read};
use crate::domain::tool::ToolOutput;
use crate::error::Result;
use crate::executor::sql::ReadOnlySql;

mod catalog;
mod ceiling;
mod failure;

use failure::{explain, missing_table};

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
    pub(super) async fn open(path: &Path, limits: Limits) -> Result<Self> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .pragma("query_only", "on")
            .pragma("trusted_schema", "off")
            .busy_timeout(Duration::from_secs(1))
            .row_buffer_size(1)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(explain)?;
        ceiling::set(&mut connection).await.map_err(explain)?;
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
            Request::Write(_) => Err(only_read()),
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
