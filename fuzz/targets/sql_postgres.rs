//! The gate for PostgreSQL: what it lets through is one statement that selects, by PostgreSQL's own
//! grammar, and it stays that however often it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use patchbay::domain::card::SqlEngine;
use patchbay::executor::sql::{MAX_BYTES, ReadOnlySql};
use pg_query::protobuf::Token;

fuzz_target!(|text: &str| {
    let Ok(allowed) = ReadOnlySql::parse(SqlEngine::Postgres, text) else {
        return;
    };
    let statement = allowed.as_str();
    assert!(statement.len() <= MAX_BYTES && text.contains(statement));

    let parsed = pg_query::parse(statement, 0).expect("what was let through parses");
    assert_eq!(parsed.statement_types(), ["SelectStmt"], "{statement}");
    assert!(parsed.dml_tables().is_empty(), "{statement}");
    assert!(parsed.ddl_tables().is_empty(), "{statement}");
    for function in parsed.functions() {
        for effect in [
            "pg_",
            "lo_",
            "dblink",
            "set_config",
            "nextval",
            "setval",
            "query_to_xml",
        ] {
            let bare = function.trim_start_matches("pg_catalog.");
            let harmless = HARMLESS.contains(&bare);
            assert!(
                harmless || !bare.starts_with(effect),
                "{function} in {statement}"
            );
        }
    }

    // The words themselves, without any tree: a semicolon between statements is a token, too.
    let scanned = pg_query::scan(statement).expect("what parses can be scanned");
    let mut has_ended = false;
    for token in &scanned.tokens {
        let is_comment = [Token::SqlComment, Token::CComment]
            .iter()
            .any(|c| token.token == *c as i32);
        assert!(
            !has_ended || is_comment,
            "more after a semicolon: {statement}"
        );
        has_ended |= token.token == Token::Ascii59 as i32;
    }

    let again = ReadOnlySql::parse(SqlEngine::Postgres, statement);
    assert_eq!(again.ok().as_ref(), Some(&allowed), "{statement}");
});

/// Functions of the server that only compute, or tell of the catalogue.
const HARMLESS: [&str; 18] = [
    "pg_column_size",
    "pg_current_xact_id_if_assigned",
    "pg_database_size",
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_indexdef",
    "pg_get_serial_sequence",
    "pg_get_viewdef",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_postmaster_start_time",
    "pg_relation_size",
    "pg_size_bytes",
    "pg_size_pretty",
    "pg_table_is_visible",
    "pg_table_size",
    "pg_total_relation_size",
    "pg_typeof",
];
