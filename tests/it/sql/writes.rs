//! Nothing is ever written, whoever the connection belongs to and whatever was sent.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Db, statements};
use crate::fakes::postgres::{Database, Postgres};

/// What a write would change: data, objects, roles, large objects, settings, locks.
async fn fingerprint(database: &Database) -> Option<String> {
    database
        .value(
            "select md5(concat_ws('|',
                (select string_agg(c::text, ',' order by id) from customers c),
                (select string_agg(p::text, ',' order by id) from products p),
                (select string_agg(o::text, ',' order by id) from orders o),
                (select string_agg(oid::text || relname || coalesce(relacl::text, ''), ',' order by oid)
                    from pg_class where relpersistence <> 't'),
                (select count(*) from pg_proc),
                (select count(*) from pg_extension),
                (select count(*) from pg_largeobject_metadata),
                (select string_agg(setdatabase::text || setrole || setconfig::text, ',' order by 1)
                    from pg_db_role_setting
                    where setdatabase in (0, (select oid from pg_database
                                              where datname = current_database()))),
                (select string_agg(rolname || rolsuper, ',' order by rolname)
                    from pg_roles where rolname in ('patchbay_reader', 'patchbay_owner', 'intruder', 'postgres'))))",
        )
        .await
}

#[tokio::test]
async fn attacks_change_nothing_even_as_superuser() {
    let database = Postgres::shared().create_sample_database().await;
    database.run("create sequence s").await;
    let before = fingerprint(&database).await;
    let db = Db::postgres(&database.superuser);
    for attack in statements(include_str!("attacks.postgres.sql")) {
        db.query(attack).await.unwrap_err();
    }
    assert_eq!(fingerprint(&database).await, before);
    let calls = database
        .value("select is_called::text || last_value from s")
        .await;
    assert_eq!(calls.as_deref(), Some("false1"));
}

/// What the gate cannot see: a view and an operator that write when they are read.
#[tokio::test]
async fn a_view_that_writes_is_stopped_by_the_transaction() {
    let database = Postgres::shared().create_sample_database().await;
    database
        .run(
            "create function sneak() returns int language sql volatile
                  as 'delete from support_tickets returning 1';
              create view innocent as select sneak() as n;
              create function hide(int, int) returns int language sql volatile
                  as 'delete from support_tickets returning 1';
              create operator ### (function = hide, leftarg = int, rightarg = int);
              create sequence numbers;
              create view counter as select nextval('numbers') as n;
              create function open() returns text language sql volatile
                  as 'select set_config(''transaction_read_only'', ''off'', true)';
              create view opener as select open() as o, sneak() as n",
        )
        .await;
    let db = Db::postgres(&database.owner);
    for sql in [
        "table innocent",
        "select 1 ### 2",
        "table counter",
        "table opener",
    ] {
        let failure = db.failure(sql).await;
        assert!(
            failure.contains("read-only") || failure.contains("read-write"),
            "{sql}: {failure}"
        );
    }
    let left = database
        .value("select count(*)::text from support_tickets")
        .await;
    assert_eq!(left.as_deref(), Some("120"));
}

/// Why a query runs before anything of a person's does.
#[tokio::test]
async fn a_transaction_that_has_read_cannot_be_opened_for_writing() {
    let database = Postgres::shared().create_sample_database().await;
    let mut connection = PgConnection::connect(&database.superuser).await.unwrap();
    for trick in [
        "set transaction read write",
        "set session characteristics as transaction read write; delete from support_tickets",
        "select set_config('transaction_read_only', 'off', false)",
        "set transaction_read_only = off",
        "set default_transaction_read_only = off; delete from support_tickets",
    ] {
        sqlx::raw_sql("begin read only; select 1")
            .execute(&mut connection)
            .await
            .unwrap();
        let opened = sqlx::raw_sql(AssertSqlSafe(trick))
            .execute(&mut connection)
            .await;
        assert!(opened.is_err(), "{trick}");
        sqlx::raw_sql("rollback")
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

/// A server that reads backslashes in strings would see another query than the gate did.
#[tokio::test]
async fn the_server_reads_strings_as_the_gate_does() {
    let database = Postgres::shared().create_sample_database().await;
    database
        .run_as_superuser(&format!(
            "alter database {} set standard_conforming_strings = off",
            database.name
        ))
        .await;
    let db = Db::postgres(&database.reader);
    let table = db
        .rows(r"select 'a\' as a, ' || current_setting(''data_directory'') || ' as b")
        .await;
    assert_eq!(table["rows"][0][0], r"a\");
    assert_eq!(
        table["rows"][0][1],
        " || current_setting('data_directory') || "
    );
}

#[tokio::test]
async fn a_sqlite_file_stays_as_it_is() {
    let (home, db) = super::sample::sqlite().await;
    let file = home.path().join("sample.db");
    let before = std::fs::read(&file).unwrap();
    for attack in statements(include_str!("attacks.sqlite.sql")) {
        db.query(attack).await.unwrap_err();
    }
    for query in statements(include_str!("normal.sqlite.sql")) {
        db.rows(query).await;
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}
