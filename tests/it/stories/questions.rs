//! Asking the agent: in a channel, in a thread, in a direct message, five times over.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Fault, FaultKind, Handmade};

use super::{assert_screen, on_every_pairing};
use crate::world::{World, handmade};

on_every_pairing!(one_answer_however_often_it_is_delivered);

async fn one_answer_however_often_it_is_delivered(world: World) {
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    // The simulator sends `app_mention` and `message` for one post; then the event five times more.
    let ts = alice.says("@patchbay which tables are there?").await;
    alice.answer_to(&ts).await;
    let event = world
        .sim
        .log(0)
        .into_iter()
        .map(|entry| entry.body)
        .find(|body| {
            let payload = body.get("payload").unwrap_or(body);
            payload["event"]["ts"] == json!(ts)
        });
    let event = event.expect("the event is in the protocol log");
    let payload = event.get("payload").unwrap_or(&event).clone();
    let again = Handmade {
        times: Some(5),
        concurrent: true,
        ..handmade("events_api", payload)
    };
    let acks = world.sim.deliver(again).await;
    assert!(acks.iter().all(|ack| ack.acked), "{acks:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(alice.replies(&ts).len(), 1);
    let begun = |method| world.sim.calls(method).len();
    assert_eq!(begun("chat.postMessage") + begun("chat.startStream"), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_a_direct_message_needs_no_mention() {
    let world = World::start().await;
    let alice = world.alice().in_channel("dm");
    alice.connects("sqlite", json!({})).await;
    let answer = alice.asks("how many orders are there?").await.all_text();
    assert!(answer.contains("orders"), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_the_way_to_one_is_shown() {
    let world = World::start().await;
    let answer = world
        .alice()
        .asks("@patchbay show me all users from my database")
        .await
        .all_text();
    assert!(answer.contains("/mcp connect"), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_shows_its_data_and_its_receipt() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let answer = alice.asks("@patchbay which tables are there?").await;
    assert_screen!("answer", answer.blocks);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_first_post_makes_no_second_message() {
    let world = World::start().await;
    let alice = world.alice();
    world
        .sim
        .fault(Fault::new("chat.startStream", FaultKind::LostReply));
    let ts = alice.says("@patchbay help me").await;
    let answer = alice.answer_to(&ts).await;
    assert!(answer.all_text().contains("/mcp"), "{answer:?}");
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_slacks_delays_an_answer_and_loses_none() {
    let world = World::answering_at_once().await;
    let alice = world.alice();
    world.sim.fault(
        Fault::new("chat.postMessage", FaultKind::RateLimited)
            .times(2)
            .retry_after(1),
    );
    world
        .sim
        .fault(Fault::new("chat.update", FaultKind::Http500).times(2));
    let ts = alice.says("@patchbay help me").await;
    alice.answer_to(&ts).await;
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_of_rate_limits_makes_an_answer_given_up() {
    let world = World::answering_at_once().await;
    let alice = world.alice();
    world.sim.fault(
        Fault::new("chat.postMessage", FaultKind::RateLimited)
            .times(12)
            .retry_after(0),
    );
    let ts = alice.says("@patchbay help me").await;
    alice.answer_to(&ts).await;
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_slack_refuses_become_plain_text() {
    let world = World::answering_at_once().await;
    let alice = world.alice();
    world
        .sim
        .fault(Fault::new("chat.update", FaultKind::OkFalse).error("invalid_blocks"));
    let answer = alice.asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_bot_notifies_and_unfurls_nothing() {
    let world = World::start().await;
    let alice = world.alice();
    alice
        .asks("@patchbay <!channel> say @here and <https://evil.example|good>")
        .await;
    for call in world.sim.all_calls() {
        if !call.method.starts_with("chat.") {
            continue;
        }
        // Streams take no such argument.
        if matches!(call.method.as_str(), "chat.postMessage" | "chat.update") {
            assert_eq!(call.body["unfurl_links"], Value::Bool(false));
        }
        let text = call.body.to_string();
        assert!(
            !text.contains("<!channel>") && !text.contains("<!here>"),
            "{text}"
        );
    }
    world.stop().await;
}
