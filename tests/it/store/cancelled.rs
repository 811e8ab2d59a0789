//! Who waits for the database gives up at any moment; what they gave up costs nobody a connection.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use patchbay::clock::Clock;
use patchbay::ids::{InboxId, TeamId};
use patchbay::store::{Arrival, Delivery, PoolSize, Store};
use serde_json::json;

use super::migrated;
use crate::fakes::postgres::Postgres;

/// How many write at the same time, and how often each.
const WRITERS: u64 = 24;
const WRITES: u64 = 200;

fn delivery(number: u64) -> Delivery {
    Delivery {
        id: InboxId::generate(),
        dedupe_key: number.to_string(),
        team: TeamId::new("T1"),
        kind: "question",
        payload: json!({}),
        received_at: Clock::System.now(),
    }
}

/// Writes that are given up after anything from no time to about as long as they take.
async fn gives_up(store: &Store, writer: u64) -> usize {
    let mut given_up = 0;
    for write in 0..WRITES {
        let number = writer * WRITES + write;
        let patience = Duration::from_micros(number * 7_919 % 12_000);
        let delivery = delivery(number);
        let writing = store.receive(&delivery, Arrival::Done);
        given_up += usize::from(tokio::time::timeout(patience, writing).await.is_err());
    }
    given_up
}

async fn all_come_back(store: Store) {
    let writers = (0..WRITERS).map(|writer| gives_up(&store, writer));
    let given_up: usize = join_all(writers).await.into_iter().sum();
    assert!(given_up > 100, "{given_up}");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let PoolSize { open, idle, most } = store.pool_size();
        if open == idle {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "{idle} of {open} are free, of {most}; {given_up} given up"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let closed = tokio::time::timeout(Duration::from_secs(20), store.close()).await;
    closed.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_costs_no_connection_on_postgres() {
    let database = Postgres::shared().create_database().await;
    all_come_back(migrated(&database.owner).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_costs_no_connection_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bot.db");
    all_come_back(migrated(&format!("sqlite:{}", file.display())).await).await;
}
