//! What a change of a SQLite table needs of its file: the columns, the running, the counting.

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Row};

use super::catalog;
use super::failure::{explain, explain_write};
use crate::error::Result;
use crate::tools::sources::sql::write::{Changed, Statement, WriteTable};

/// A table with its columns, as the file's own schema has them.
pub(in crate::tools::sources::sql) async fn write_table(
    connection: &mut SqliteConnection,
    wanted: &str,
) -> Result<WriteTable> {
    const SQL: &str = r#"
        select
            name,
            '"' || replace(name, '"', '""') || '"' as quoted,
            lower(type) as type_name,
            pk > 0 as is_key,
            true as is_readable
        from pragma_table_xinfo($1)
        where hidden <> 1
        order by cid"#;
    let tables = catalog::tables(connection).await.map_err(explain)?;
    let table = tables.find(wanted)?;
    let kind = catalog::kind(connection, &table.name).await;
    table.check_writable(&kind.map_err(explain)?)?;
    let columns = sqlx::query_as(SQL)
        .bind(&table.name)
        .fetch_all(connection)
        .await
        .map_err(explain)?;
    Ok(WriteTable::new(table, columns))
}

/// Runs the statement and puts its rows into `changed`, until no more are of interest.
pub(in crate::tools::sources::sql) async fn run_write(
    connection: &mut SqliteConnection,
    statement: Statement,
    changed: &mut Changed,
) -> Result<()> {
    let mut query = sqlx::query(AssertSqlSafe(statement.sql));
    for (type_name, value) in &statement.values {
        query = bind(query, type_name, value);
    }
    let mut stream = query.fetch(connection);
    while let Some(row) = stream.try_next().await.map_err(explain_write)? {
        let read = |columns| {
            let cells = (0..columns).map(|index| {
                // SQLite does not promise that its text is UTF-8.
                let cell: Option<Vec<u8>> = row.try_get_unchecked(index)?;
                Ok(cell.map(|cell| String::from_utf8_lossy(&cell).into_owned()))
            });
            cells.collect()
        };
        if !changed.push(read).map_err(explain_write)? {
            break;
        }
    }
    Ok(())
}

/// How many rows this connection has changed so far, those of triggers and of foreign keys too.
pub(in crate::tools::sources::sql) async fn rows_changed(
    connection: &mut SqliteConnection,
) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("select total_changes()")
        .fetch_one(connection)
        .await
        .map_err(explain)?;
    Ok(count.unsigned_abs())
}

/// A value by what it is; the column's own type has a say in how it is kept.
fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    type_name: &str,
    value: &Value,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Null => query.bind(None::<String>),
        Value::Bool(flag) => query.bind(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => query.bind(whole),
            None => query.bind(number.as_f64()),
        },
        Value::String(text) => match bytes(type_name, text) {
            Some(bytes) => query.bind(bytes),
            None => query.bind(text.clone()),
        },
        // SQLite keeps JSON as text.
        Value::Array(_) | Value::Object(_) => query.bind(value.to_string()),
    }
}

/// Binary data, written as it is shown: `\x00ff`.
fn bytes(type_name: &str, text: &str) -> Option<Vec<u8>> {
    let hex = text.strip_prefix("\\x").filter(|_| type_name == "blob")?;
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
    };
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn binary_data_is_written_as_it_is_shown() {
        assert_eq!(bytes("blob", "\\x00fF"), Some(vec![0, 255]));
        assert_eq!(bytes("blob", "\\x"), Some(Vec::new()));
        for text in ["\\x0", "\\xzz", "00ff", "\\x+1"] {
            assert_eq!(bytes("blob", text), None, "{text}");
        }
        assert_eq!(bytes("text", "\\x00ff"), None);
    }
}
