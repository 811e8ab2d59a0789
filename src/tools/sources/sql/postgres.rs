//! One call to a PostgreSQL server: connect, read within a transaction that cannot write, leave; or
//! make one change that somebody allowed.

use std::time::Duration;

use futures_util::TryStreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column, Connection, Row};
use tokio::time::timeout;

use super::result::Table;
use super::write::{self, Opened};
use super::{Limits, Request};
use crate::domain::preview::Preview;
use crate::domain::text::Text;
use crate::domain::tool::ToolOutput;
use crate::error::Result;
use crate::executor::sql::ReadOnlySql;
use crate::executor::sql::write::Write;
use crate::net::AddressPolicy;
use crate::store::DatabaseId;
use crate::tasks::Companion;

mod bridge;
mod catalog;
mod changing;
mod failure;
mod role;
mod url;
mod value;

pub(super) use self::changing::{rows_changed, run_write, write_table};

/// How long a server may take to let us in.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// What the server gets beyond its own limit, to report that it stopped the query.
const GRACE: Duration = Duration::from_secs(2);

/// Put before a query to learn its columns: one row of nulls, and nothing of the query runs.
const SHAPE: &str =
    "declare shape no scroll cursor for select q.* from (values (1)) as one left join (\n";

/// A connection for one call; there is no pool that a call could leave something behind in.
pub(super) struct Session {
    connection: PgConnection,
    // Dropped after the connection, whose bytes it carries.
    _way: Option<Companion>,
    limits: Limits,
}

/// A failure of the server, and how many characters of the statement were ours.
struct Failure {
    error: sqlx::Error,
    ours: usize,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self { error, ours: 0 }
    }
}

impl Session {
    pub(super) async fn open(
        url: &SecretString,
        addresses: &AddressPolicy,
        limits: Limits,
    ) -> Result<Self> {
        let url = url::PostgresUrl::parse(url.expose_secret())?;
        let (connection, way) = timeout(CONNECT_TIME, url.connect(addresses))
            .await
            .map_err(|_| failure::silent(CONNECT_TIME))??;
        Ok(Self {
            connection,
            _way: way,
            limits,
        })
    }

    /// Goes no further where this is that database, by whatever address it was reached.
    pub(super) async fn refuse(&mut self, own: DatabaseId) -> Result<()> {
        let found = timeout(CONNECT_TIME, DatabaseId::of(&mut self.connection))
            .await
            .map_err(|_| failure::silent(CONNECT_TIME))?;
        match found.map_err(failure::explain)? {
            Some(found) if found == own => Err(failure::my_own()),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn check(mut self) -> Result<()> {
        let begun = timeout(CONNECT_TIME, self.begin())
            .await
            .map_err(|_| failure::silent(CONNECT_TIME))?;
        begun.map_err(failure::explain)?;
        self.close().await;
        Ok(())
    }

    /// What its user may do beyond reading, if anything.
    pub(super) async fn advise(mut self) -> Result<Option<Text>> {
        let asked = timeout(CONNECT_TIME, async {
            self.begin().await.map_err(failure::explain)?;
            role::advice(&mut self.connection).await
        });
        let advice = asked.await.map_err(|_| failure::silent(CONNECT_TIME))?;
        self.close().await;
        advice
    }

    pub(super) async fn run(mut self, request: Request) -> Result<ToolOutput> {
        let patience = self.limits.time + GRACE;
        let writes = matches!(request, Request::Write(_));
        let answer = timeout(patience, self.answer(request)).await;
        // On a time-out the socket is dropped as it is: the server looks once a second whether we
        // are still there (see `begin`) and stops the query itself.
        let output = answer.map_err(|_| match writes {
            true => failure::may_have_been_done(),
            false => failure::too_slow(),
        })?;
        self.close().await;
        output
    }

    /// What a change would come to: it is made, looked at and taken back.
    pub(super) async fn preview(mut self, write: Write) -> Result<Preview> {
        let looked = timeout(self.limits.time + GRACE, async {
            self.begin_write().await.map_err(failure::explain)?;
            write::preview(Opened::Postgres(&mut self.connection), &write).await
        })
        .await;
        let preview = looked.map_err(|_| failure::too_slow())?;
        self.close().await;
        preview
    }

    async fn answer(&mut self, request: Request) -> Result<ToolOutput> {
        match &request {
            Request::Write(_) => self.begin_write().await.map_err(failure::explain)?,
            Request::ListTables | Request::GetSchema(_) | Request::Query(_) => {
                self.begin().await.map_err(failure::explain)?;
            }
        }
        match request {
            Request::ListTables => catalog::tables(&mut self.connection).await?.into_output(),
            Request::GetSchema(table) => catalog::schema(&mut self.connection, &table)
                .await?
                .into_output(),
            Request::Write(write) => self.write(&write).await,
            Request::Query(sql) => match self.query(&sql).await {
                Ok(table) => table.into_output(),
                Err(Failure { error, ours }) => Err(self.explain(error, ours).await),
            },
        }
    }

    /// Opens a transaction that stays read-only: once a query has run in it, not even
    /// `set transaction read write` opens it again. The limits end with the transaction.
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.begin_as("begin read only; select 1").await
    }

    /// Opens a transaction that may write, whatever the connection's default is, with the same limits.
    async fn begin_write(&mut self) -> Result<(), sqlx::Error> {
        self.begin_as("begin isolation level read committed read write")
            .await
    }

    async fn begin_as(&mut self, begin: &'static str) -> Result<(), sqlx::Error> {
        const SETTINGS: &str = "
            select set_config(name, wanted, true)
            from (values
                ('statement_timeout', $1),
                ('lock_timeout', '3s'),
                ('idle_in_transaction_session_timeout', '60s'),
                ('client_connection_check_interval', '1s'),
                -- the gate has read the query as these say; the server must read it the same way
                ('standard_conforming_strings', 'on'),
                ('bytea_output', 'hex')
            ) as settings (name, wanted)
            join pg_settings using (name)
            where name <> 'client_connection_check_interval'
                or version() !~* 'visual c|msvc|mingw'";
        sqlx::raw_sql(begin).execute(&mut self.connection).await?;
        sqlx::query(SETTINGS)
            .bind(self.limits.time.as_millis().to_string())
            .persistent(false)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Runs the query twice: as a shape, to learn its columns, and then for its rows, each value
    /// rendered and cut by the server. The text of the query goes in by way of the extended
    /// protocol alone, which takes one statement; and it is unnamed, which poolers need.
    async fn query(&mut self, sql: &ReadOnlySql) -> Result<Table, Failure> {
        let columns = self.shape(sql).await?;
        let names = columns.iter().map(|(name, _)| name.clone()).collect();
        let mut table = Table::new(names, self.limits);
        self.declare(
            &value::rendering(&columns, self.limits.cell),
            sql,
            &value::aliases(&columns),
        )
        .await?;
        // One more than is kept, to know whether there are more.
        let fetch = format!("fetch {} from result", self.limits.rows + 1);
        let mut rows = sqlx::raw_sql(AssertSqlSafe(fetch)).fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            let row = cells(&row, &columns, &mut table)?;
            if !table.push(row) {
                break;
            }
        }
        Ok(table)
    }

    /// The names of the columns, and their types as the server numbers them.
    async fn shape(&mut self, sql: &ReadOnlySql) -> Result<Vec<(String, u32)>, Failure> {
        self.declare(SHAPE, sql, "as q on false").await?;
        let row = sqlx::raw_sql("fetch 1 from shape")
            .fetch_one(&mut self.connection)
            .await?;
        let columns = row.columns().iter().map(|column| {
            let oid = column.type_info().oid().map_or(0, |oid| oid.0);
            (column.name().to_owned(), oid)
        });
        Ok(columns.collect())
    }

    async fn declare(&mut self, head: &str, sql: &ReadOnlySql, tail: &str) -> Result<(), Failure> {
        // The line break ends a comment that the query may end in.
        let text = format!("{head}{}\n) {tail}", sql.as_str());
        sqlx::query(AssertSqlSafe(text))
            .persistent(false)
            .execute(&mut self.connection)
            .await
            .map(|_| ())
            .map_err(|error| Failure {
                error,
                ours: head.chars().count(),
            })
    }

    /// Makes the change and keeps it, unless it comes to more rows than one call may change.
    async fn write(&mut self, write: &Write) -> Result<ToolOutput> {
        let changed = write::apply(Opened::Postgres(&mut self.connection), write).await?;
        // Rules that are put off until then are looked at now.
        let committed = sqlx::raw_sql("commit").execute(&mut self.connection).await;
        committed.map_err(|error| match error.as_database_error() {
            Some(_) => failure::explain_write(error),
            None => failure::may_have_been_done().source(error),
        })?;
        let mut table = Table::new(changed.columns, self.limits);
        for row in changed.rows {
            table.push(row.into_iter().map(Value::from).collect());
        }
        table.into_output_of(changed.count)
    }

    /// The failure as a sentence; for a table that is missing, with those that are there.
    async fn explain(&mut self, error: sqlx::Error, ours: usize) -> crate::error::Error {
        if let Some(table) = failure::missing_table(&error)
            && sqlx::raw_sql("rollback")
                .execute(&mut self.connection)
                .await
                .is_ok()
            && self.begin().await.is_ok()
            && let Ok(tables) = catalog::tables(&mut self.connection).await
        {
            return tables.missing(&table).source(error);
        }
        failure::explain_query(error, ours)
    }

    /// Leaves in good order, for the sake of a pooler between; a server that is slow is left as is.
    /// Locks that a view may have taken for its session are all that a rollback does not undo. Both
    /// are one message, so that they reach the same session.
    async fn close(mut self) {
        let goodbye = async {
            sqlx::raw_sql("rollback; select pg_catalog.pg_advisory_unlock_all()")
                .execute(&mut self.connection)
                .await
                .ok();
            self.connection.close().await.ok();
        };
        timeout(GRACE, goodbye).await.ok();
    }
}

fn cells(
    row: &PgRow,
    columns: &[(String, u32)],
    table: &mut Table,
) -> Result<Vec<Value>, sqlx::Error> {
    (0..columns.len())
        .map(|index| {
            let text: Option<String> = row.try_get(index)?;
            Ok(text.map_or(Value::Null, |text| {
                value::read(text, columns[index].1, table)
            }))
        })
        .collect()
}
