//! One change of a table: built of names from the database's catalogue and of bound values, done
//! within a transaction, and counted before it is kept.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use super::{postgres, sqlite};
use crate::domain::card::SqlEngine;
use crate::domain::preview::{Preview, PreviewPart};
use crate::error::{Error, Kind, Result};
use crate::executor::sql::write::{Change, Condition, MAX_ROWS, Write};
use crate::{counted, text};

mod shown;
mod statement;
mod table;

pub(super) use shown::Changed;
use shown::{SHOWN, side_by_side};
pub(super) use statement::{CELL, Statement};
pub(super) use table::{WriteColumn, WriteTable};

/// Rows that a model gets back of those that were changed.
const RETURNED: usize = 20;

/// The open transaction in which the change is made; its end is for whoever opened it to decide.
pub(super) enum Opened<'a> {
    Postgres(&'a mut PgConnection),
    Sqlite(&'a mut SqliteConnection),
}

/// Makes the change.
pub(super) async fn apply(mut opened: Opened<'_>, write: &Write) -> Result<Changed> {
    let table = opened.table(&write.table).await?;
    let columns: Vec<&WriteColumn> = table.columns.iter().filter(|c| c.is_readable).collect();
    opened.change(&table, write, &columns, RETURNED).await
}

/// Makes the change to tell what it comes to; the caller takes it back. What is told is the same
/// as long as the data is: numbers of a sequence are not in it.
pub(super) async fn preview(mut opened: Opened<'_>, write: &Write) -> Result<Preview> {
    let table = opened.table(&write.table).await?;
    let name = &table.name;
    let (note, sample) = match &write.change {
        Change::Insert { columns, .. } => {
            let shown = table.readable(columns.iter().map(String::as_str))?;
            let added = opened.change(&table, write, &shown, SHOWN).await?;
            let note = counted!(
                added.count,
                "{count} row would be added to `{name}`.",
                "{count} rows would be added to `{name}`.",
                name
            );
            (note, added)
        }
        Change::Update { values, conditions } => {
            let set = table.readable(values.iter().map(|(column, _)| column.as_str()))?;
            let keys: Vec<&WriteColumn> = table.columns.iter().filter(|c| c.is_key).collect();
            let shown: Vec<&WriteColumn> = keys.iter().chain(&set).copied().collect();
            let before = opened.select(&table, conditions, &shown).await?;
            let after = opened.change(&table, write, &shown, MAX_ROWS).await?;
            let note = counted!(
                after.count,
                "{count} row of `{name}` would be changed.",
                "{count} rows of `{name}` would be changed.",
                name
            );
            (note, side_by_side(before, after, keys.len()))
        }
        Change::Delete { conditions } => {
            let mut shown: Vec<_> = table.columns.iter().filter(|c| c.is_readable).collect();
            shown.sort_by_key(|column| !column.is_key);
            let mut before = opened.select(&table, conditions, &shown).await?;
            let gone = opened.change(&table, write, &[], 0).await?;
            let note = counted!(
                gone.count,
                "{count} row of `{name}` would be deleted.",
                "{count} rows of `{name}` would be deleted.",
                name
            );
            before.count = gone.count;
            (note, before)
        }
    };
    let mut parts = vec![PreviewPart::Note(note)];
    let further = opened.further(&table, sample.count).await?;
    if further > 0 {
        parts.push(PreviewPart::Note(counted!(
            further,
            "The database would change {count} more row by itself, by a trigger or because it belongs to these.",
            "The database would change {count} more rows by itself, by triggers or because they belong to these."
        )));
    }
    if sample.count > sample.rows.len() {
        parts.push(PreviewPart::Note(text!("Some of them:")));
    }
    parts.push(sample.into_part());
    Ok(Preview { parts })
}

impl Opened<'_> {
    /// The table of that name, which can be written to.
    async fn table(&mut self, wanted: &str) -> Result<WriteTable> {
        match self {
            Self::Postgres(connection) => postgres::write_table(connection, wanted).await,
            Self::Sqlite(connection) => sqlite::write_table(connection, wanted).await,
        }
    }

    /// Reads up to `most` rows, and counts those that come up to one more than may be changed.
    async fn run(
        &mut self,
        statement: Statement,
        columns: &[&WriteColumn],
        most: usize,
    ) -> Result<Changed> {
        let mut changed = Changed::of(columns, most);
        match self {
            Self::Postgres(connection) => {
                postgres::run_write(connection, statement, &mut changed).await?;
            }
            Self::Sqlite(connection) => {
                sqlite::run_write(connection, statement, &mut changed).await?;
            }
        }
        Ok(changed)
    }

    /// How many rows this transaction has changed that nobody `asked` for.
    async fn further(&mut self, table: &WriteTable, asked: usize) -> Result<u64> {
        let all = match self {
            Self::Postgres(connection) => postgres::rows_changed(connection, table).await?,
            Self::Sqlite(connection) => sqlite::rows_changed(connection).await?,
        };
        Ok(all.saturating_sub(asked as u64))
    }

    /// Some of the rows that are meant, in an order of their own.
    async fn select(
        &mut self,
        table: &WriteTable,
        conditions: &[Condition],
        shown: &[&WriteColumn],
    ) -> Result<Changed> {
        let statement = Statement::select(self.engine(), table, conditions, shown)?;
        self.run(statement, shown, SHOWN).await
    }

    /// Makes the change; an error when it comes to too many rows, or to none.
    async fn change(
        &mut self,
        table: &WriteTable,
        write: &Write,
        shown: &[&WriteColumn],
        most: usize,
    ) -> Result<Changed> {
        if let (Self::Sqlite(_), Some(conditions)) = (&*self, write.change.conditions()) {
            // SQLite changes all of them before it says of any.
            let meant = Statement::meant(self.engine(), table, conditions)?;
            let meant = self.run(meant, &[], 0).await?;
            check_count(table, meant.count)?;
        }
        let statement = Statement::change(self.engine(), table, &write.change, shown)?;
        let changed = self.run(statement, shown, most).await?;
        check_count(table, changed.count)?;
        Ok(changed)
    }

    fn engine(&self) -> SqlEngine {
        match self {
            Self::Postgres(_) => SqlEngine::Postgres,
            Self::Sqlite(_) => SqlEngine::Sqlite,
        }
    }
}

/// Neither none, nor more than one call may change.
fn check_count(table: &WriteTable, count: usize) -> Result<()> {
    let table = &table.name;
    match count {
        0 => Err(Error::new(
            Kind::NotFound,
            text!("No row of `{table}` would be changed.", table),
        )
        .hint(text!("Look with a query which rows there are."))),
        count if count > MAX_ROWS => Err(Error::new(
            Kind::Denied("rows_changed"),
            text!(
                "More than {most} rows of `{table}` would be changed, so nothing was.",
                most = MAX_ROWS,
                table
            ),
        )
        .hint(text!("Narrow the conditions, or do it in parts."))),
        _ => Ok(()),
    }
}
