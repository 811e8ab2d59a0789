//! Rows that several changes of one run take: always in the same order, so that none of them waits
//! for another that waits for it.

use chrono::Duration;
use patchbay::clock::Clock;
use patchbay::domain::post::{ApprovalRequest, Post};
use patchbay::domain::principal::Principal;
use patchbay::domain::run::{Run, RunState};
use patchbay::domain::tool::Risk;
use patchbay::ids::{
    ApprovalId, ChannelId, ConnectionId, InboxId, MessageTs, RunId, TeamId, UserId,
};
use patchbay::store::{ApprovalState, Arrival, Delivery, Store};
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::migrated;
use crate::fakes::postgres::{Database, Postgres};

/// A run that waits for a yes until `expires_in` from now, and what it asks.
async fn waiting(store: &Store, expires_in: Duration) -> (Run, ApprovalId) {
    let now = Clock::System.now();
    let run = Run {
        id: RunId::generate(),
        asker: Principal::new(TeamId::new("T1"), UserId::new("U1")),
        channel: ChannelId::new("C1"),
        thread: MessageTs::new("100.000001"),
        question: "open an issue".to_owned(),
        asked: None,
        state: RunState::Queued,
        created_at: now,
        trace: None,
    };
    let delivery = Delivery {
        id: InboxId::generate(),
        dedupe_key: run.id.to_string(),
        team: run.asker.team.clone(),
        kind: "question",
        payload: json!({}),
        received_at: now,
    };
    store.receive(&delivery, Arrival::Run(&run)).await.unwrap();
    let until = now + Duration::minutes(5);
    let claimed = store.claim_run(until).await.unwrap().unwrap();
    let request = ApprovalRequest {
        id: ApprovalId::generate(),
        connection_id: ConnectionId::generate(),
        connection: "github".to_owned(),
        tool: "create_issue".to_owned(),
        risk: Risk::Write,
        arguments: json!({}),
        preview: None,
        cost: None,
    };
    let id = request.id.clone();
    let questions = [("call".to_owned(), request)];
    let expires_at = now + expires_in;
    let parked = store.park_run(&claimed.lease, &run.asker, &questions, expires_at, now);
    assert!(parked.await.unwrap());
    (run, id)
}

/// Does what a stop does, by hand: takes the run, and takes its question once `other` waits.
async fn stop_while<T>(database: &Database, run: &Run, other: impl Future<Output = T>) -> T {
    let mut by_hand = PgConnection::connect(&database.owner).await.unwrap();
    by_hand.execute("begin").await.unwrap();
    let touch = |table: &str, key: &str| {
        let id = &run.id;
        sqlx::AssertSqlSafe(format!(
            "update {table} set state = state where {key} = '{id}'"
        ))
    };
    sqlx::query(touch("runs", "id"))
        .execute(&mut by_hand)
        .await
        .unwrap();
    let stop = async {
        let waits = "select count(*)::text from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while database.value(waits).await.as_deref() != Some("1") {
            assert!(
                std::time::Instant::now() < deadline,
                "nothing waits for the run"
            );
        }
        let question = touch("approvals", "run_id");
        sqlx::query(question).execute(&mut by_hand).await.unwrap();
        by_hand.execute("commit").await.unwrap();
    };
    tokio::join!(other, stop).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_a_question_that_expires_and_a_stop_do_not_wait_for_each_other() {
    let database = Postgres::shared().create_database().await;
    let store = migrated(&database.owner).await;
    let (run, question) = waiting(&store, Duration::minutes(5)).await;
    let yes = store.decide(
        &run.asker,
        &question,
        ApprovalState::Approved,
        Clock::System.now(),
    );
    Box::pin(stop_while(&database, &run, yes)).await.unwrap();
    let state = database
        .value("select string_agg(state, ',') from runs")
        .await;
    assert_eq!(state.as_deref(), Some("queued"));

    database.run("delete from runs").await;
    let (run, _) = waiting(&store, Duration::zero()).await;
    let expires = store.expire_approval(Clock::System.now() + Duration::minutes(1));
    assert!(
        Box::pin(stop_while(&database, &run, expires))
            .await
            .unwrap()
    );

    // After a stop there is nothing left to decide.
    database.run("delete from runs").await;
    let (run, question) = waiting(&store, Duration::minutes(5)).await;
    let now = Clock::System.now();
    let post = |run: &Run, _: &[_]| Post::Stopped {
        by: None,
        unknown: Vec::new(),
        run: run.id.clone(),
    };
    let asker = &run.asker;
    let stop = store.stop_thread(&asker.team, &run.channel, &run.thread, now, post);
    assert_eq!(stop.await.unwrap(), std::slice::from_ref(&run.id));
    let decided = store
        .decide(asker, &question, ApprovalState::Approved, now)
        .await;
    assert_eq!(decided.unwrap(), patchbay::store::Decision::TooLate);
    assert!(
        !store
            .expire_approval(now + Duration::hours(1))
            .await
            .unwrap()
    );
    store.close().await;
}
