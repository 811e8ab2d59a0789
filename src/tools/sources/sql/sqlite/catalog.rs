//! What a SQLite file holds, asked of its own pragmas.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::explain;
use crate::error::Result;
use crate::tools::sources::sql::schema::{Column, TableName, TableSchema, Tables};

/// Rows are counted up to here; beyond, the number is left open.
const MAX_COUNT: i64 = 1_000_000;

/// Tables and views, without SQLite's own.
pub(super) async fn tables(connection: &mut SqliteConnection) -> Result<Tables, sqlx::Error> {
    const SQL: &str = "
        select name, case type when 'view' then 'view' else 'table' end
        from pragma_table_list
        where schema = 'main'
            and type in ('table', 'view', 'virtual')
            and name not like 'sqlite\\_%' escape '\\'
        order by name
        limit 501";
    let rows: Vec<(String, String)> = sqlx::query_as(SQL).fetch_all(connection).await?;
    let tables = rows.into_iter().map(|(name, kind)| TableName {
        quoted: format!("\"{}\"", name.replace('"', "\"\"")),
        rows: None,
        name,
        kind,
    });
    Ok(Tables {
        tables: tables.collect(),
    })
}

/// Of which kind a table is: `table`, `view`, or `virtual` where a module serves it.
pub(super) async fn kind(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<String, sqlx::Error> {
    const SQL: &str = "select type from pragma_table_list where schema = 'main' and name = $1";
    sqlx::query_scalar(SQL)
        .bind(table)
        .fetch_one(connection)
        .await
}

/// The tables with how many rows each has.
pub(super) async fn counted(connection: &mut SqliteConnection) -> Result<Tables, sqlx::Error> {
    let mut tables = tables(connection).await?;
    for table in tables
        .tables
        .iter_mut()
        .filter(|table| table.kind == "table")
    {
        let quoted = &table.quoted;
        let sql = format!("select count(*) from (select 1 from {quoted} limit {MAX_COUNT} + 1)");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut *connection)
            .await?;
        table.rows = (count <= MAX_COUNT).then_some(count);
    }
    Ok(tables)
}

/// One table's columns in their order.
pub(super) async fn schema(connection: &mut SqliteConnection, wanted: &str) -> Result<TableSchema> {
    let tables = tables(connection).await.map_err(explain)?;
    let table = tables.find(wanted)?;
    let columns = columns(connection, &table.name).await.map_err(explain)?;
    Ok(TableSchema {
        table: table.name.clone(),
        columns,
        comment: None,
    })
}

async fn columns(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<Column>, sqlx::Error> {
    const SQL: &str = "
        select
            c.name,
            lower(c.type),
            c.\"notnull\" = 0 and c.pk = 0,
            c.pk > 0,
            (
                select f.\"table\" || coalesce('.' || f.\"to\", '')
                from pragma_foreign_key_list($1) f
                where f.\"from\" = c.name
                limit 1
            )
        from pragma_table_xinfo($1) c
        where c.hidden <> 1
        order by c.cid";
    type Row = (String, String, bool, bool, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(SQL)
        .bind(table)
        .fetch_all(connection)
        .await?;
    let columns =
        rows.into_iter().map(
            |(name, type_name, nullable, primary_key, references)| Column {
                name,
                type_name,
                nullable,
                primary_key,
                references,
                comment: None,
            },
        );
    Ok(columns.collect())
}
