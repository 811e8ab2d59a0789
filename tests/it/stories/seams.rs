//! Where an answer goes on in another message, or a run in another stretch of work: nothing is lost,
//! doubled or left open there, whatever Slack does.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Fault, FaultKind, Message};

use super::long::texts;
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::world::World;

fn lost(method: &str) -> Fault {
    Fault::new(method, FaultKind::LostReply)
}

fn refused(method: &str) -> Fault {
    Fault::new(method, FaultKind::OkFalse).error("internal_error")
}

async fn until_text(world: &World, ts: &str, wanted: &str) {
    let alice = world.alice();
    let there = |_: &slack_sim::Sim| {
        let all = texts(&alice.replies(ts)).concat();
        all.contains(wanted).then_some(())
    };
    let there = world.sim.until(Duration::from_secs(60), there).await;
    there.unwrap_or_else(|| panic!("{wanted}: {:#?}", alice.replies(ts)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_yes_cuts_nothing_off_the_answer_after_it() {
    let writer = Writer::start().await;
    let github = GitHub::start().await;
    github.has_repo("acme/shop", 1, "A shop");
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let ts = alice.says("@patchbay open an issue").await;
    writer.writes("Let me open that issue for you, it takes a moment. ");
    until_text(&world, &ts, "a moment.").await;
    // What was not heard makes the words go on in another message.
    world.sim.fault(lost("chat.appendStream"));
    writer.writes("It is about the door. ");
    until_text(&world, &ts, "about the door.").await;
    writer.writes("It sticks. ");
    until_text(&world, &ts, "It sticks.").await;
    let arguments = json!({ "owner": "acme", "repo": "shop", "title": "The door sticks" });
    writer.calls("github__create_issue", arguments);
    writer.ends();
    let card = alice
        .reply_when(&ts, |message| {
            !message.is_growing() && message.all_text().contains('🔒')
        })
        .await;
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.writes("It is open.");
    writer.ends();
    let answer = alice
        .reply_when(&ts, |message| {
            !message.is_growing() && message.all_text().contains("tokens")
        })
        .await;
    assert!(answer.all_text().contains("It is open."), "{answer:#?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_last_words_were_not_heard_leaves_nobody_at_work() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    writer.writes("The first half, ");
    until_text(&world, &ts, "first half,").await;
    world.sim.fault(lost("chat.appendStream"));
    writer.writes("and-the-second.");
    writer.ends();
    alice.whole_answer_to(&ts).await;
    let text = texts(&alice.replies(&ts)).concat();
    assert_eq!(text, "The first half, and-the-second.");
    let active = |_: &slack_sim::Sim| {
        let session = world.sim.session("alice", "general", &ts).unwrap();
        (session.as_deref() == Some("active")).then_some(())
    };
    let session = world.sim.until(Duration::from_secs(20), active).await;
    session.expect("the session is active again");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continuation_that_slack_gives_in_no_way_doubles_nothing() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    alice.reply_when(&ts, Message::is_growing).await;
    world.sim.fault(refused("chat.startStream"));
    world.sim.fault(refused("chat.postMessage"));
    let long = "All work and no play makes a dull day, said the line.\n".repeat(300);
    writer.writes(&long);
    writer.ends();
    alice.whole_answer_to(&ts).await;
    assert_eq!(texts(&alice.replies(&ts)).concat(), long);
    world.stop().await;
}
