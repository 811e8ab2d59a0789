//! Which of PostgreSQL's own tables and views may be read.
//!
//! They answer "what is here"; those that hold passwords, other sessions' queries, settings or
//! samples of the data are absent.

use super::denied;
use super::functions::lists;
use crate::error::Result;

const CATALOG: &str = "
    pg_am pg_attrdef pg_attribute pg_class pg_collation pg_constraint pg_depend
    pg_description pg_enum pg_extension pg_index pg_indexes pg_inherits pg_matviews
    pg_namespace pg_operator pg_partitioned_table pg_range pg_rewrite pg_sequence
    pg_sequences pg_stat_all_indexes pg_stat_all_tables pg_stat_user_indexes
    pg_stat_user_tables pg_statio_user_tables pg_tables pg_timezone_names pg_trigger pg_type
    pg_views";

const INFORMATION_SCHEMA: &str = "
    check_constraints column_privileges columns constraint_column_usage
    constraint_table_usage domains element_types key_column_usage parameters
    referential_constraints routines schemata sequences table_constraints table_privileges
    tables triggers view_column_usage view_table_usage views";

/// Refuses what is PostgreSQL's own and not on the lists. The parser has folded the names.
pub(super) fn check(schema: &str, name: &str) -> Result<()> {
    let allowed = match schema {
        "" => !name.starts_with("pg_") || lists(CATALOG, name),
        "pg_catalog" => lists(CATALOG, name),
        "information_schema" => lists(INFORMATION_SCHEMA, name),
        // Supabase keeps secrets there, in the clear in one view.
        "vault" => false,
        _ => !schema.starts_with("pg_"),
    };
    if allowed {
        return Ok(());
    }
    let shown = if schema.is_empty() {
        name.to_owned()
    } else {
        format!("{schema}.{name}")
    };
    Err(denied(
        format!("`{shown}` may not be read here: it belongs to the server, not to the data."),
        "For the structure of the data use `information_schema.tables`, `information_schema.columns` or `pg_class`.",
    ))
}
