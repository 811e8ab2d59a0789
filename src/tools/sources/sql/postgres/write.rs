//! One change of a PostgreSQL table: built of names from its catalogue and of bound values, done
//! within a transaction, and counted before it is kept.

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use super::{catalog, failure};
use crate::domain::preview::{Preview, PreviewPart};
use crate::error::{Error, Kind, Result};
use crate::executor::sql::write::{Change, Condition, MAX_ROWS, Operator, Write};
use crate::tools::sources::sql::closest::closest;
use crate::{counted, text};

/// Rows that are shown to whoever is asked.
const SHOWN: usize = 5;

/// Columns that are shown of a row.
const WIDTH: usize = 8;

/// Characters of a value that is shown.
const CELL: usize = 40;

/// Rows that a model gets back of those that were changed.
pub(super) const RETURNED: usize = 20;

/// A table that can be written to.
struct WriteTable {
    name: String,
    quoted: String,
    columns: Vec<Column>,
}

/// One of its columns.
#[derive(Clone, sqlx::FromRow)]
struct Column {
    name: String,
    quoted: String,
    /// The name of its type, without a length: a cast to that would cut what is too long.
    type_name: String,
    /// Whether it is a part of the primary key.
    is_key: bool,
    is_readable: bool,
}

/// Text of our own and of the catalogue; all else is bound.
struct Statement {
    sql: String,
    values: Vec<Option<String>>,
}

/// What a statement gave back: some of the rows, and how many there were.
pub(super) struct Changed {
    pub(super) count: usize,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Option<String>>>,
}

/// Makes the change within the open transaction, whose end is for the caller to decide.
pub(super) async fn apply(connection: &mut PgConnection, write: &Write) -> Result<Changed> {
    let table = WriteTable::find(connection, write).await?;
    let columns: Vec<&Column> = table.columns.iter().filter(|c| c.is_readable).collect();
    table.change(connection, write, &columns, RETURNED).await
}

/// Makes the change within the open transaction, to tell what it comes to; the caller takes it back.
/// What is told is the same as long as the data is: numbers of a sequence are not in it.
pub(super) async fn preview(connection: &mut PgConnection, write: &Write) -> Result<Preview> {
    let table = WriteTable::find(connection, write).await?;
    let name = &table.name;
    let (note, sample) = match &write.change {
        Change::Insert { columns, .. } => {
            let shown = table.readable(columns.iter().map(String::as_str))?;
            let added = table.change(connection, write, &shown, SHOWN).await?;
            let note = counted!(
                added.count,
                "{count} row would be added to `{name}`.",
                "{count} rows would be added to `{name}`.",
                name
            );
            (note, added)
        }
        Change::Update { values, conditions } => {
            let set = values.iter().map(|(column, _)| column.as_str());
            let set = table.readable(set)?;
            let keys: Vec<&Column> = table.columns.iter().filter(|c| c.is_key).collect();
            let shown: Vec<&Column> = keys.iter().chain(&set).copied().collect();
            let before = table.select(connection, conditions, &shown).await?;
            let after = table.change(connection, write, &shown, MAX_ROWS).await?;
            let note = counted!(
                after.count,
                "{count} row of `{name}` would be changed.",
                "{count} rows of `{name}` would be changed.",
                name
            );
            (note, side_by_side(before, after, keys.len()))
        }
        Change::Delete { conditions } => {
            let mut shown: Vec<&Column> = table.columns.iter().filter(|c| c.is_readable).collect();
            shown.sort_by_key(|column| !column.is_key);
            let before = table.select(connection, conditions, &shown).await?;
            let gone = table.change(connection, write, &[], 0).await?;
            let note = counted!(
                gone.count,
                "{count} row of `{name}` would be deleted.",
                "{count} rows of `{name}` would be deleted.",
                name
            );
            let sample = Changed {
                count: gone.count,
                ..before
            };
            (note, sample)
        }
    };
    let mut parts = vec![PreviewPart::Note(note)];
    if sample.count > sample.rows.len() {
        parts.push(PreviewPart::Note(text!("Some of them:")));
    }
    parts.push(sample.into_part());
    Ok(Preview { parts })
}

/// A row before and after: its key, and each column that changes beside what it becomes.
fn side_by_side(before: Changed, after: Changed, keys: usize) -> Changed {
    let key = |row: &[Option<String>]| row[..keys].to_vec();
    let mut columns = before.columns[..keys].to_vec();
    for name in &before.columns[keys..] {
        columns.extend([name.clone(), format!("{name} →")]);
    }
    let rows = before.rows.into_iter().map(|old| {
        // Without a key, or with a new one, rows cannot be told apart; all get the same values.
        let new = after.rows.iter().find(|new| key(new) == key(&old));
        let new = new.or(after.rows.first());
        let mut row = key(&old);
        for index in keys..old.len() {
            let became = new.and_then(|new| new[index].clone());
            row.extend([old[index].clone(), became]);
        }
        row
    });
    Changed {
        count: after.count,
        rows: rows.collect(),
        columns,
    }
}

impl Changed {
    fn into_part(self) -> PreviewPart {
        let cell = |value: Option<String>| match value {
            Some(value) if value.chars().count() > CELL => {
                let start: String = value.chars().take(CELL - 1).collect();
                format!("{start}…").replace('\n', " ")
            }
            Some(value) => value.replace('\n', " "),
            None => "null".to_owned(),
        };
        let rows = self.rows.into_iter().take(SHOWN);
        PreviewPart::Rows {
            columns: self.columns.into_iter().take(WIDTH).collect(),
            rows: rows
                .map(|row| row.into_iter().take(WIDTH).map(cell).collect())
                .collect(),
        }
    }
}

impl WriteTable {
    async fn find(connection: &mut PgConnection, write: &Write) -> Result<Self> {
        const SQL: &str = "
            select
                a.attname::text as name,
                format('%I', a.attname) as quoted,
                format_type(a.atttypid, -1) as type_name,
                coalesce(a.attnum = any (p.conkey), false) as is_key,
                has_column_privilege(a.attrelid, a.attnum, 'select') as is_readable
            from pg_attribute a
            left join pg_constraint p on p.conrelid = a.attrelid and p.contype = 'p'
            where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
            order by a.attnum";
        let tables = catalog::tables(connection).await?;
        let table = tables.find(&write.table)?;
        if table.kind != "table" {
            let name = &table.name;
            return Err(Error::new(
                Kind::Invalid,
                text!(
                    "`{name}` is not a table, so nothing is written to it.",
                    name
                ),
            )
            .hint(text!("Write to the table that its rows come from.")));
        }
        let columns = sqlx::query_as(SQL)
            .bind(&table.quoted)
            .persistent(false)
            .fetch_all(connection)
            .await
            .map_err(failure::explain)?;
        Ok(Self {
            name: table.name.clone(),
            quoted: table.quoted.clone(),
            columns,
        })
    }

    fn column(&self, wanted: &str) -> Result<&Column> {
        let found = self.columns.iter().find(|column| column.name == wanted);
        found.ok_or_else(|| {
            let names = self.columns.iter().map(|column| column.name.as_str());
            let hint = match closest(wanted, names).as_slice() {
                [] => text!("Ask for the table's schema to see its columns."),
                near => text!("Did you mean `{near}`?", near = near.join("`, `")),
            };
            let column: String = wanted.chars().take(100).collect();
            let table = &self.name;
            Error::new(
                Kind::NotFound,
                text!("`{table}` has no column `{column}`.", table, column),
            )
            .hint(hint)
        })
    }

    /// Those of the columns that may be read.
    fn readable<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Result<Vec<&'a Column>> {
        let columns = names.map(|name| self.column(name));
        let columns: Result<Vec<&Column>> = columns.collect();
        Ok(columns?.into_iter().filter(|c| c.is_readable).collect())
    }

    /// Some of the rows that are meant, in an order of their own.
    async fn select(
        &self,
        connection: &mut PgConnection,
        conditions: &[Condition],
        shown: &[&Column],
    ) -> Result<Changed> {
        let mut statement = Statement::new();
        let (list, table) = (list(shown), &self.quoted);
        let order: Vec<String> = (1..=shown.len()).map(|place| place.to_string()).collect();
        statement.add(&format!("select {list} from {table} where "));
        statement.conditions(self, conditions)?;
        if !order.is_empty() {
            statement.add(&format!(" order by {}", order.join(", ")));
        }
        statement.add(&format!(" limit {SHOWN}"));
        statement.run(connection, shown, SHOWN).await
    }

    /// Makes the change; an error when it comes to too many rows, or to none.
    async fn change(
        &self,
        connection: &mut PgConnection,
        write: &Write,
        shown: &[&Column],
        most: usize,
    ) -> Result<Changed> {
        let mut statement = Statement::new();
        let table = &self.quoted;
        match &write.change {
            Change::Insert { columns, rows } => {
                let columns: Vec<&Column> = columns
                    .iter()
                    .map(|name| self.column(name))
                    .collect::<Result<_>>()?;
                let names: Vec<&str> = columns.iter().map(|c| c.quoted.as_str()).collect();
                statement.add(&format!(
                    "insert into {table} ({}) values ",
                    names.join(", ")
                ));
                for (index, row) in rows.iter().enumerate() {
                    statement.add(if index == 0 { "(" } else { ", (" });
                    for (index, (column, value)) in columns.iter().zip(row).enumerate() {
                        statement.add(if index == 0 { "" } else { ", " });
                        statement.value(column, value);
                    }
                    statement.add(")");
                }
            }
            Change::Update { values, conditions } => {
                statement.add(&format!("update {table} set "));
                for (index, (name, value)) in values.iter().enumerate() {
                    let column = self.column(name)?;
                    statement.add(if index == 0 { "" } else { ", " });
                    statement.add(&format!("{} = ", column.quoted));
                    statement.value(column, value);
                }
                statement.add(" where ");
                statement.conditions(self, conditions)?;
            }
            Change::Delete { conditions } => {
                statement.add(&format!("delete from {table} where "));
                statement.conditions(self, conditions)?;
            }
        }
        statement.add(&format!(" returning {}", list(shown)));
        let changed = statement.run(connection, shown, most).await?;
        match changed.count {
            0 => Err(no_row(&self.name)),
            count if count > MAX_ROWS => Err(too_many(&self.name)),
            _ => Ok(changed),
        }
    }
}

impl Statement {
    fn new() -> Self {
        Self {
            sql: String::new(),
            values: Vec::new(),
        }
    }

    fn add(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// A value as text, which the server reads as it reads that type.
    fn value(&mut self, column: &Column, value: &Value) {
        self.values.push(written(&column.type_name, value));
        let (place, type_name) = (self.values.len(), &column.type_name);
        self.add(&format!("${place}::pg_catalog.text::{type_name}"));
    }

    fn conditions(&mut self, table: &WriteTable, conditions: &[Condition]) -> Result<()> {
        for (index, condition) in conditions.iter().enumerate() {
            let column = table.column(&condition.column)?;
            self.add(if index == 0 { "" } else { " and " });
            self.add(&column.quoted);
            match condition.operator {
                Operator::Compare(operator) => {
                    self.add(&format!(" {operator} "));
                    self.list(column, &condition.values);
                }
                Operator::In => {
                    self.add(" in (");
                    self.list(column, &condition.values);
                    self.add(")");
                }
                Operator::Like => {
                    self.values
                        .extend(condition.values.iter().map(|value| written("text", value)));
                    let place = self.values.len();
                    self.add(&format!("::pg_catalog.text like ${place}::pg_catalog.text"));
                }
                Operator::IsNull => self.add(" is null"),
                Operator::IsNotNull => self.add(" is not null"),
            }
        }
        Ok(())
    }

    fn list(&mut self, column: &Column, values: &[Value]) {
        for (index, value) in values.iter().enumerate() {
            self.add(if index == 0 { "" } else { ", " });
            self.value(column, value);
        }
    }

    /// Reads up to `most` rows, and counts those that come up to one more than may be changed.
    async fn run(
        self,
        connection: &mut PgConnection,
        shown: &[&Column],
        most: usize,
    ) -> Result<Changed> {
        let mut query = sqlx::query(AssertSqlSafe(self.sql)).persistent(false);
        for value in self.values {
            query = query.bind(value);
        }
        let mut stream = query.fetch(connection);
        let (mut count, mut rows) = (0, Vec::new());
        while let Some(row) = stream.try_next().await.map_err(failure::explain_write)? {
            count += 1;
            if count > MAX_ROWS {
                break;
            }
            if rows.len() < most {
                let cells = (0..shown.len()).map(|index| row.try_get(index));
                let cells: Result<_, sqlx::Error> = cells.collect();
                rows.push(cells.map_err(failure::explain_write)?);
            }
        }
        Ok(Changed {
            count,
            rows,
            columns: shown.iter().map(|column| column.name.clone()).collect(),
        })
    }
}

/// Columns as text, cut where they are made.
fn list(columns: &[&Column]) -> String {
    if columns.is_empty() {
        return "1".to_owned();
    }
    let cell = |column: &&Column| {
        let quoted = &column.quoted;
        format!("pg_catalog.left({quoted}::pg_catalog.text, {})", CELL * 5)
    };
    columns.iter().map(cell).collect::<Vec<_>>().join(", ")
}

/// A value as the server reads it from text: a list for an array column as it writes arrays.
fn written(type_name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if type_name.ends_with("[]") => {
            let items = items.iter().map(|item| match item {
                Value::Array(_) => written(type_name, item).unwrap_or_default(),
                item => match written("", item) {
                    Some(text) => {
                        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
                    }
                    None => "null".to_owned(),
                },
            });
            Some(format!("{{{}}}", items.collect::<Vec<_>>().join(",")))
        }
        other => Some(other.to_string()),
    }
}

fn no_row(table: &str) -> Error {
    Error::new(
        Kind::NotFound,
        text!("No row of `{table}` would be changed.", table),
    )
    .hint(text!("Look with a query which rows there are."))
}

fn too_many(table: &str) -> Error {
    Error::new(
        Kind::Denied("rows_changed"),
        text!(
            "More than {most} rows of `{table}` would be changed, so nothing was.",
            most = MAX_ROWS,
            table
        ),
    )
    .hint(text!("Narrow the conditions, or do it in parts."))
}

#[cfg(test)]
mod tests {
    use super::written;
    use serde_json::json;

    #[test]
    fn values_are_written_as_the_server_reads_them() {
        let written = |kind, value| written(kind, &value);
        assert_eq!(written("integer", json!(7)).as_deref(), Some("7"));
        assert_eq!(written("boolean", json!(true)).as_deref(), Some("true"));
        assert_eq!(written("text", json!(null)), None);
        assert_eq!(written("jsonb", json!([1])).as_deref(), Some("[1]"));
        assert_eq!(
            written("text[]", json!(["a\"b\\", null])).as_deref(),
            Some(r#"{"a\"b\\",null}"#)
        );
        assert_eq!(
            written("integer[]", json!([[1], [2]])).as_deref(),
            Some(r#"{{"1"},{"2"}}"#)
        );
    }
}
