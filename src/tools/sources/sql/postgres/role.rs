//! What a database user may do beyond reading, told to whoever connects as one.

use sqlx::postgres::PgConnection;

use super::failure;
use crate::domain::text::Text;
use crate::error::Result;
use crate::{counted, text};

/// What matters of a role; all of it through the roles that it is a member of as well.
#[derive(sqlx::FromRow)]
struct Role {
    is_superuser: bool,
    makes_roles: bool,
    bypasses_policies: bool,
    /// Tables that it owns.
    owns: i64,
    /// Tables whose rows it may change, its own among them.
    writes: i64,
    /// One of those.
    example: Option<String>,
    makes_tables: bool,
}

/// The most that its user may do, and what to do about it; nothing where they may only read.
pub(super) async fn advice(connection: &mut PgConnection) -> Result<Option<Text>> {
    const SQL: &str = "
        with roles as (
            select rolname, rolsuper, rolcreaterole, rolbypassrls
            from pg_roles
            where pg_has_role(oid, 'member')
        ), tables as (
            select
                case when pg_table_is_visible(c.oid) then c.relname::text
                    else n.nspname || '.' || c.relname end as name,
                pg_has_role(c.relowner, 'usage') as is_own,
                has_table_privilege(c.oid, 'insert, update, delete, truncate')
                    or has_any_column_privilege(c.oid, 'insert, update') as is_written
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'f')
                and not c.relispartition
                and left(n.nspname, 3) <> 'pg_'
                and n.nspname <> 'information_schema'
                and has_schema_privilege(n.oid, 'usage')
        )
        select
            coalesce((select bool_or(rolsuper) from roles), false) as is_superuser,
            coalesce((select bool_or(rolcreaterole) from roles), false) as makes_roles,
            coalesce((select rolbypassrls from roles where rolname = current_user), false)
                as bypasses_policies,
            count(*) filter (where is_own) as owns,
            count(*) filter (where is_own or is_written) as writes,
            min(name) filter (where is_own or is_written) as example,
            coalesce((
                select bool_or(has_schema_privilege(oid, 'create')) from pg_namespace
                where left(nspname, 3) <> 'pg_' and nspname <> 'information_schema'
            ), false) as makes_tables
        from tables";
    let role: Role = sqlx::query_as(SQL)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(failure::explain)?;
    Ok(role.powers().map(|powers| {
        text!(
            "⚠️ {powers} I ask you before each change; to be safe, connect again with a user that may only read: the guide's page \"A user that may only read\" has the SQL.",
            powers
        )
    }))
}

impl Role {
    /// The worst of it, in a sentence.
    fn powers(&self) -> Option<Text> {
        let example: String = self
            .example
            .as_deref()
            .unwrap_or("?")
            .chars()
            .take(60)
            .collect();
        if self.is_superuser {
            return Some(text!(
                "This database user is a superuser and may do everything."
            ));
        }
        if self.makes_roles {
            return Some(text!(
                "This database user may make other users and give them rights."
            ));
        }
        if self.bypasses_policies {
            return Some(text!(
                "This database user reads every row, whatever row level security says."
            ));
        }
        if self.owns > 0 {
            return Some(counted!(
                self.owns,
                "This database user owns {count} table, so it may change and drop it.",
                "This database user owns {count} tables, so it may change and drop them."
            ));
        }
        if self.writes > 0 {
            return Some(counted!(
                self.writes,
                "This database user may change rows in {count} table: `{example}`.",
                "This database user may change rows in {count} tables, such as `{example}`.",
                example
            ));
        }
        self.makes_tables
            .then(|| text!("This database user may make tables."))
    }
}
