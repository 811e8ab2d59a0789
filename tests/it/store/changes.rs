//! Edits and deletions of questions, as they are stored: in whatever order and however much at once.

use chrono::{DateTime, Duration, Utc};
use patchbay::clock::Clock;
use patchbay::domain::post::{Post, Withdrawn};
use patchbay::domain::principal::Principal;
use patchbay::domain::run::{Asked, Run, RunState};
use patchbay::ids::{ChannelId, InboxId, MessageTs, RunId, TeamId, UserId};
use patchbay::store::{Arrival, Change, Delivery, Store, Stored};
use serde_json::json;

use super::migrated;
use crate::fakes::postgres::Postgres;

const ORIGINAL: &str = "message:T1:C1:100.000001";

/// A store on each database; the folder holds the one of SQLite.
pub async fn stores() -> (Vec<Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("bot.db").display());
    let postgres = Postgres::shared().create_database().await.owner;
    (
        vec![migrated(&sqlite).await, migrated(&postgres).await],
        folder,
    )
}

fn question(words: &str, at: &str, now: DateTime<Utc>) -> Run {
    Run {
        id: RunId::generate(),
        asker: Principal::new(TeamId::new("T1"), UserId::new("U1")),
        channel: ChannelId::new("C1"),
        thread: MessageTs::new("100.000001"),
        question: words.to_owned(),
        asked: Some(Asked {
            message: MessageTs::new("100.000001"),
            wording: MessageTs::new(at),
        }),
        state: RunState::Queued,
        created_at: now,
        trace: None,
    }
}

fn delivery(key: &str, now: DateTime<Utc>) -> Delivery {
    Delivery {
        id: InboxId::generate(),
        dedupe_key: key.to_owned(),
        team: TeamId::new("T1"),
        kind: "question",
        payload: json!({}),
        received_at: now,
    }
}

/// The message itself comes.
async fn received(store: &Store, run: &Run) -> Stored {
    let original = delivery(ORIGINAL, run.created_at);
    store.receive(&original, Arrival::Run(run)).await.unwrap()
}

async fn changed(store: &Store, run: &Run, why: Withdrawn) -> (Stored, Option<RunId>) {
    let asked = run.asked.clone().unwrap();
    let delivery = delivery(&format!("edited:{}", asked.wording), run.created_at);
    let change = Change {
        team: run.asker.team.clone(),
        channel: run.channel.clone(),
        original: ORIGINAL.to_owned(),
        asked,
        why,
        only_if_known: false,
    };
    let arrival = match why {
        Withdrawn::Edited => Arrival::Run(run),
        Withdrawn::TakenBack | Withdrawn::Deleted => Arrival::Done,
    };
    let post = |_: &[_]| Post::Withdrawn {
        why,
        unknown: Vec::new(),
    };
    let changed = store.receive_change(&delivery, arrival, &change, post);
    let changed = changed.await.unwrap();
    (changed.stored, changed.ended)
}

#[tokio::test]
async fn what_nobody_had_begun_to_answer_needs_no_word() {
    let (stores, _folder) = stores().await;
    for store in &stores {
        let now = Clock::System.now();
        let first = question("what do dogs eat?", "100.000001", now);
        assert_eq!(received(store, &first).await, Stored::New);
        let second = question("what do cats eat?", "100.000002", now);
        let ended = changed(store, &second, Withdrawn::Edited).await;
        assert_eq!(ended, (Stored::New, Some(first.id.clone())));

        let (later, until) = (now + Duration::minutes(1), now + Duration::minutes(2));
        let claimed = store.claim_run(until).await.unwrap().unwrap();
        assert_eq!(
            claimed.run,
            Run {
                state: RunState::Running,
                ..second.clone()
            }
        );
        assert!(store.claim_run(until).await.unwrap().is_none());
        let due = store.claim_outgoing(later, until).await.unwrap().unwrap();
        assert_eq!(due.run, second.id);
        assert!(store.claim_outgoing(later, until).await.unwrap().is_none());

        // Once somebody has begun, the message says what became of it, and nothing writes over it.
        let third = question("what do birds eat?", "100.000003", now);
        let ended = changed(store, &third, Withdrawn::Edited).await;
        assert_eq!(ended.1, Some(second.id.clone()));
        assert!(!store.extend_lease(&claimed.lease, until).await.unwrap());
        let held = store.hold_message(&due, until).await.unwrap().unwrap();
        assert!(matches!(held.post.0, Post::Withdrawn { .. }));
        let (asker, again) = (&second.asker, RunId::generate());
        assert!(
            !store
                .retry_run(asker, &second.id, &again, now)
                .await
                .unwrap()
        );
        store.close().await;
    }
}

#[tokio::test]
async fn the_last_words_count_in_whatever_order_they_come() {
    let (stores, _folder) = stores().await;
    for store in &stores {
        let now = Clock::System.now();
        let second = question("second", "100.000002", now);
        assert_eq!(
            changed(store, &second, Withdrawn::Edited).await.0,
            Stored::New
        );
        assert_eq!(
            changed(store, &second, Withdrawn::Edited).await.0,
            Stored::Duplicate
        );
        let first = question("first", "100.000001", now);
        assert_eq!(received(store, &first).await, Stored::Duplicate);
        // The same words once more, then taken back, and only then what came before that.
        let same = question("second", "100.000004", now);
        assert_eq!(
            changed(store, &same, Withdrawn::Edited).await.0,
            Stored::Duplicate
        );
        let older = question("third", "100.000003", now);
        assert_eq!(
            changed(store, &older, Withdrawn::Edited).await.0,
            Stored::Duplicate
        );
        let gone = question("", "100.000006", now);
        let ended = changed(store, &gone, Withdrawn::Deleted).await;
        assert_eq!(ended, (Stored::New, Some(second.id.clone())));
        let late = question("fifth", "100.000005", now);
        assert_eq!(
            changed(store, &late, Withdrawn::Edited).await.0,
            Stored::Duplicate
        );
        assert!(store.claim_run(now).await.unwrap().is_none());
        store.close().await;
    }
}

/// The message and its edits on several sockets at once: one run is left to do, of the last words.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_edits_at_once_leave_one_question() {
    let (stores, _folder) = stores().await;
    for store in &stores {
        let now = Clock::System.now();
        let first = question("first", "100.000001", now);
        let runs: Vec<Run> = (2..8)
            .map(|edit| question(&format!("edit {edit}"), &format!("100.00000{edit}"), now))
            .collect();
        let original = async {
            let original = delivery(ORIGINAL, now);
            store
                .receive(&original, Arrival::Run(&first))
                .await
                .unwrap();
        };
        let edits = futures_util::future::join_all(
            runs.iter()
                .map(|run| changed(store, run, Withdrawn::Edited)),
        );
        tokio::join!(original, edits);
        let left = store.claim_run(now).await.unwrap().unwrap();
        assert_eq!(left.run.question, "edit 7");
        assert!(store.claim_run(now).await.unwrap().is_none());
        store.close().await;
    }
}
