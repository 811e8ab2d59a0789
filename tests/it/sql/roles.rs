//! What is said to whoever connects a PostgreSQL database with a user that may do more than read.

use patchbay::domain::card::SqlOperation::DeleteData;
use patchbay::tools::ToolSource as _;
use serde_json::json;

use super::changes::by;
use super::{Db, told};
use crate::fakes::postgres::{Database, Postgres};

const GUIDE: &str = include_str!("../../../docs/guide/read-only-user.md");

async fn advice(db: &Db) -> Option<String> {
    let advice = db.source.advise(&db.target).await.unwrap();
    advice.map(|advice| advice.to_string())
}

/// The URL of a role with a name of its own, made by these statements.
async fn role(database: &Database, statements: &str) -> (String, String) {
    let name = format!("role_of_{}", database.name);
    let statements = statements.replace("ROLE", &name);
    database.run_as_superuser(&statements).await;
    let (_, rest) = database.superuser.split_once('@').unwrap();
    (format!("postgresql://{name}:secret-one@{rest}"), name)
}

#[tokio::test]
async fn the_worst_that_a_user_may_do_is_said_first() {
    let mut said = Vec::new();
    for rights in [
        "alter role ROLE superuser",
        "alter role ROLE createrole",
        "alter role ROLE bypassrls",
        "grant pg_write_all_data to ROLE",
        "grant update (city) on customers to ROLE",
        "grant create on schema public to ROLE",
        "create table its (id int); alter table its owner to ROLE",
    ] {
        let database = Postgres::shared().create_sample_database().await;
        let made = format!(
            "create role ROLE login password 'secret-one'; grant select on all tables in schema public to ROLE; {rights}"
        );
        let (url, _) = role(&database, &made).await;
        let advice = advice(&Db::postgres(&url)).await.expect(rights);
        let (first, _) = advice.split_once(" I ask you").unwrap();
        said.push(first.to_owned());
    }
    let database = Postgres::shared().create_sample_database().await;
    said.push(advice(&Db::postgres(&database.owner)).await.unwrap());
    insta::assert_snapshot!(said.join("\n"), @r#"
    ⚠️ This database user is a superuser and may do everything.
    ⚠️ This database user may make other users and give them rights.
    ⚠️ This database user reads every row, whatever row level security says.
    ⚠️ This database user may change rows in 7 tables, such as `customers`.
    ⚠️ This database user may change rows in 1 table: `customers`.
    ⚠️ This database user may make tables.
    ⚠️ This database user owns 1 table, so it may change and drop it.
    ⚠️ This database user owns 7 tables, so it may change and drop them. I ask you before each change; to be safe, connect again with a user that may only read: the guide's page "A user that may only read" has the SQL.
    "#);
    assert_eq!(advice(&Db::postgres(&database.reader)).await, None);
    assert_eq!(advice(&super::sample::sqlite().await.1).await, None);
}

/// The guide's own statements, as they stand there.
#[tokio::test]
async fn the_user_that_the_guide_makes_may_only_read() {
    let database = Postgres::shared().create_sample_database().await;
    let (_, rest) = GUIDE.split_once("```sql\n").unwrap();
    let (sql, _) = rest.split_once("```").unwrap();
    let sql = sql
        .replace("patchbay_reader", "ROLE")
        .replace("choose-a-long-one", "secret-one")
        .replace("database sales", &format!("database {}", database.name));
    let (url, _) = role(&database, &sql).await;
    let db = Db::postgres(&url);
    assert_eq!(advice(&db).await, None);
    let count = db.rows("select count(*) from customers").await;
    assert_eq!(count["rows"][0][0], 64);
    // What is made later can be read as well, and nothing can be changed.
    database
        .run_as_superuser("create table later as select 1 as one")
        .await;
    db.rows("select * from later").await;
    let arguments = json!({ "table": "customers", "where": by("id", "=", json!(1)) });
    let refused = told(&db.call(DeleteData, arguments).await.unwrap_err());
    assert!(refused.contains("permission denied"), "{refused}");
}
