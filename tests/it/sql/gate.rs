//! The gate alone: what is refused, what is let through, and that no text is too odd for it.

use patchbay::domain::card::SqlEngine::{self, Postgres, Sqlite};
use patchbay::executor::sql::ReadOnlySql;

use super::{statements, told};

fn refusal(engine: SqlEngine, text: &str) -> String {
    told(&ReadOnlySql::parse(engine, text).expect_err(text))
}

#[test]
fn attacks_are_refused() {
    let corpora = [
        (Postgres, include_str!("attacks.postgres.sql")),
        (Sqlite, include_str!("attacks.sqlite.sql")),
    ];
    for (engine, corpus) in corpora {
        let passed: Vec<_> = statements(corpus)
            .filter(|attack| ReadOnlySql::parse(engine, attack).is_ok())
            .collect();
        assert!(passed.is_empty(), "{engine:?} lets through: {passed:#?}");
    }
}

#[test]
fn ordinary_queries_are_let_through() {
    let corpora = [
        (Postgres, include_str!("normal.postgres.sql")),
        (Sqlite, include_str!("normal.sqlite.sql")),
    ];
    for (engine, corpus) in corpora {
        let refused: Vec<_> = statements(corpus)
            .filter_map(|query| Some((query, told(&ReadOnlySql::parse(engine, query).err()?))))
            .collect();
        assert!(refused.is_empty(), "{engine:?} refuses: {refused:#?}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    insta::assert_snapshot!(refusal(Postgres, "select nextval('s')"), @"`nextval` is not allowed here: this connection only reads. Use ordinary text, number, date, JSON, array, aggregate and window functions, such as lower, round, date_trunc, count or row_number.");
    insta::assert_snapshot!(refusal(Postgres, "alter system set a = 1"), @"ALTER SYSTEM is not allowed here: this connection only reads. Send one SELECT.");
    insta::assert_snapshot!(refusal(Postgres, "with x as (delete from t returning 1) table x"), @"DELETE is not allowed here: this connection only reads. Send one SELECT.");
    insta::assert_snapshot!(refusal(Postgres, "select 1; select 2"), @"More than one statement was sent; exactly one is allowed. Send the statements one call at a time.");
    insta::assert_snapshot!(refusal(Postgres, "selec 1"), @r#"The query does not parse: syntax error at or near "selec". Correct it and send one SELECT."#);
    insta::assert_snapshot!(refusal(Postgres, "select * from pg_authid"), @"`pg_authid` may not be read here: it belongs to the server, not to the data. For the structure of the data use `information_schema.tables`, `information_schema.columns` or `pg_class`.");
    insta::assert_snapshot!(refusal(Sqlite, "select * from pragma_database_list"), @"`pragma_database_list` may not be read here: it belongs to SQLite, or to another database. For the structure of the data use the tools that list tables and columns, or `sqlite_schema`.");
    insta::assert_snapshot!(refusal(Sqlite, "attach 'x' as y"), @"ATTACH is not allowed here: this connection only reads. Send one SELECT.");
}

#[test]
fn what_follows_the_statement_is_left_behind() {
    for engine in [Postgres, Sqlite] {
        let kept = |text| {
            ReadOnlySql::parse(engine, text)
                .unwrap()
                .as_str()
                .to_owned()
        };
        assert_eq!(kept("select ';' ; -- done; really"), "select ';'");
        assert_eq!(kept(" select 1;;; "), "select 1");
        assert_eq!(kept("select 'a'';--'"), "select 'a'';--'");
        assert_eq!(kept("select\n'山'\n;\n--x"), "select\n'山'");
        assert_eq!(kept("select 'é' /* ; */ ;"), "select 'é' /* ; */");
    }
}

#[test]
fn depth_and_length_are_refused_and_do_not_overflow() {
    let chains = |count: usize| {
        [
            format!("select {}1{}", "(".repeat(count), ")".repeat(count)),
            format!(
                "{}select 1{}",
                "select * from (".repeat(count),
                ") x".repeat(count)
            ),
            format!("select {}", "[".repeat(count)),
            format!("select 1{}", "+1".repeat(count)),
            format!("select {}true", "not ".repeat(count)),
            format!("select {}1", "- ".repeat(count)),
            format!("select 1{}", "::int".repeat(count)),
            format!("select 1{}", " union select 1".repeat(count)),
            format!("select 1{}", " or 1".repeat(count)),
            format!(
                "select {}1{}",
                "case when 1 then ".repeat(count),
                " end".repeat(count)
            ),
            format!("select a{}", ".a".repeat(count)),
            format!("select * from t{}", " join t using (a)".repeat(count)),
            format!("select '{}'", "x".repeat(count * 5)),
        ]
    };
    for count in [
        10, 100, 600, 700, 800, 900, 1_000, 1_200, 1_500, 2_000, 5_000, 10_000, 100_000,
    ] {
        for text in chains(count) {
            for engine in [Postgres, Sqlite] {
                // The answer is open; that there is one is the point.
                let answer = ReadOnlySql::parse(engine, &text);
                assert!(answer.is_err() || text.len() <= 20_000);
            }
        }
    }
    let parentheses = format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(refusal(Postgres, &parentheses).starts_with("The query has 20008 bytes"));
    assert!(
        refusal(Postgres, &parentheses[..19_000]).starts_with("The query is nested too deeply")
    );
}

#[test]
fn long_chains_are_let_through() {
    for text in [
        format!("select 1{}", "+1".repeat(500)),
        format!("select 'a'{}", " || 'b'".repeat(500)),
        format!("select 1 where 1 = 1{}", " or 1 = 2".repeat(500)),
        format!("select 1{}", " union all select 1".repeat(100)),
        format!("select * from t{}", " join u using (a)".repeat(100)),
    ] {
        for engine in [Postgres, Sqlite] {
            let allowed = ReadOnlySql::parse(engine, &text);
            assert!(
                allowed.is_ok(),
                "{engine:?} refuses {text:.60}: {allowed:?}"
            );
        }
    }
}

#[test]
fn odd_characters_are_refused_or_harmless() {
    for engine in [Postgres, Sqlite] {
        assert!(ReadOnlySql::parse(engine, "select 1\0; drop table x").is_err());
        assert!(ReadOnlySql::parse(engine, "").is_err());
        assert!(ReadOnlySql::parse(engine, " \n\t ").is_err());
        assert!(ReadOnlySql::parse(engine, "\u{feff}\u{202e}; drop table x").is_err());
        assert!(ReadOnlySql::parse(engine, "select\u{a0}1; delete from x").is_err());
    }
}
