//! Rows added, changed and deleted: told before, done as told, and refused with a next step.

use insta::assert_snapshot;
use patchbay::domain::card::SqlOperation::{self, DeleteData, InsertData, UpdateData};
use serde_json::{Value, json};

use super::{Db, told};
use crate::fakes::postgres::{Database, Postgres};

async fn shop() -> (Database, Db) {
    let database = Postgres::shared().create_sample_database().await;
    let db = Db::postgres(&database.owner);
    (database, db)
}

/// Customers, as one text.
async fn customers(database: &Database) -> Option<String> {
    database
        .value("select md5(string_agg(c::text || xmin, ',' order by id)) from customers c")
        .await
}

/// All that people or a model read in a test, as one screen.
pub(super) fn screen(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../screens", prepend_module_to_snapshot => false, omit_expression => true }, {
        assert_snapshot!(name, text);
    });
}

pub(super) fn by(column: &str, operator: &str, value: Value) -> Value {
    json!([{ "column": column, "operator": operator, "value": value }])
}

pub(super) fn customer(id: i64, name: &str) -> Value {
    json!({ "id": id, "name": name, "country": "FR", "vip": false, "created_at": "2026-03-01 10:00" })
}

#[tokio::test]
async fn a_change_is_told_before_and_nothing_is_changed_by_that() {
    let (database, db) = shop().await;
    let before = customers(&database).await;
    let mut previews = Vec::new();
    let preview = async |operation, arguments| db.preview(operation, arguments).await.unwrap();
    previews.push(preview(InsertData, json!({ "table": "customers", "rows": [customer(9001, "Zoé"), customer(9002, "O'Brien; drop table customers")] })).await);
    previews.push(preview(UpdateData, json!({ "table": "customers", "values": { "vip": true, "city": "Lyon" }, "where": by("id", "in", json!([1, 2, 3])) })).await);
    previews.push(preview(UpdateData, json!({ "table": "orders", "values": { "status": "paid" }, "where": by("status", "=", json!("refunded")) })).await);
    previews.push(
        preview(
            DeleteData,
            json!({ "table": "support_tickets", "where": by("id", "<=", json!(2)) }),
        )
        .await,
    );
    screen("changes_previewed", &previews.join("\n\n"));
    assert_eq!(customers(&database).await, before);
}

/// A yes holds for what was shown, so what is shown may not move by itself.
#[tokio::test]
async fn a_preview_stays_the_same_as_long_as_the_data_does() {
    let (database, db) = shop().await;
    database
        .run("create table notes (id serial primary key, at timestamptz default clock_timestamp(), line text)")
        .await;
    let arguments = json!({ "table": "notes", "rows": [{ "line": "a" }, { "line": "b" }] });
    let first = db.preview(InsertData, arguments.clone()).await.unwrap();
    assert_eq!(db.preview(InsertData, arguments).await.unwrap(), first);
    let arguments = json!({ "table": "orders", "values": { "coupon": "X" }, "where": by("id", "<", json!(900)) });
    let first = db.preview(UpdateData, arguments.clone()).await.unwrap();
    assert_eq!(db.preview(UpdateData, arguments).await.unwrap(), first);
}

#[tokio::test]
async fn changes_are_made_once_and_come_back() {
    let (database, db) = shop().await;
    database
        .run(
            "create type mood as enum ('calm', 'busy');
             create table kinds (
                 id int generated always as identity primary key, word varchar(5), amount numeric(6, 2),
                 at timestamptz, flag boolean, mood mood, tags text[], data jsonb, bytes bytea,
                 double_amount numeric generated always as (amount * 2) stored, \"Odd \"\"name\" int)",
        )
        .await;
    let call = async |operation, arguments| -> Value {
        let output = db.call(operation, arguments).await;
        let output = output.unwrap_or_else(|error| panic!("{}", told(&error)));
        serde_json::from_str(&output.text).unwrap()
    };
    let row = json!({
        "word": "a'b\\", "amount": 19.9, "at": "2026-03-01T10:00:00Z", "flag": true, "mood": "busy",
        "tags": ["x \"y\"", "z,{}"], "data": { "a": [1, null] }, "bytes": "\\x00ff", "Odd \"name": 7,
    });
    let added = call(InsertData, json!({ "table": "kinds", "rows": [row] })).await;
    assert_snapshot!(added["rows"][0], @r#"["1","a'b\\","19.90","2026-03-01 10:00:00+00","true","busy","{\"x \\\"y\\\"\",\"z,{}\"}","{\"a\": [1, null]}","\\x00ff","39.80","7"]"#);
    let changed = call(
        UpdateData,
        json!({ "table": "public.kinds", "values": { "mood": null, "tags": [] }, "where": [
            { "column": "Odd \"name", "operator": ">=", "value": 7 },
            { "column": "word", "operator": "like", "value": "a'%" },
            { "column": "mood", "operator": "is_not_null" },
        ] }),
    )
    .await;
    assert_eq!(
        (&changed["row_count"], &changed["rows"][0][5]),
        (&json!(1), &Value::Null)
    );
    let gone = call(
        DeleteData,
        json!({ "table": "kinds", "where": by("mood", "is_null", Value::Null) }),
    )
    .await;
    assert_eq!(gone["row_count"], 1);
    let left = database.value("select count(*)::text from kinds").await;
    assert_eq!(left.as_deref(), Some("0"));
}

#[tokio::test]
async fn names_and_values_stay_what_they_are() {
    let (database, db) = shop().await;
    let before = customers(&database).await;
    for (operation, arguments) in [
        (
            DeleteData,
            json!({ "table": "customers where true; --", "where": by("id", "=", json!(1)) }),
        ),
        (
            DeleteData,
            json!({ "table": "pg_catalog.pg_class", "where": by("oid", "=", json!(1)) }),
        ),
        (
            DeleteData,
            json!({ "table": "customers", "where": by("id\" = 1 or \"id", "=", json!(1)) }),
        ),
        (
            DeleteData,
            json!({ "table": "customers", "where": by("1", "=", json!(1)) }),
        ),
        (
            DeleteData,
            json!({ "table": "customers", "where": by("id", "=", json!("1 or true")) }),
        ),
        (
            DeleteData,
            json!({ "table": "customers", "where": by("name", "=", json!("x' or 'a' = 'a")) }),
        ),
        (
            UpdateData,
            json!({ "table": "customers", "values": { "name\" = 'x', \"vip": true }, "where": by("id", "=", json!(1)) }),
        ),
        (
            UpdateData,
            json!({ "table": "order_totals", "values": { "total": 1 }, "where": by("order_id", "=", json!(1)) }),
        ),
        (
            InsertData,
            json!({ "table": "customers", "rows": [{ "ctid": "(0,1)" }] }),
        ),
    ] {
        for refused in [
            db.preview(operation, arguments.clone()).await.map(drop),
            db.call(operation, arguments.clone()).await.map(drop),
        ] {
            assert!(refused.is_err(), "{arguments}");
        }
    }
    assert_eq!(customers(&database).await, before);
}

#[tokio::test]
async fn what_triggers_and_foreign_keys_change_is_told_as_well() {
    let (database, db) = shop().await;
    database
        .run(
            "create table parents (id int primary key, name text);
             create table children (id serial, parent int references parents on delete cascade);
             create table log (line text);
             create function note() returns trigger language plpgsql
                 as 'begin insert into log values (old.id); return old; end';
             create trigger noted after delete on children for each row execute function note();
             insert into parents values (1, 'a'), (2, 'b');
             insert into children (parent) values (1), (1), (1), (2)",
        )
        .await;
    let arguments = json!({ "table": "parents", "where": by("id", "=", json!(1)) });
    let preview = db.preview(DeleteData, arguments).await.unwrap();
    assert_snapshot!(preview, @r"
    1 row of `parents` would be deleted.
    The database would change 6 more rows by itself, by triggers or because they belong to these.
    id  name
    1   a
    ");
    // A table whose rows are kept in parts is changed as it is asked.
    database
        .run(
            "create table parted (id int, kind int) partition by list (kind);
             create table parted_1 partition of parted for values in (1);
             create table parted_2 partition of parted for values in (2);
             insert into parted values (1, 1)",
        )
        .await;
    let arguments =
        json!({ "table": "parted", "values": { "kind": 2 }, "where": by("id", "=", json!(1)) });
    let preview = db.preview(UpdateData, arguments).await.unwrap();
    assert!(!preview.contains("by itself"), "{preview}");
}

#[tokio::test]
async fn more_rows_than_people_can_oversee_are_not_changed() {
    let (database, db) = shop().await;
    database
        .run("create table many as select n, 0 as seen from generate_series(1, 1001) n")
        .await;
    let arguments =
        json!({ "table": "many", "values": { "seen": 1 }, "where": by("n", ">", json!(0)) });
    let refused = |error| told(&error);
    let sentence = "More than 1000 rows of `many` would be changed, so nothing was. Narrow the conditions, or do it in parts.";
    assert_eq!(
        db.preview(UpdateData, arguments.clone())
            .await
            .map_err(refused),
        Err(sentence.to_owned())
    );
    assert_eq!(
        db.call(UpdateData, arguments)
            .await
            .map(drop)
            .map_err(refused),
        Err(sentence.to_owned())
    );
    let seen = database.value("select sum(seen)::text from many").await;
    assert_eq!(seen.as_deref(), Some("0"));
    let arguments =
        json!({ "table": "many", "values": { "seen": 1 }, "where": by("n", ">", json!(1)) });
    let output = db.call(UpdateData, arguments).await.unwrap();
    assert_eq!((output.rows, output.truncated), (Some(1000), true));
}

#[tokio::test]
async fn what_the_database_holds_against_a_change_is_said_with_a_next_step() {
    let (database, db) = shop().await;
    database
        .run(
            "create function no_friday() returns trigger language plpgsql
                 as 'begin raise exception ''nothing is sold on a Friday''; end';
             create table guarded (id int generated always as identity, a int, b int generated always as (a * 2) stored);
             create table sales (id int);
             create trigger friday before insert on sales for each row execute function no_friday();
             create table later (id int primary key, other int references later deferrable initially deferred)",
        )
        .await;
    let failed = async |operation: SqlOperation, arguments: Value| {
        told(&db.call(operation, arguments).await.expect_err("refused"))
    };
    let mut said = Vec::new();
    let insert = async |table: &str, row: Value| {
        failed(InsertData, json!({ "table": table, "rows": [row] })).await
    };
    said.push(insert("customers", customer(1, "Twice")).await);
    said.push(insert("customers", json!({ "id": 9001 })).await);
    said.push(insert("custmers", json!({ "id": 9001 })).await);
    said.push(insert("customers", json!({ "nmae": "x" })).await);
    said.push(insert(
            "order_items",
            json!({ "order_id": 0, "product_id": 1, "quantity": 1, "unit_price": 1, "discount": 0 })
        )
        .await);
    said.push(insert(
            "order_items",
            json!({ "order_id": 1, "product_id": 1, "quantity": 0, "unit_price": 1, "discount": 0 })
        )
        .await);
    said.push(insert("products", json!({ "price": "cheap" })).await);
    said.push(insert("guarded", json!({ "id": 7 })).await);
    said.push(insert("guarded", json!({ "b": 7 })).await);
    said.push(insert("sales", json!({ "id": 7 })).await);
    said.push(insert("later", json!({ "id": 7, "other": 8 })).await);
    said.push(
        failed(
            DeleteData,
            json!({ "table": "customers", "where": by("id", "=", json!(1)) }),
        )
        .await,
    );
    said.push(
        failed(
            DeleteData,
            json!({ "table": "customers", "where": by("id", "=", json!(-1)) }),
        )
        .await,
    );
    said.push(failed(DeleteData, json!({ "table": "customers" })).await);
    let reader = Db::postgres(&database.reader);
    let arguments = json!({ "table": "customers", "where": by("id", "=", json!(1)) });
    said.push(told(
        &reader.preview(DeleteData, arguments).await.unwrap_err(),
    ));
    let (_home, sqlite) = super::sample::sqlite().await;
    let arguments = json!({ "table": "customers", "where": by("id", "=", json!(1)) });
    said.push(told(&sqlite.call(DeleteData, arguments).await.unwrap_err()));
    screen("changes_refused", &said.join("\n"));
}
