//! Rows of a SQLite file added, changed and deleted: told before, done as told, and refused with a
//! next step; whatever the file is, and whoever else uses it.

use std::path::PathBuf;
use std::time::Duration;

use insta::assert_snapshot;
use patchbay::domain::card::SqlOperation::{self, DeleteData, InsertData, UpdateData};
use patchbay::tools::sources::sql::{Limits, ensure_sample};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

use super::changes::{by, customer, screen};
use super::{Db, told};

/// The sample, and the way its owner has into it.
struct Shop {
    db: Db,
    owner: SqliteConnection,
    path: PathBuf,
    _home: tempfile::TempDir,
}

async fn shop() -> Shop {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sample.db");
    ensure_sample(&path).await.unwrap();
    Shop {
        db: Db::sqlite_to_write(&path),
        owner: owner(&path).await,
        path,
        _home: home,
    }
}

async fn owner(path: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options
        .busy_timeout(Duration::ZERO)
        .connect()
        .await
        .unwrap()
}

impl Shop {
    async fn run(&mut self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.owner)
            .await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn value(&mut self, sql: &str) -> String {
        let sql = format!("select cast(({sql}) as text)");
        let value = sqlx::query_scalar(AssertSqlSafe(sql));
        value.fetch_one(&mut self.owner).await.unwrap()
    }

    async fn customers(&mut self) -> String {
        self.value("select group_concat(id || name || vip || coalesce(city, '')) from customers")
            .await
    }

    async fn changed(&self, operation: SqlOperation, arguments: Value) -> Value {
        let output = self.db.call(operation, arguments).await;
        let output = output.unwrap_or_else(|error| panic!("{}", told(&error)));
        serde_json::from_str(&output.text).unwrap()
    }

    /// What is said of a change that is made at once, and of a look at it.
    async fn refused(&self, operation: SqlOperation, arguments: Value) -> String {
        let made = self
            .db
            .call(operation, arguments.clone())
            .await
            .unwrap_err();
        let looked = self.db.preview(operation, arguments).await.unwrap_err();
        assert_eq!(told(&looked), told(&made));
        told(&made)
    }
}

#[tokio::test]
async fn a_change_is_told_before_and_nothing_is_changed_by_that() {
    let mut shop = shop().await;
    let before = std::fs::read(&shop.path).unwrap();
    let mut previews = Vec::new();
    let preview = async |operation, arguments| shop.db.preview(operation, arguments).await.unwrap();
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
    screen("sqlite_changes_previewed", &previews.join("\n\n"));
    assert_eq!(std::fs::read(&shop.path).unwrap(), before);
    // Nothing is held any more: whoever writes does not wait.
    shop.run("update customers set city = 'Nice' where id = 1")
        .await;
}

#[tokio::test]
async fn changes_are_made_once_and_come_back() {
    for journal in ["delete", "wal"] {
        let mut shop = shop().await;
        shop.run(&format!("pragma journal_mode = {journal}")).await;
        shop.run(
            "create table kinds (
                 id integer primary key, word text, amount real, flag boolean, data json, bytes blob,
                 double_amount real generated always as (amount * 2) stored, \"Odd \"\"name\" int)",
        )
        .await;
        let row = json!({
            "word": "a'b\\", "amount": 19.9, "flag": true, "data": { "a": [1, null] },
            "bytes": "\\x00ff", "Odd \"name": "7",
        });
        let added = shop
            .changed(InsertData, json!({ "table": "kinds", "rows": [row] }))
            .await;
        let row = json!([
            "1",
            "a'b\\",
            "19.9",
            "1",
            "{\"a\":[1,null]}",
            "\\x00ff",
            "39.8",
            "7"
        ]);
        assert_eq!(added["rows"][0], row);
        let kept = "select typeof(flag) || typeof(bytes) || typeof(\"Odd \"\"name\") from kinds";
        assert_eq!(shop.value(kept).await, "integerblobinteger");
        let changed = shop
            .changed(
                UpdateData,
                json!({ "table": "kinds", "values": { "data": null, "word": "new" }, "where": [
                    { "column": "Odd \"name", "operator": ">=", "value": 7 },
                    { "column": "word", "operator": "like", "value": "a'%" },
                    { "column": "bytes", "operator": "=", "value": "\\x00FF" },
                    { "column": "flag", "operator": "=", "value": true },
                    { "column": "data", "operator": "is_not_null" },
                ] }),
            )
            .await;
        assert_eq!(
            (&changed["row_count"], &changed["rows"][0][4]),
            (&json!(1), &Value::Null)
        );
        let arguments = json!({ "table": "kinds", "where": by("data", "is_null", Value::Null) });
        assert_eq!(shop.changed(DeleteData, arguments).await["row_count"], 1);
        assert_eq!(shop.value("select count(*) from kinds").await, "0");
    }
}

#[tokio::test]
async fn names_and_values_stay_what_they_are() {
    let mut shop = shop().await;
    shop.run("create virtual table words using fts5(word)")
        .await;
    let before = shop.customers().await;
    let at = |table: &str, column: &str, value: Value| json!({ "table": table, "where": by(column, "=", value) });
    for (operation, arguments) in [
        (DeleteData, at("customers where true; --", "id", json!(1))),
        (DeleteData, at("sqlite_schema", "name", json!("customers"))),
        (DeleteData, at("words", "word", json!("x"))),
        (DeleteData, at("words_data", "id", json!(1))),
        (DeleteData, at("customers", "id\" = 1 or \"id", json!(1))),
        (DeleteData, at("customers", "rowid", json!(1))),
        (DeleteData, at("customers", "id", json!("1 or true"))),
        (DeleteData, at("customers", "name", json!("x' or 'a' = 'a"))),
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
            json!({ "table": "customers", "rows": [{ "rowid": 1 }] }),
        ),
    ] {
        shop.refused(operation, arguments).await;
    }
    assert_eq!(shop.customers().await, before);
}

#[tokio::test]
async fn more_rows_than_people_can_oversee_are_not_changed() {
    let mut shop = shop().await;
    shop.run(
        "create table many as
             with recursive n(n) as (select 1 union all select n + 1 from n limit 1001)
             select n, 0 as seen from n",
    )
    .await;
    let above = |n: i64| json!({ "table": "many", "values": { "seen": 1 }, "where": by("n", ">", json!(n)) });
    assert_eq!(
        shop.refused(UpdateData, above(0)).await,
        "More than 1000 rows of `many` would be changed, so nothing was. Narrow the conditions, or do it in parts."
    );
    assert_eq!(shop.value("select sum(seen) from many").await, "0");
    let output = shop.db.call(UpdateData, above(1)).await.unwrap();
    assert_eq!((output.rows, output.truncated), (Some(1000), true));
}

#[tokio::test]
async fn what_the_file_holds_against_a_change_is_said_with_a_next_step() {
    let mut shop = shop().await;
    shop.run(
        "create table guarded (id integer primary key, a int, b int generated always as (a * 2) stored);
         create table sales (id int);
         create trigger friday before insert on sales begin
             select raise(abort, 'nothing is sold on a Friday'); end;
         create table later (id int primary key, other int references later deferrable initially deferred);
         create table strict_one (n int) strict",
    )
    .await;
    let mut said = Vec::new();
    let insert = async |table: &str, row: Value| {
        shop.refused(InsertData, json!({ "table": table, "rows": [row] }))
            .await
    };
    said.push(insert("customers", customer(1, "Twice")).await);
    said.push(insert("customers", json!({ "id": 9001 })).await);
    said.push(insert("custmers", json!({ "id": 9001 })).await);
    said.push(insert("customers", json!({ "nmae": "x" })).await);
    let item = |order: i64, quantity: i64| json!({ "order_id": order, "product_id": 1, "quantity": quantity, "unit_price": 1, "discount": 0 });
    said.push(insert("order_items", item(0, 1)).await);
    said.push(insert("order_items", item(1, 0)).await);
    said.push(insert("strict_one", json!({ "n": "cheap" })).await);
    said.push(insert("guarded", json!({ "b": 7 })).await);
    said.push(insert("sales", json!({ "id": 7 })).await);
    said.push(insert("later", json!({ "id": 7, "other": 8 })).await);
    let delete = async |id: i64| {
        let arguments = json!({ "table": "customers", "where": by("id", "=", json!(id)) });
        shop.refused(DeleteData, arguments).await
    };
    said.push(delete(1).await);
    said.push(delete(-1).await);
    screen("sqlite_changes_refused", &said.join("\n"));
}

#[tokio::test]
async fn what_triggers_and_foreign_keys_change_is_told_as_well() {
    let mut shop = shop().await;
    shop.run(
        "create table parents (id integer primary key, name text);
         create table children (id integer primary key, parent int references parents on delete cascade);
         create table log (line text);
         create trigger noted after delete on children begin insert into log values (old.id); end;
         insert into parents values (1, 'a'), (2, 'b');
         insert into children (parent) values (1), (1), (1), (2)",
    )
    .await;
    let arguments = json!({ "table": "parents", "where": by("id", "=", json!(1)) });
    let preview = shop
        .db
        .preview(DeleteData, arguments.clone())
        .await
        .unwrap();
    assert_snapshot!(preview, @r"
    1 row of `parents` would be deleted.
    The database would change 6 more rows by itself, by triggers or because they belong to these.
    id  name
    1   a
    ");
    assert_eq!(shop.changed(DeleteData, arguments).await["row_count"], 1);
    assert_eq!(shop.value("select count(*) from children").await, "1");
    assert_eq!(shop.value("select count(*) from log").await, "3");
}

/// A file may come from anywhere, and so do its triggers.
#[tokio::test]
async fn a_hostile_file_harms_nobody_and_keeps_nobody_waiting() {
    let mut shop = shop().await;
    let limits = Limits {
        time: Duration::from_millis(300),
        ..Limits::default()
    };
    let elsewhere = shop.path.with_file_name("elsewhere.db");
    for (table, body) in [
        (
            "endless",
            "insert into more with recursive n(n) as (select 1 union all select n + 1 from n) select n from n",
        ),
        ("shadow", "delete from words_data"),
        ("heavy", "insert into more values (zeroblob(900000000))"),
        ("deep", "insert into deep values (new.a + 1)"),
        (
            "reads",
            "insert into more select load_extension('/lib/evil.so')",
        ),
    ] {
        shop.run(&format!(
            "create table {table} (a int);
             create trigger {table}_run after insert on {table} begin {body}; end",
        ))
        .await;
    }
    shop.run("create table more (n); create virtual table words using fts5(word)")
        .await;
    let words = shop.value("select count(*) from words_data").await;
    let db = Db {
        source: shop.db.source.clone().with_limits(limits),
        target: shop.db.target.clone(),
    };
    for table in ["endless", "shadow", "heavy", "reads"] {
        let arguments = json!({ "table": table, "rows": [{ "a": 1 }] });
        for refused in [
            db.preview(InsertData, arguments.clone()).await.map(drop),
            db.call(InsertData, arguments.clone()).await.map(drop),
        ] {
            let said = told(&refused.expect_err(table));
            assert!(said.len() < 300, "{table}: {said}");
        }
        // Whatever went on in there is over.
        shop.run("update customers set vip = 0 where id = 1").await;
    }
    // SQLite does not let a trigger start itself over and over.
    let arguments = json!({ "table": "deep", "rows": [{ "a": 1 }] });
    assert!(
        db.preview(InsertData, arguments)
            .await
            .unwrap()
            .contains("1 more row")
    );
    assert_eq!(shop.value("select count(*) from more").await, "0");
    assert_eq!(shop.value("select count(*) from words_data").await, words);
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn one_who_writes_waits_for_another_and_says_so() {
    let mut shop = shop().await;
    let arguments = json!({ "table": "customers", "values": { "vip": true }, "where": by("id", "=", json!(1)) });
    shop.run("begin immediate").await;
    let said = shop.refused(UpdateData, arguments.clone()).await;
    assert_snapshot!(said, @"The database is locked by a writer. Try again in a moment.");
    shop.run("rollback").await;
    // Whoever reads keeps nobody from looking, and a change waits until they are done.
    shop.run("begin; select count(*) from customers").await;
    shop.db
        .preview(UpdateData, arguments.clone())
        .await
        .unwrap();
    let (changed, ()) = tokio::join!(shop.db.call(UpdateData, arguments), async {
        sqlx::raw_sql("commit")
            .execute(&mut shop.owner)
            .await
            .unwrap();
    });
    assert_eq!(changed.unwrap().rows, Some(1));
}

#[tokio::test]
async fn a_file_that_may_only_be_read_says_who_can_change_that() {
    let mut shop = shop().await;
    let arguments = json!({ "table": "customers", "where": by("id", "=", json!(1)) });
    let read = Db::sqlite(&shop.path);
    for refused in [
        read.preview(DeleteData, arguments.clone()).await.map(drop),
        read.call(DeleteData, arguments.clone()).await.map(drop),
    ] {
        let said = told(&refused.unwrap_err());
        assert_eq!(
            said,
            "This SQLite database is only read here. Ask for the data with a query, or ask your admin to let it take changes."
        );
    }
    assert_eq!(shop.value("select count(*) from customers").await, "64");
}
