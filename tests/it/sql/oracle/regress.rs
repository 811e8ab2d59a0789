//! PostgreSQL's own regression files: every query of theirs that the gate allows leaves no trace,
//! and of those that only read, nearly all are allowed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Oracle, Outcome, Role};
use crate::fakes::postgres::connect;

/// Files about what people ask of a database; each is quick.
const ORDINARY: [&str; 22] = [
    "boolean",
    "char",
    "varchar",
    "text",
    "int4",
    "int8",
    "float8",
    "numerology",
    "date",
    "time",
    "interval",
    "select",
    "select_distinct",
    "select_distinct_on",
    "select_having",
    "select_implicit",
    "subselect",
    "union",
    "case",
    "window",
    "limit",
    "arrays",
];

/// What came of the queries of some files.
#[derive(Default)]
struct Tally {
    /// Let through by the gate and run by the product, whatever came of it.
    judged: usize,
    /// Plain SELECTs that run under a role which may only read.
    plain: usize,
    /// Those of them that the gate lets through.
    allowed: usize,
    /// Why it refused the others: how many, and the first of them.
    refused: BTreeMap<String, (usize, String)>,
}

#[tokio::test]
async fn ordinary_regression_files_are_read_without_a_trace() {
    let tally = read(&ORDINARY.map(str::to_owned)).await;
    let refused = &tally.refused;
    assert!(tally.judged > 1_000, "{}", tally.judged);
    assert!(
        tally.allowed * 100 >= tally.plain * 98,
        "{} of {}: {refused:#?}",
        tally.allowed,
        tally.plain
    );
}

/// `cargo test --test it sql::oracle::regress -- --ignored --nocapture` shows what is refused, and why.
#[tokio::test]
#[ignore = "takes minutes"]
async fn all_regression_files_are_read_without_a_trace() {
    let schedule =
        std::fs::read_to_string(folder().join("parallel_schedule")).expect("the schedule");
    let tests = schedule
        .lines()
        .filter_map(|line| line.strip_prefix("test: "));
    let files: Vec<String> = tests
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let tally = read(&files).await;
    let mut reasons: Vec<_> = tally.refused.iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (reason, (count, example)) in reasons {
        println!("{count:5} {reason}  e.g. {}", example.replace('\n', " "));
    }
    println!(
        "{} of {} plain SELECTs are allowed; {} queries were judged",
        tally.allowed, tally.plain, tally.judged
    );
}

fn folder() -> PathBuf {
    let home = std::env::var_os("HOME").expect("a home");
    let folder = Path::new(&home).join(".cache/patchbay/postgres-regress");
    assert!(folder.join(".version").exists(), "run scripts/install test");
    folder
}

/// Lets psql play the files, one after the other, and then reads what they left with their queries.
async fn read(files: &[String]) -> Tally {
    let mut oracle = Oracle::start(Role::Superuser).await;
    oracle
        .database()
        .run_as_superuser("grant pg_read_all_data to patchbay_reader")
        .await;
    play("test_setup", &oracle);
    for file in files.iter().filter(|file| *file != "test_setup") {
        play(file, &oracle);
    }
    let mut reader = connect(&oracle.database().reader).await;
    let mut tally = Tally::default();
    for file in files {
        let text =
            std::fs::read_to_string(folder().join(format!("sql/{file}.sql"))).expect("a file");
        for query in queries(&text) {
            tally.add(&mut oracle, &mut reader, &query).await;
        }
    }
    tally
}

fn play(file: &str, oracle: &Oracle) {
    let folder = folder();
    let played = Command::new("psql")
        .args(["-X", "-q", "-d", &oracle.database().superuser, "-f"])
        .arg(folder.join(format!("sql/{file}.sql")))
        .env("PG_ABS_SRCDIR", &folder)
        .env("PG_ABS_BUILDDIR", oracle.server.home())
        .env("PG_LIBDIR", "/nowhere")
        .env("PG_DLSUFFIX", ".so")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Some of their statements fail, as they should; psql goes on.
    played.expect("psql");
}

/// The statements of a file that are one SELECT, without what only psql understands: its own
/// commands, its variables, and the data that follows a COPY.
fn queries(text: &str) -> Vec<String> {
    let mut kept = String::new();
    let mut is_data = false;
    for line in text.lines() {
        let lower = line.to_lowercase();
        if is_data {
            is_data = line != "\\.";
            continue;
        }
        is_data = lower.starts_with("copy ") && lower.contains("from stdin");
        // A command of psql's may end a statement: `select 1 \gset`.
        kept.push_str(
            line.split_once('\\')
                .filter(|_| line.starts_with('\\'))
                .map_or(line, |(before, _)| before),
        );
        kept.push('\n');
    }
    let statements = pg_query::split_with_scanner(&kept).unwrap_or_default();
    let statements = statements.into_iter().map(str::trim);
    statements
        .filter(|sql| is_plain(sql))
        .map(str::to_owned)
        .collect()
}

/// One SELECT, VALUES or TABLE that locks, makes and changes nothing by what it says.
fn is_plain(sql: &str) -> bool {
    let Ok(parsed) = pg_query::parse(sql, 0) else {
        return false;
    };
    let [statement] = parsed.protobuf.stmts.as_slice() else {
        return false;
    };
    let node = statement.stmt.as_ref().and_then(|stmt| stmt.node.as_ref());
    let tree = format!("{statement:?}");
    matches!(node, Some(pg_query::NodeEnum::SelectStmt(_)))
        && ![
            "InsertStmt",
            "UpdateStmt",
            "DeleteStmt",
            "MergeStmt",
            "LockingClause",
            "into_clause: Some",
        ]
        .iter()
        .any(|change| tree.contains(change))
}

impl Tally {
    async fn add(&mut self, oracle: &mut Oracle, reader: &mut PgConnection, sql: &str) {
        let runs = runs(reader, sql).await;
        let outcome = oracle.judge(sql).await;
        self.plain += usize::from(runs);
        match outcome {
            Outcome::Ran(_) => {
                self.judged += 1;
                self.allowed += usize::from(runs);
            }
            Outcome::Refused(error) if runs => {
                let reason = self.refused.entry(error.message().to_string());
                reason.or_insert_with(|| (0, sql.to_owned())).0 += 1;
            }
            Outcome::Refused(_) => {}
        }
    }
}

/// Whether a role that may only read gets an answer.
async fn runs(reader: &mut PgConnection, sql: &str) -> bool {
    let begin =
        "begin read only; set local statement_timeout = '3s'; set local lock_timeout = '1s'";
    sqlx::raw_sql(begin)
        .execute(&mut *reader)
        .await
        .expect("a transaction");
    let ran = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut *reader)
        .await;
    sqlx::raw_sql("rollback")
        .execute(&mut *reader)
        .await
        .expect("its end");
    ran.is_ok()
}
