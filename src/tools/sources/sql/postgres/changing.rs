//! What a change of a PostgreSQL table needs of its server: the columns, the running, the counting.

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use super::{catalog, failure};
use crate::error::Result;
use crate::tools::sources::sql::write::{Changed, Statement, WriteTable};

/// A table with its columns, as the server's catalogue has them.
pub(in crate::tools::sources::sql) async fn write_table(
    connection: &mut PgConnection,
    wanted: &str,
) -> Result<WriteTable> {
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
    let table = tables.find(wanted)?;
    table.check_writable(&table.kind)?;
    let columns = sqlx::query_as(SQL)
        .bind(&table.quoted)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(failure::explain)?;
    Ok(WriteTable::new(table, columns))
}

/// Runs the statement and puts its rows into `changed`, until no more are of interest.
pub(in crate::tools::sources::sql) async fn run_write(
    connection: &mut PgConnection,
    statement: Statement,
    changed: &mut Changed,
) -> Result<()> {
    let mut query = sqlx::query(AssertSqlSafe(statement.sql)).persistent(false);
    for (type_name, value) in &statement.values {
        query = query.bind(written(type_name, value));
    }
    let mut stream = query.fetch(connection);
    while let Some(row) = stream.try_next().await.map_err(failure::explain_write)? {
        let read = |columns| (0..columns).map(|index| row.try_get(index)).collect();
        if !changed.push(read).map_err(failure::explain_write)? {
            break;
        }
    }
    Ok(())
}

/// How many rows this transaction has changed so far. Of a table whose rows are kept in parts no
/// more is known than what was asked for: a row that moves counts twice.
pub(in crate::tools::sources::sql) async fn rows_changed(
    connection: &mut PgConnection,
    table: &WriteTable,
) -> Result<u64> {
    const SQL: &str = "
        select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
        from pg_stat_xact_user_tables
        where not exists (
            select from pg_class c
            where c.oid = to_regclass($1) and c.relkind = 'p'
        )";
    let count: i64 = sqlx::query_scalar(SQL)
        .bind(&table.quoted)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(failure::explain)?;
    Ok(count.unsigned_abs())
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
