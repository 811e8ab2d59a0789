//! What a PostgreSQL database holds, asked of its own catalogue.

use sqlx::postgres::PgConnection;

use super::failure;
use crate::error::Result;
use crate::tools::sources::sql::schema::{Column, TableName, TableSchema, Tables};

/// Tables and views that the user may read, without those of the server and of partitions.
pub(super) async fn tables(connection: &mut PgConnection) -> Result<Tables> {
    const SQL: &str = "
        select
            case when pg_table_is_visible(c.oid) then c.relname::text
                else n.nspname || '.' || c.relname end,
            case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                when 'f' then 'foreign table' else 'table' end,
            case when c.relkind in ('r', 'm') and c.reltuples >= 0 then c.reltuples::bigint end,
            format('%I.%I', n.nspname, c.relname)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
            and not c.relispartition
            and left(n.nspname, 3) <> 'pg_'
            and n.nspname not in ('information_schema', 'vault')
            and has_schema_privilege(n.oid, 'usage')
            and has_any_column_privilege(c.oid, 'select')
        order by not pg_table_is_visible(c.oid), n.nspname, c.relname
        limit 501";
    type Row = (String, String, Option<i64>, String);
    let rows: Vec<Row> = sqlx::query_as(SQL)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(failure::explain)?;
    let tables = rows
        .into_iter()
        .map(|(name, kind, rows, quoted)| TableName {
            name,
            kind,
            rows,
            quoted,
        });
    Ok(Tables {
        tables: tables.collect(),
    })
}

/// One table's columns in their order.
pub(super) async fn schema(connection: &mut PgConnection, wanted: &str) -> Result<TableSchema> {
    const SQL: &str = "
        select
            a.attname::text,
            format_type(a.atttypid, a.atttypmod),
            not a.attnotnull,
            coalesce(a.attnum = any (p.conkey), false),
            (
                select case when pg_table_is_visible(t.oid) then t.relname::text
                    else t.relnamespace::regnamespace || '.' || t.relname end || '.' || b.attname
                from pg_constraint f
                join pg_class t on t.oid = f.confrelid
                join pg_attribute b on b.attrelid = t.oid
                    and b.attnum = f.confkey[array_position(f.conkey, a.attnum)]
                where f.conrelid = a.attrelid and f.contype = 'f' and a.attnum = any (f.conkey)
                order by f.oid
                limit 1
            ),
            col_description(a.attrelid, a.attnum),
            obj_description(a.attrelid, 'pg_class')
        from pg_attribute a
        left join pg_constraint p on p.conrelid = a.attrelid and p.contype = 'p'
        where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
        order by a.attnum";
    type Row = (
        String,
        String,
        bool,
        bool,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let tables = tables(connection).await?;
    let table = tables.find(wanted)?;
    let rows: Vec<Row> = sqlx::query_as(SQL)
        .bind(&table.quoted)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(failure::explain)?;
    let comment = rows.first().and_then(|row| row.6.clone());
    let columns = rows.into_iter().map(
        |(name, type_name, nullable, primary_key, references, comment, _)| Column {
            name,
            type_name,
            nullable,
            primary_key,
            references,
            comment,
        },
    );
    Ok(TableSchema {
        table: table.name.clone(),
        columns: columns.collect(),
        comment,
    })
}
