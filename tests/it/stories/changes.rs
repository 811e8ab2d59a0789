//! Questions that their authors edit or delete: before an answer, while it is made, and after it.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Handmade, Message};

use super::{assert_screen, on_every_pairing};
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::world::{World, handmade};

const OUTDATED: &str = "The question was edited since";
const EDITED: &str = "I answer the new words below";

on_every_pairing!(
    an_answered_question_is_answered_anew_when_its_words_change,
    a_question_that_changes_while_it_waits_for_a_yes_changes_nothing,
);

async fn an_answered_question_is_answered_anew_when_its_words_change(world: World) {
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let ts = alice.says("@patchbay which tables are there?").await;
    let first = alice.answer_to(&ts).await;
    assert!(first.all_text().contains("orders"), "{first:?}");

    alice
        .edits(&ts, "@patchbay how many orders are there?")
        .await;
    let second = alice
        .reply_when(&ts, |message| message.ts != first.ts && is_over(message))
        .await;
    assert!(!second.all_text().contains(OUTDATED), "{second:?}");
    let marked = alice
        .reply_when(&ts, |message| message.all_text().contains(OUTDATED))
        .await;
    assert_eq!(marked.ts, first.ts);
    assert!(marked.all_text().contains("tokens"), "{marked:?}");
    assert_eq!(alice.replies(&ts).len(), 2);

    // The same delivery again, and an edit that Slack makes itself, as when it unfurls a link.
    let mut change = last_change(&world, &ts);
    again(&world, &change).await;
    change["event"]["event_ts"] = json!("9999999999.000001");
    let message = change["event"]["message"].as_object_mut().unwrap();
    message.remove("edited");
    message.insert("attachments".to_owned(), json!([{ "title": "A page" }]));
    again(&world, &change).await;
    // And what comes back to the same words in another edit.
    change["event"]["message"]["edited"] =
        json!({ "user": "U0ALICE01", "ts": "9999999999.000000" });
    change["event"]["previous_message"]["text"] = json!("<@U0BOT0001> something else?");
    again(&world, &change).await;
    assert_eq!(questions(&world).await, 2);
    assert_eq!(alice.replies(&ts).len(), 2);
    world.stop().await;
}

async fn a_question_that_changes_while_it_waits_for_a_yes_changes_nothing(world: World) {
    let github = GitHub::start().await;
    github.has_repo("acme/shop", 1, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let question = "@patchbay create an issue in acme/shop titled \"The door sticks\"";
    let ts = alice.says(question).await;
    let card = alice.is_asked_to_decide(&ts).await;

    alice.edits(&ts, &question.replace("door", "window")).await;
    let ended = alice
        .reply_when(&ts, |message| message.all_text().contains(EDITED))
        .await;
    assert_eq!(ended.ts, card.ts);
    assert!(ended.buttons().is_empty(), "{ended:?}");
    let new = alice.is_asked_to_decide(&ts).await;
    assert!(new.all_text().contains("The window sticks"), "{new:?}");
    let before = alice.private_messages().len();
    // What was asked before can no longer be said yes to.
    if alice.clicks(&card, "Approve").await.error.is_none() {
        let told = alice.private_message_after(before).await.all_text();
        assert!(told.contains("decided already"), "{told}");
    }
    let made = || {
        let requests = github.requests();
        let posts = requests
            .iter()
            .filter(|request| request.method == reqwest::Method::POST);
        posts.count()
    };
    assert_eq!(made(), 0);
    assert!(alice.clicks(&new, "Approve").await.ok);
    alice
        .reply_when(&ts, |message| message.ts == new.ts && is_over(message))
        .await;
    assert_eq!(made(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_ends_the_run_of_its_own_question_alone() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let (alice, bob) = (world.alice(), world.bob());
    let ts = alice.says("@patchbay tell me about dogs").await;
    writer.writes("Dogs are ");
    let old = alice
        .reply_when(&ts, |message| message.all_text().contains("Dogs are"))
        .await;
    bob.replies_in(&ts, "@patchbay and about birds?").await;
    let of_bob = alice
        .reply_when(&ts, |message| message.ts != old.ts && message.is_growing())
        .await;

    alice.edits(&ts, "@patchbay tell me about cats").await;
    let ended = alice
        .reply_when(&ts, |message| message.all_text().contains(EDITED))
        .await;
    assert_eq!(ended.ts, old.ts);
    assert!(ended.all_text().contains("Dogs are"), "{ended:?}");
    assert_screen!("superseded", ended.blocks);
    for words in ["One of both. ", "The other."] {
        writer.writes(words);
        writer.ends();
    }
    let answered = |message: &Message| message.all_text().contains("tokens");
    let of_bob = alice
        .reply_when(&ts, |message| message.ts == of_bob.ts && answered(message))
        .await;
    let new = alice
        .reply_when(&ts, |message| {
            ![&old.ts, &of_bob.ts].contains(&&message.ts) && answered(message)
        })
        .await;
    assert_eq!(alice.replies(&ts).len(), 3, "{new:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_question_is_not_worked_on_any_more() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let root = alice.says("About animals.").await;
    let ts = alice.replies_in(&root, "@patchbay what do dogs eat?").await;
    writer.writes("Dogs eat ");
    alice
        .reply_when(&root, |message| message.all_text().contains("Dogs eat"))
        .await;
    alice.deletes(&ts).await;
    let told = alice
        .reply_when(&root, |message| {
            message.all_text().contains("The question was deleted")
        })
        .await;
    assert!(told.buttons().is_empty(), "{told:?}");
    assert_eq!(alice.replies(&root).len(), 1);
    let session = || world.sim.session("alice", "general", &root).unwrap();
    let over = |_: &slack_sim::Sim| (session().as_deref() == Some("active")).then_some(());
    let over = world.sim.until(Duration::from_secs(20), over);
    over.await.expect("the agent is not at work any more");

    // A question at the head of its thread leaves something behind when it is deleted.
    let ts = alice.says("@patchbay what do birds eat?").await;
    writer.writes("Birds eat ");
    alice
        .reply_when(&ts, |message| message.all_text().contains("Birds eat"))
        .await;
    let mut gone = event(&world, &ts, "@patchbay what do birds eat?", "");
    gone["event"]["message"] = json!({
        "type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": true,
        "text": "This message was deleted.", "ts": ts, "thread_ts": ts,
    });
    again(&world, &gone).await;
    alice
        .reply_when(&ts, |message| {
            message.all_text().contains("The question was deleted")
        })
        .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_its_question() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let root = alice.says("About the shop.").await;
    let ts = alice
        .replies_in(&root, "@patchbay which tables are there?")
        .await;
    let answer = alice.answer_to(&root).await;
    alice.deletes(&ts).await;
    // Its words are forgotten.
    let forgotten = async {
        let person = world.principal("alice");
        loop {
            let past = world.app.store.past_runs(&person, 5).await.unwrap();
            if past[0].question.is_empty() {
                return past.len();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let past = tokio::time::timeout(Duration::from_secs(20), forgotten).await;
    assert_eq!(past.expect("the question is forgotten"), 1);
    assert_eq!(alice.replies(&root)[0].all_text(), answer.all_text());
    assert_eq!(alice.replies(&root).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_loses_its_mention_or_its_words_is_taken_back() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    for after in ["tell me about dogs", "@patchbay"] {
        let ts = alice.says("@patchbay tell me about dogs").await;
        writer.writes("Dogs are ");
        alice
            .reply_when(&ts, |message| message.all_text().contains("Dogs are"))
            .await;
        alice.edits(&ts, after).await;
        let told = alice
            .reply_when(&ts, |message| message.all_text().contains("so I stopped."))
            .await;
        assert!(!told.all_text().contains("below"), "{told:?}");
        assert_eq!(alice.replies(&ts).len(), 1);
    }
    assert_eq!(questions(&world).await, 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_that_was_forgotten_may_be_added() {
    let world = World::start().await;
    let alice = world.alice();
    let ts = alice.says("which services are there?").await;
    alice
        .edits(&ts, "@patchbay which services are there?")
        .await;
    alice.answer_to(&ts).await;
    alice
        .edits(&ts, "@patchbay which services are there???")
        .await;
    alice
        .reply_when(&ts, |message| message.all_text().contains(OUTDATED))
        .await;
    assert_eq!(questions(&world).await, 2);
    assert_eq!(alice.replies(&ts).len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_count_in_the_order_in_which_they_were_made() {
    let world = World::start().await;
    let alice = world.alice();
    // The simulator tells nobody of this one: everything below is told by hand, in the wrong order.
    let ts = alice.says("nothing for the bot").await;
    let said = |before: &str, after: &str, at: u32| {
        let mut event = event(&world, &ts, before, after);
        event["event"]["event_ts"] = json!(format!("{}.{at:06}", seconds(&ts)));
        event
    };
    let (first, second, third) = (
        "<@U0BOT0001> which services are there?",
        "<@U0BOT0001> what can you do?",
        "<@U0BOT0001> which connections do I have?",
    );
    again(&world, &said(second, third, 999_999)).await;
    let answer = alice.answer_to(&ts).await;
    again(&world, &said(first, second, 999_998)).await;
    let original = json!({
        "team_id": "T0SIM0001", "type": "event_callback",
        "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        "event": { "type": "app_mention", "user": "U0ALICE01", "channel": answer.channel,
                   "ts": ts, "text": first },
    });
    again(&world, &original).await;
    assert_eq!(questions(&world).await, 1);
    let replies = alice.replies(&ts);
    assert_eq!(replies.len(), 1, "{replies:#?}");
    assert_eq!(replies[0].all_text(), answer.all_text());
    // Older than a day, an answered question stays answered.
    let mut late = said(third, second, 0);
    late["event"]["event_ts"] = json!(format!("{}.000000", seconds(&ts) + 25 * 60 * 60));
    again(&world, &late).await;
    assert_eq!(questions(&world).await, 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_may_make_a_command_of_a_question_and_back() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay lsit").await;
    writer.writes("I do not know ");
    alice
        .reply_when(&ts, |message| message.all_text().contains("I do not know"))
        .await;
    alice.edits(&ts, "@patchbay list").await;
    let told = alice.private_message_after(0).await.all_text();
    assert!(told.contains("/mcp connect"), "{told}");
    alice
        .reply_when(&ts, |message| message.all_text().contains("so I stopped."))
        .await;
    // The spaces between its words are nothing to do it again for.
    alice.edits(&ts, "@patchbay  list").await;
    alice.edits(&ts, "@patchbay list everything there is").await;
    writer.writes("There is much.");
    writer.ends();
    let answer = alice
        .reply_when(&ts, |message| message.all_text().contains("tokens"))
        .await;
    assert!(answer.all_text().contains("There is much."), "{answer:?}");
    assert_eq!(questions(&world).await, 2);
    assert_eq!(alice.private_messages().len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_mention_is_needed_an_edit_needs_none() {
    let world = World::start().await;
    let alice = world.alice();
    alice.asks_privately("/mcp channel all").await;
    let ts = alice.says("which services are there?").await;
    let first = alice.answer_to(&ts).await;
    let anew = |message: &Message| message.ts != first.ts && is_over(message);
    alice.edits(&ts, "what can you do?").await;
    alice.reply_when(&ts, anew).await;
    // A mention that comes or goes changes no words.
    alice.edits(&ts, "@patchbay what can you do?").await;
    alice.edits(&ts, "what can you do?").await;
    assert_eq!(questions(&world).await, 2);
    // What was never taken as a question becomes none by an edit.
    let ts = alice.says("@bob which services are there?").await;
    alice.edits(&ts, "@bob what can you do?").await;
    assert_eq!(questions(&world).await, 2);
    world.stop().await;
}

/// Whether a message neither asks nor says that it is at work.
fn is_over(message: &Message) -> bool {
    !message.is_growing() && !message.all_text().contains(['🔒', '⏳'])
}

/// The last change of this message that Slack told of.
fn last_change(world: &World, ts: &str) -> Value {
    let payloads = world.sim.log(0).into_iter().map(|entry| entry.body);
    let payloads = payloads.map(|body| body.get("payload").unwrap_or(&body).clone());
    let mut changes = payloads.filter(|payload| {
        let event = &payload["event"];
        event["subtype"] == "message_changed" && event["message"]["ts"] == json!(ts)
    });
    changes
        .next_back()
        .expect("the change is in the protocol log")
}

/// A change of Alice's message, made by hand.
fn event(world: &World, ts: &str, before: &str, after: &str) -> Value {
    let channel = world.sim.messages("alice", "general").unwrap()[0]
        .channel
        .clone();
    let words = |text: &str| {
        let text = text.replace("@patchbay ", "<@U0BOT0001> ");
        json!({
            "type": "message", "user": "U0ALICE01", "ts": ts, "text": text,
            "edited": { "user": "U0ALICE01", "ts": format!("{}.000000", seconds(ts)) },
        })
    };
    json!({
        "team_id": "T0SIM0001", "type": "event_callback",
        "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        "event": {
            "type": "message", "subtype": "message_changed", "hidden": true,
            "channel": channel, "channel_type": "channel",
            "ts": "9999999999.000000", "event_ts": "9999999999.000000",
            "message": words(after), "previous_message": words(before),
        },
    })
}

fn seconds(ts: &str) -> u64 {
    ts.split('.').next().unwrap().parse().unwrap()
}

/// Delivers this twice, at once.
async fn again(world: &World, payload: &Value) {
    let delivery = Handmade {
        times: Some(2),
        concurrent: true,
        ..handmade("events_api", payload.clone())
    };
    let acks = world.sim.deliver(delivery).await;
    assert!(acks.iter().all(|ack| ack.acked), "{acks:?}");
}

/// How many questions of Alice's there are, once everything that was delivered is acknowledged, and
/// so stored.
async fn questions(world: &World) -> usize {
    let acked = |sim: &slack_sim::Sim| {
        let log = sim.log(0);
        let mut events = log.iter().filter(|entry| {
            let body = entry.body.get("payload").unwrap_or(&entry.body);
            entry.direction == "to_app" && body.get("event").is_some()
        });
        events.all(|entry| entry.ack_ms.is_some()).then_some(())
    };
    let acked = world.sim.until(Duration::from_secs(20), acked).await;
    acked.expect("all of it is acknowledged");
    let alice = world.principal("alice");
    world.app.store.past_runs(&alice, 50).await.unwrap().len()
}
