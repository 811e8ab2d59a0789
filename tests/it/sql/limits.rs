//! Time, rows and bytes: all have an end, at the server and in the bot.

use std::time::Duration;

use patchbay::error::Kind;
use patchbay::tools::sources::sql::Limits;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::Db;
use crate::fakes::postgres::{Database, Postgres};

const ENDLESS: &str =
    "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";

impl Db {
    fn within(self, time: Duration) -> Self {
        let limits = Limits {
            time,
            ..Limits::default()
        };
        Self {
            source: self.source.with_limits(limits),
            target: self.target,
        }
    }
}

/// Waits until no session of the reader is left in this database.
async fn all_gone(database: &Database) {
    let sql = format!(
        "select count(*)::text from pg_stat_activity
         where datname = '{}' and usename = 'patchbay_reader'",
        database.name
    );
    let deadline = Instant::now() + Duration::from_secs(5);
    while database.value(&sql).await.as_deref() != Some("0") {
        assert!(
            Instant::now() < deadline,
            "the query still runs at the server"
        );
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_query_without_end_is_stopped_at_the_server() {
    let database = Postgres::shared().create_database().await;
    let db = Db::postgres(&database.reader).within(Duration::from_millis(300));
    let error = db.query(ENDLESS).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Timeout);
    insta::assert_snapshot!(error.sentence(), @"The query took too long and was stopped. Narrow it with WHERE, or aggregate fewer rows.");
    all_gone(&database).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_stops_at_the_server() {
    let database = Postgres::shared().create_database().await;
    let db = Db::postgres(&database.reader).within(Duration::from_secs(60));
    timeout(Duration::from_millis(500), db.query(ENDLESS))
        .await
        .unwrap_err();
    all_gone(&database).await;
}

#[tokio::test]
async fn a_lock_is_not_waited_for_long() {
    let database = Postgres::shared().create_sample_database().await;
    let mut writer = <sqlx::PgConnection as sqlx::Connection>::connect(&database.owner)
        .await
        .unwrap();
    sqlx::raw_sql("begin; lock table customers")
        .execute(&mut writer)
        .await
        .unwrap();
    let failure = Db::postgres(&database.reader)
        .failure("table customers")
        .await;
    insta::assert_snapshot!(failure, @"Another session has the table locked. Try again later.");
}

#[tokio::test]
async fn sqlite_is_stopped_as_well() {
    let (_home, db) = super::sample::sqlite().await;
    let db = db.within(Duration::from_millis(300));
    let started = Instant::now();
    let error = db.query(ENDLESS).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_million_rows_are_cut_and_take_no_memory() {
    let (_home, sqlite) = super::sample::sqlite().await;
    let database = Postgres::shared().create_database().await;
    let postgres = Db::postgres(&database.reader);
    let wide = "select i, repeat('x', 1000) as x from generate_series(1, 1000000) as i";
    let counted = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000000) select i from n";
    let before = resident();
    for (db, sql) in [(&postgres, wide), (&postgres, counted), (&sqlite, counted)] {
        let table = db.rows(sql).await;
        assert_eq!(
            (&table["row_count"], &table["truncated"]),
            (&200.into(), &true.into())
        );
        assert_eq!(table["rows"][199][0], 200);
    }
    assert!(
        resident().saturating_sub(before) < 64_000,
        "{before} -> {}",
        resident()
    );
}

#[tokio::test]
async fn huge_values_are_cut_where_they_are_made() {
    let database = Postgres::shared().create_database().await;
    let db = Db::postgres(&database.reader);
    let before = resident();
    let table = db
        .rows("select repeat(repeat('é', 10000), 10000), repeat('ab', 100)::bytea")
        .await;
    assert_eq!(table["truncated"], true);
    assert_eq!(
        table["rows"][0][0].as_str().unwrap().chars().count(),
        8 * 1024 + 1
    );
    assert_eq!(
        table["rows"][0][1].as_str().unwrap().chars().count(),
        2 + 64 + 1
    );
    assert!(resident().saturating_sub(before) < 64_000);
    let table = db
        .rows("select repeat('x', 5000) from generate_series(1, 200)")
        .await;
    let kept = table["row_count"].as_u64().unwrap();
    assert!(
        (40..60).contains(&kept) && table["truncated"] == Value::Bool(true),
        "{kept}"
    );
}

#[tokio::test]
async fn sqlite_values_cannot_grow_without_end() {
    let (_home, db) = super::sample::sqlite().await;
    let before = resident();
    for bomb in [
        "with recursive t (x) as (select 'aaaaaaaaaaaaaaaa' union all select x || x from t) select max(length(x)) from t",
        "select printf('%999999999d', 1)",
        "select replace(replace(replace(printf('%1000d', 1), ' ', printf('%1000d', 1)), ' ', printf('%1000d', 1)), ' ', printf('%1000d', 1))",
    ] {
        let answer = db.query(bomb).await;
        assert!(
            answer.is_err() || answer.unwrap().text.len() < 300_000,
            "{bomb}"
        );
    }
    assert!(resident().saturating_sub(before) < 64_000);
}

/// Kilobytes of memory that this process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0)
}
