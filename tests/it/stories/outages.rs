//! When a part of ours is down: whoever asked is told at once, and nothing is lost.

use std::time::{Duration, Instant};

use patchbay::slack::Transport;
use serde_json::json;
use slack_sim::{Disconnect, Fault, FaultKind};

use crate::fakes::{postgres, silent};
use crate::world::{Engine, PATIENCE, World, handmade};

#[tokio::test(flavor = "multi_thread")]
async fn without_storage_the_acknowledgement_itself_says_so() {
    for transport in [Transport::Socket, Transport::Http] {
        let world = World::start_on(Engine::Postgres, transport).await;
        let alice = world.alice();
        world.app.store.close().await;
        let outcome = alice.types("/mcp list").await;
        let told = outcome.all_text();
        assert!(
            told.contains("storage does not answer, so nothing was started"),
            "{outcome:?}"
        );
        let event = json!({
            "team_id": "T0SIM0001", "event_id": "Ev1", "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
            "event": { "type": "app_mention", "user": "U0ALICE01", "channel": "C0GENERAL1", "ts": "1.9", "text": "hi" },
        });
        let acks = world.sim.deliver(handmade("events_api", event)).await;
        assert!(
            !acks[0].acked,
            "a question that was not stored was acknowledged: {acks:?}"
        );
        world.stop().await;
    }
}

/// Somebody changes a table and goes to lunch: queries wait for as long as that takes, the end of the bot does not.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_ends_although_its_queries_wait() {
    let world = World::start_on(Engine::Postgres, Transport::Socket).await;
    let mut other = postgres::connect(&world.app.config.database.url).await;
    sqlx::raw_sql("begin; lock table runs in access exclusive mode")
        .execute(&mut other)
        .await
        .unwrap();
    let waits = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let waiting: i64 = sqlx::query_scalar(waits)
            .fetch_one(&mut other)
            .await
            .unwrap();
        if waiting > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "nothing waits for the lock");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let began = Instant::now();
    world.app.stop().await;
    // What a process is given before it is killed.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    world.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_socket_is_opened_when_slack_asks_and_when_one_breaks() {
    let world = World::start().await;
    for why in [
        Disconnect::RefreshRequested,
        Disconnect::Warning,
        Disconnect::Abrupt,
        Disconnect::Reset,
    ] {
        world.sim.disconnect(why);
        let reopened = |sim: &slack_sim::Sim| (sim.sockets() == 2).then_some(());
        // Going and coming are both seen as changes; two is what there must be in the end.
        tokio::time::sleep(Duration::from_millis(300)).await;
        world
            .sim
            .until(Duration::from_secs(20), reopened)
            .await
            .expect("two sockets again");
    }
    let answer = world.alice().asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_is_named_with_a_next_step_and_a_retry() {
    let broken = silent::refusing().await;
    let world = World::start_model(broken.provider(), |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    let told = alice.answer_to(&ts).await;
    assert!(told.all_text().contains('⚠'), "{told:?}");
    assert_eq!(told.buttons(), ["Retry"]);
    assert!(!told.all_text().contains("sk-canary"), "{told:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_slack_does_not_take_at_first_arrives() {
    let world = World::answering_at_once().await;
    let alice = world.alice();
    world
        .sim
        .fault(Fault::new("chat.update", FaultKind::OkFalse).error("internal_error"));
    let answer = alice.asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_its_channel_cannot_show_goes_to_the_asker_alone() {
    let writer = crate::fakes::writer::Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    alice.reply_when(&ts, slack_sim::Message::is_growing).await;
    // Taken out of the channel while it writes: every way of showing it there is refused.
    for method in ["chat.appendStream", "chat.stopStream", "chat.update"] {
        let refused = Fault::new(method, FaultKind::OkFalse).error("is_archived");
        world.sim.fault(refused.times(50));
    }
    writer.writes("Nobody sees this there.");
    writer.ends();
    let direct = alice.in_channel("dm");
    let told = |_: &slack_sim::Sim| {
        let messages = world.sim.messages("alice", "dm").unwrap();
        messages
            .into_iter()
            .find(|message| message.all_text().contains("Nobody sees this there."))
    };
    let told = world.sim.until(Duration::from_secs(20), told).await;
    let told = told.expect("a direct message");
    assert!(told.all_text().contains("I cannot write in"), "{told:?}");
    assert_eq!(direct.private_messages().len(), 0);
    assert!(world.sim.messages("bob", "dm").unwrap().is_empty());
    world.stop().await;
}
