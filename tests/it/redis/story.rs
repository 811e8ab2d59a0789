//! Redis from Slack: connect, ask, look, and delete after a yes.

use patchbay::slack::Transport;
use redis::Value as Answer;
use serde_json::json;

use super::filled;
use crate::fakes::redis::OWNER_PASSWORD;
use crate::fakes::writer::Writer;
use crate::world::{Engine, World, answered_by};

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_looked_into_and_deleted_after_a_yes() {
    let (database, _) = filled().await;
    let writer = Writer::start().await;
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        answered_by(config, writer.provider());
    })
    .await;
    let alice = world.alice();
    let told = alice
        .connects("redis", json!({ "url": database.owner() }))
        .await;
    assert!(told.all_text().contains("7 Redis tools"), "{told:?}");
    let ts = alice.says("@patchbay forget the queue").await;
    writer.calls("redis__read_key", json!({ "key": "queue" }));
    writer.ends();
    writer.calls("redis__delete_keys", json!({ "keys": ["queue"] }));
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    let shown = card.all_text();
    for part in ["queue", "list", "cannot be undone"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert_eq!(database.run("LLEN queue").await, Answer::Int(4));
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.answers("The queue is gone.");
    let done = |message: &slack_sim::Message| message.all_text().contains("queue is gone");
    alice.reply_when(&ts, done).await;
    assert_eq!(database.run("EXISTS queue").await, Answer::Int(0));
    let asked = json!(writer.asked()).to_string();
    assert!(asked.contains("members"), "{asked}");
    assert!(!asked.contains(OWNER_PASSWORD));
    world.stop().await;
}
