//! Reading changes nothing, of the data, the server or the session that the next one gets.

use patchbay::domain::card::SqlEngine;
use patchbay::executor::sql::ReadOnlySql;

use super::{Oracle, Outcome, Role};
use crate::sql::statements;

/// A judge who sees nothing would let everything pass.
#[tokio::test]
async fn every_kind_of_change_is_seen() {
    let mut oracle = Oracle::start(Role::Superuser).await;
    let nothing: Vec<String> = Vec::new();
    for harmless in [
        "select 1",
        "select count(*) from customers",
        "begin; rollback",
    ] {
        assert_eq!(oracle.provoke(harmless).await, nothing, "{harmless}");
    }
    for change in [
        "update customers set vip = vip where id = 1",
        "begin; update customers set vip = not vip; rollback",
        "begin; select * from customers for update; rollback",
        "select txid_current()",
        "create table made (a int)",
        "create temp table made_for_now (a int)",
        "create sequence numbers",
        "select nextval('numbers')",
        "select setval('numbers', 7)",
        "select lo_create(4711)",
        "select lo_unlink(4711)",
        "create role made",
        "alter role made superuser",
        "alter database postgres set work_mem = '5MB'",
        "notify news, 'payload'",
        "listen news",
        "set statement_timeout = '7s'",
        "select set_config('search_path', 'elsewhere', false)",
        "set search_path = public",
        "set role patchbay_reader",
        "reset role",
        "select pg_advisory_lock(7)",
        "select pg_advisory_unlock(7)",
        "prepare kept as select 1",
        "declare kept cursor with hold for select 1",
        "select pg_logical_emit_message(false, 'a', 'b')",
    ] {
        assert_ne!(oracle.provoke(change).await, nothing, "{change}");
    }
    for change in [
        "delete from support_tickets where id = 1",
        "select nextval('numbers')",
        "select lo_from_bytea(4711, 'x')",
        "alter role made nosuperuser",
        "copy (select 1) to '../made-by-a-statement'",
        "alter system set work_mem = '5MB'",
    ] {
        let before = oracle.state().await;
        assert_eq!(oracle.state().await, before);
        // The copy goes where the list of files looks, which starts at the data directory.
        let change = change.replace("../", &format!("{}/data/", oracle.server.home().display()));
        oracle.provoke(&change).await;
        let after = oracle.state().await;
        let by_content = change.starts_with("alter system");
        assert!(after != before || by_content, "{change}");
    }
}

#[tokio::test]
async fn attacks_and_questions_leave_no_trace() {
    let mut oracle = Oracle::start(Role::Superuser).await;
    oracle.database().run("create sequence s").await;
    let before = oracle.state().await;
    for attack in statements(include_str!("../attacks.postgres.sql")) {
        let outcome = oracle.judge(attack).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{attack}");
    }
    for question in statements(include_str!("../normal.postgres.sql")) {
        match oracle.judge(question).await {
            Outcome::Ran(Ok(_)) => {}
            Outcome::Ran(Err(error)) | Outcome::Refused(error) => panic!("{question}\n{error}"),
        }
    }
    assert_eq!(oracle.state().await, before);
}

/// What no gate can see: what a table, an operator or a type does when it is read.
#[tokio::test]
async fn traps_in_the_database_leave_no_trace() {
    let mut oracle = Oracle::start(Role::Owner).await;
    oracle.database().run(include_str!("traps.sql")).await;
    let before = oracle.state().await;
    let mut answered = 0;
    let mut taken_back = Vec::new();
    for question in statements(include_str!("traps.questions.sql")) {
        let (result, changed) = oracle.run(question).await;
        let allowed = ReadOnlySql::parse(SqlEngine::Postgres, question);
        assert!(allowed.is_ok(), "{question}: {allowed:?}");
        answered += usize::from(result.is_ok());
        taken_back.extend(changed.iter().map(|change| format!("{question}: {change}")));
    }
    assert_eq!(oracle.state().await, before);
    // A large object that is made in a read-only transaction, which PostgreSQL forbids from version
    // 16 on, and a number that is asked for: of both nothing is left but the number.
    taken_back.retain(|change| {
        !["table large: ", "table taken: "]
            .iter()
            .any(|known| change.starts_with(known))
    });
    assert!(taken_back.is_empty(), "{taken_back:#?}");
    // The others end in an error, and leave the session as it was as well.
    assert!(answered >= 5, "{answered}");
}
