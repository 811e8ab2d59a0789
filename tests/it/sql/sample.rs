//! The tools over the bundled sample, which both engines hold alike.

use patchbay::tools::sources::sql::ensure_sample;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Db, statements, told};
use crate::fakes::postgres::Postgres;

/// The sample on SQLite; the directory goes with the test.
pub(super) async fn sqlite() -> (tempfile::TempDir, Db) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let path = home.path().join("sample.db");
    ensure_sample(&path).await.expect("the sample is made");
    (home, Db::sqlite(&path))
}

async fn postgres() -> Db {
    Db::postgres(&Postgres::shared().create_sample_database().await.reader)
}

#[tokio::test]
async fn both_engines_list_the_same_tables() {
    let (_home, sqlite) = sqlite().await;
    let expected = json!({"tables": [
        {"name": "customers", "kind": "table", "rows": 64},
        {"name": "order_items", "kind": "table", "rows": 200},
        {"name": "order_totals", "kind": "view", "rows": null},
        {"name": "orders", "kind": "table", "rows": 160},
        {"name": "products", "kind": "table", "rows": 72},
        {"name": "support_tickets", "kind": "table", "rows": 120},
        {"name": "users", "kind": "table", "rows": 60},
    ]});
    assert_eq!(sqlite.tables().await, expected);
    assert_eq!(postgres().await.tables().await, expected);
}

#[tokio::test]
async fn a_schema_names_columns_keys_and_references() {
    let (_home, sqlite) = sqlite().await;
    let postgres = postgres().await;
    let items = postgres.schema("order_items").await.unwrap();
    assert_eq!(
        items["columns"][0],
        json!({"name": "order_id", "type": "integer", "nullable": false, "primary_key": true, "references": "orders.id"})
    );
    assert_eq!(items["columns"][3]["type"], "numeric(10,2)");
    let same = sqlite.schema("Order_Items").await.unwrap();
    assert_eq!(same["table"], "order_items");
    assert_eq!(same["columns"][0], items["columns"][0]);
    let column_names = |schema: &Value| {
        let columns = schema["columns"].as_array().unwrap().iter();
        columns
            .map(|column| column["name"].clone())
            .collect::<Vec<_>>()
    };
    for table in [
        "customers",
        "users",
        "products",
        "orders",
        "support_tickets",
        "order_totals",
    ] {
        let left = sqlite.schema(table).await.unwrap();
        let right = postgres.schema(table).await.unwrap();
        assert_eq!(column_names(&left), column_names(&right), "{table}");
    }
}

#[tokio::test]
async fn postgres_schemas_show_comments_and_other_schemas() {
    let database = Postgres::shared().create_database().await;
    database
        .run(
            r#"create schema sales;
            create table sales."Big Deals" (id bigint generated always as identity primary key, tags text[], state json);
            comment on table sales."Big Deals" is 'What we won';
            comment on column sales."Big Deals".tags is 'Free words';
            grant usage on schema sales to patchbay_reader;
            grant select on all tables in schema sales to patchbay_reader;
            create table hidden (id int);
            revoke all on hidden from patchbay_reader"#,
        )
        .await;
    let db = Db::postgres(&database.reader);
    let tables = db.tables().await;
    assert_eq!(
        tables,
        json!({"tables": [{"name": "sales.Big Deals", "kind": "table", "rows": null}]})
    );
    let schema = db.schema("sales.big deals").await.unwrap();
    assert_eq!(schema["comment"], "What we won");
    assert_eq!(schema["columns"][1]["comment"], "Free words");
    assert_eq!(schema["columns"][1]["type"], "text[]");
}

#[tokio::test]
async fn a_missing_table_comes_with_those_that_are_near() {
    let (_home, sqlite) = sqlite().await;
    for db in [sqlite, postgres().await] {
        let failure = told(&db.schema("ordrs").await.unwrap_err());
        assert_eq!(
            failure,
            "There is no table `ordrs` here. Did you mean `orders`?"
        );
        let failure = db.failure("select * from suport_tickets").await;
        assert_eq!(
            failure,
            "There is no table `suport_tickets` here. Did you mean `support_tickets`?"
        );
        let failure = db.failure("select * from invoices").await;
        assert_eq!(
            failure,
            "There is no table `invoices` here. List the tables to see what is there."
        );
    }
}

#[tokio::test]
async fn results_keep_order_names_and_nulls() {
    let (_home, sqlite) = sqlite().await;
    for db in [sqlite, postgres().await] {
        let table = db.rows("select id as b, name as a, email as b, phone from customers where id in (11, 15) order by id desc -- last").await;
        assert_eq!(table["columns"], json!(["b", "a", "b", "phone"]));
        assert_eq!(table["rows"][0][1], "李伟");
        assert_eq!(table["rows"][1][2], Value::Null);
        assert_eq!(table["row_count"], 2);
        assert_eq!(table["truncated"], false);
        let none = db.rows("select id, name from users where false").await;
        assert_eq!(
            none,
            json!({"columns": ["id", "name"], "rows": [], "row_count": 0, "truncated": false})
        );
        let prices = db
            .rows("select price, stock from products where id = 1")
            .await;
        assert!(prices["rows"][0][0].is_number() && prices["rows"][0][1].is_i64());
    }
}

#[tokio::test]
async fn result_text_names_columns_first() {
    let (_home, db) = sqlite().await;
    let output = db.query("select 1 as one;").await.unwrap();
    assert_eq!(
        output.text,
        r#"{"columns":["one"],"rows":[[1]],"row_count":1,"truncated":false}"#
    );
    assert_eq!(output.rows, Some(1));
}

#[tokio::test]
async fn every_postgres_type_can_be_read() {
    let table = postgres().await.rows("select true, 7::smallint, 9007199254740993, 1.5::real, 'NaN'::float8, 19.90, 0.12345678901234567890, null, 'x'::char(3), '\\xdeadbeef'::bytea, '{\"b\": [1]}'::json, '{\"a\": 1}'::jsonb, date '2026-11-21', timestamp '2026-11-21 10:00', timestamptz '2026-11-21 10:00+01', interval '1 day 2 hours', time '10:00', array['a', 'b,c'], row(1, 'x'), int4range(1, 5), '10.0.0.1'::inet, 'orders'::regclass, B'101', '(1,2)'::point, '2b1d6c1e-7a53-4f3c-9d8b-2f1f6f1c0a11'::uuid, 'a & b'::tsquery").await;
    assert_eq!(
        table["rows"][0],
        json!([true, 7, 9_007_199_254_740_993_i64, 1.5, "NaN", 19.9, "0.12345678901234567890", null, "x", "\\xdeadbeef", {"b": [1]}, {"a": 1}, "2026-11-21", "2026-11-21 10:00:00", "2026-11-21 09:00:00+00", "1 day 02:00:00", "10:00:00", "{a,\"b,c\"}", "(1,x)", "[1,5)", "10.0.0.1/32", "orders", "101", "(1,2)", "2b1d6c1e-7a53-4f3c-9d8b-2f1f6f1c0a11", "'a' & 'b'"])
    );
}

#[tokio::test]
async fn types_of_the_database_itself_can_be_read() {
    let database = Postgres::shared().create_database().await;
    database
        .run(
            "create type mood as enum ('fine', 'odd');
              create domain percent as int check (value <= 100);
              create type pair as (a int, b mood);
              create table t (m mood, p percent, q pair, ms mood[]);
              insert into t values ('odd', 7, (1, 'fine'), array['fine']::mood[])",
        )
        .await;
    let table = Db::postgres(&database.reader).rows("table t").await;
    assert_eq!(table["rows"][0], json!(["odd", 7, "(1,fine)", "{fine}"]));
}

#[tokio::test]
async fn sqlite_values_are_read_by_what_they_are() {
    let (_home, db) = sqlite().await;
    let table = db.rows("select 1, 1.5, 9e999, 'x', x'00ff', null, vip, 9223372036854775807 from customers where id = 9").await;
    assert_eq!(
        table["rows"][0],
        json!([
            1,
            1.5,
            "inf",
            "x",
            "\\x00ff",
            null,
            1,
            9_223_372_036_854_775_807_i64
        ])
    );
}

#[tokio::test]
async fn ordinary_queries_run_on_sqlite() {
    let (_home, db) = sqlite().await;
    for query in statements(include_str!("normal.sqlite.sql")) {
        db.rows(query).await;
    }
}

#[tokio::test]
async fn ordinary_queries_run_on_postgres_and_leave_no_trace() {
    let database = Postgres::shared().create_sample_database().await;
    let db = Db::postgres(&database.reader);
    // The gate alone: as superuser, in a transaction that could write.
    let mut free = PgConnection::connect(&database.superuser).await.unwrap();
    for query in statements(include_str!("normal.postgres.sql")) {
        db.rows(query).await;
        sqlx::raw_sql("begin").execute(&mut free).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(query))
            .execute(&mut free)
            .await
            .unwrap();
        let traces: (bool, i64) = sqlx::query_as(
            "select pg_current_xact_id_if_assigned() is null,
                (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory')",
        )
        .fetch_one(&mut free)
        .await
        .unwrap();
        assert_eq!(traces, (true, 0), "{query}");
        sqlx::raw_sql("rollback").execute(&mut free).await.unwrap();
    }
}

#[tokio::test]
async fn the_sample_is_made_once_and_whole() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sample.db");
    let (first, second) = tokio::join!(ensure_sample(&path), ensure_sample(&path));
    first.and(second).unwrap();
    let made = std::fs::metadata(&path).unwrap().modified().unwrap();
    ensure_sample(&path).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), made);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    let nowhere = home.path().join("missing/sample.db");
    ensure_sample(&nowhere).await.unwrap_err();
}
