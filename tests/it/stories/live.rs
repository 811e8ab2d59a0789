//! Answers that grow while the model writes: begun at once, continued in time, whole in the end.

use std::time::Duration;

use patchbay::config::Config;
use serde_json::json;
use slack_sim::{Fault, FaultKind, Message};

use super::assert_screen;
use crate::fakes::writer::Writer;
use crate::world::{Person, World};

/// Time in these stories is moved by hand, and no lease may run out on the way.
fn long_leases(config: &mut Config) {
    config.runs.lease = Duration::from_secs(2 * 60 * 60);
}

/// What stands in the thread, message by message, receipts and tasks left out.
fn text_in(alice: &Person<'_>, ts: &str) -> String {
    let replies = alice.replies(ts);
    replies.iter().map(markdown_of).collect()
}

fn markdown_of(message: &Message) -> String {
    let blocks = message
        .blocks
        .iter()
        .filter(|block| block["type"] == "markdown");
    blocks
        .map(|block| block["text"].as_str().unwrap_or_default())
        .collect()
}

/// Asks, and waits until people read the beginning of an answer that has no end yet.
pub async fn begins_a_tale(asker: Person<'_>, writer: &Writer) -> String {
    let ts = asker.says("@patchbay tell me everything").await;
    writer.writes("Once upon a time there was a king. ");
    asker
        .reply_when(&ts, |message| message.all_text().contains("a king."))
        .await;
    ts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_grows_while_the_model_writes() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    let first = alice.reply_when(&ts, Message::is_growing).await;
    assert!(first.all_text().contains("Thinking"), "{first:?}");
    let session = |world: &World| world.sim.session("alice", "general", &ts).unwrap();
    assert_eq!(session(&world).as_deref(), Some("processing"));

    writer.writes("The first half, ");
    alice
        .reply_when(&ts, |message| {
            message.is_growing() && message.all_text().contains("The first half,")
        })
        .await;
    writer.writes("and the second.");
    writer.ends();
    let answer = alice.answer_to(&ts).await;
    assert_eq!(markdown_of(&answer), "The first half, and the second.");
    assert_eq!(session(&world).as_deref(), Some("active"));
    assert_screen!("answer_grown", answer.blocks);
    assert_eq!(alice.replies(&ts).len(), 1);
    assert!(world.sim.calls("chat.update").is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_shown_while_they_run() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let ts = alice.says("@patchbay which tables are there?").await;
    writer.writes("Let me look. ");
    writer.calls("sqlite__list_tables", json!({}));
    writer.ends();
    let looked = alice
        .reply_when(&ts, |message| {
            message.is_growing() && message.all_text().contains("list_tables")
        })
        .await;
    assert!(looked.all_text().contains("Let me look."), "{looked:?}");
    writer.writes("There are seven.");
    writer.ends();
    let answer = alice.answer_to(&ts).await;
    assert_screen!("answer_with_tools", answer.blocks);
    world.stop().await;
}

/// Twenty minutes of writing, in which Slack ends no stream early, says "later" twice, and once does
/// what it is asked without answering; what was written.
async fn twenty_minutes(world: &World, writer: &Writer, ts: &str) -> String {
    let alice = world.alice();
    let mut written = String::new();
    for minute in 1..=20 {
        match minute {
            7 => world.sim.fault(later("chat.appendStream")),
            11 => world
                .sim
                .fault(Fault::new("chat.appendStream", FaultKind::LostReply)),
            // For the next message that the answer goes on in, whenever that begins.
            14 => world.sim.fault(later("chat.startStream")),
            _ => {}
        }
        let line = format!("Minute {minute} of the story.\n");
        writer.writes(&line);
        written.push_str(&line);
        let arrived = |_: &slack_sim::Sim| text_in(&alice, ts).ends_with(&line).then_some(());
        world
            .sim
            .until(Duration::from_secs(30), arrived)
            .await
            .unwrap_or_else(|| panic!("minute {minute}: {:?}", text_in(&alice, ts)));
        world.sim.advance(Duration::from_secs(60));
        world.app.clock.advance(Duration::from_secs(60));
    }
    let begun = world.sim.calls("chat.startStream");
    let refused = begun
        .iter()
        .filter(|call| call.response["error"] == "ratelimited");
    assert_eq!(refused.count(), 1, "{begun:#?}");
    written
}

fn later(method: &str) -> Fault {
    let fault = Fault::new(method, FaultKind::RateLimited);
    fault.times(1).retry_after(1)
}

/// A stream lives five minutes, so the answer is in several messages; none of them was left broken.
fn rolled_over(replies: &[Message]) {
    assert!(replies.len() >= 5, "{}", replies.len());
    for message in replies {
        let state = message.streaming.as_deref();
        assert!(
            !matches!(state, Some("expired" | "in_progress")),
            "{message:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_minutes_of_writing_arrive_whole_and_in_order() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, long_leases).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    let written = twenty_minutes(&world, &writer, &ts).await;
    writer.ends();
    let replies = alice.whole_answer_to(&ts).await;
    assert_eq!(text_in(&alice, &ts), written);
    rolled_over(&replies);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_minutes_of_writing_stand_whole_up_to_a_stop_and_say_so() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, long_leases).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    let mut written = twenty_minutes(&world, &writer, &ts).await;
    let arrived = written.len();
    // While the model is in the middle of a word.
    let unfinished = "And then the ki";
    writer.writes(unfinished);
    written.push_str(unfinished);
    world.sim.stop_session("alice", "general", &ts).unwrap();
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    writer.writes("ng lived on.");
    writer.ends();
    let active = |_: &slack_sim::Sim| {
        let session = world.sim.session("alice", "general", &ts).unwrap();
        (session.as_deref() == Some("active")).then_some(())
    };
    let session = world.sim.until(Duration::from_secs(20), active).await;
    session.expect("the session is active again");

    let replies = alice.replies(&ts);
    rolled_over(&replies);
    assert_eq!(
        replies.last().unwrap().ts,
        stopped.ts,
        "the last message says it"
    );
    assert_eq!(stopped.buttons(), ["Retry"]);
    let text = text_in(&alice, &ts);
    assert!(
        text.len() >= arrived && written.starts_with(&text),
        "{text:?}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_slack_ended_early_is_set_right_and_goes_on() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, long_leases).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    writer.writes("Before. ");
    alice
        .reply_when(&ts, |message| message.all_text().contains("Before."))
        .await;
    // Only the workspace's clock: to the bot the stream is young.
    world.sim.advance(Duration::from_secs(301));
    writer.writes("After.");
    writer.ends();
    let replies = alice.whole_answer_to(&ts).await;
    assert_eq!(text_in(&alice, &ts), "Before. After.");
    assert!(
        replies
            .iter()
            .all(|message| message.streaming.as_deref() != Some("expired"))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_longer_than_a_message_goes_on_in_the_next() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    let line = "All work and no play makes a dull day, said the line.\n";
    let long = line.repeat(400);
    writer.writes(&long);
    writer.ends();
    let replies = alice.whole_answer_to(&ts).await;
    assert_eq!(text_in(&alice, &ts), long);
    assert_eq!(replies.len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_slack_gives_no_stream_the_message_is_brought_up_to_date() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    world
        .sim
        .fault(Fault::new("chat.startStream", FaultKind::OkFalse).error("not_allowed_token_type"));
    let alice = world.alice();
    let ts = alice.says("@patchbay hello").await;
    writer.writes("The first half, ");
    let partial = alice
        .reply_when(&ts, |message| {
            message.all_text().contains("The first half,")
        })
        .await;
    assert!(partial.all_text().starts_with('⏳'), "{partial:?}");
    writer.writes("and the second.");
    writer.ends();
    let answer = alice.answer_to(&ts).await;
    assert_eq!(markdown_of(&answer), "The first half, and the second.");
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_what_was_written_where_slack_gives_no_stream() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    world
        .sim
        .fault(Fault::new("chat.startStream", FaultKind::OkFalse).error("not_allowed_token_type"));
    let alice = world.alice();
    let ts = begins_a_tale(alice, &writer).await;
    world.sim.stop_session("alice", "general", &ts).unwrap();
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    assert!(markdown_of(&stopped).contains("a king."), "{stopped:?}");
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_stops_and_says_so_and_the_asker_may_retry() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let (alice, bob) = (world.alice(), world.bob());
    let ts = alice.says("@patchbay tell me everything").await;
    writer.writes("Once upon a time ");
    alice
        .reply_when(&ts, |message| message.all_text().contains("Once upon a"))
        .await;
    world.sim.stop_session("bob", "general", &ts).unwrap();
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped by"))
        .await;
    assert!(markdown_of(&stopped).contains("Once upon a"), "{stopped:?}");
    assert_screen!("stopped_by_another", stopped.blocks);
    let session = || world.sim.session("alice", "general", &ts).unwrap();
    let ended = |_: &slack_sim::Sim| (session().as_deref() == Some("active")).then_some(());
    world
        .sim
        .until(Duration::from_secs(10), ended)
        .await
        .expect("the session is active again");
    let home = super::home::opens_home(&world, "alice").await.all_text();
    assert!(
        home.contains("stopped, ") && !home.contains("interrupted"),
        "{home}"
    );
    assert!(bob.clicks(&stopped, "Retry").await.ok);
    let told = bob.private_message_after(0).await.all_text();
    assert!(told.contains("not yours"), "{told}");
    writer.writes("A king there was.");
    writer.ends();
    assert!(alice.clicks(&stopped, "Retry").await.ok);
    let answer = alice
        .reply_when(&ts, |message| {
            message.all_text().contains("A king there was.")
        })
        .await;
    assert!(!answer.all_text().contains("Stopped"), "{answer:?}");
    assert_eq!(alice.replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_a_run_that_waits_for_a_yes() {
    let writer = Writer::start().await;
    let github = crate::fakes::github::GitHub::start().await;
    github.has_repo("acme/shop", 1, "A shop");
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let fields = json!({ "token": crate::fakes::github::TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let ts = alice.says("@patchbay open an issue").await;
    let arguments = json!({ "owner": "acme", "repo": "shop", "title": "The door sticks" });
    writer.calls("github__create_issue", arguments);
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    let session = world.sim.session("alice", "general", &ts).unwrap();
    assert_eq!(session.as_deref(), Some("suspended"));
    // Slack offers no Stop while the agent waits; the event may still come from another client.
    let event = json!({
        "team_id": "T0SIM0001", "type": "event_callback", "event_id": "EvStop",
        "event": { "type": "agent_session_stopped", "channel": card.channel, "thread_ts": ts,
                   "user": "U0ALICE01", "streaming_message_ts": [], "event_ts": "1.2" },
    });
    world
        .sim
        .deliver(crate::world::handmade("events_api", event))
        .await;
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    assert_eq!(stopped.buttons(), ["Retry"]);
    let before = alice.private_messages().len();
    assert!(
        alice.clicks(&card, "Approve").await.error.is_some() || {
            let told = alice.private_message_after(before).await.all_text();
            told.contains("decided already")
        }
    );
    let made = github.requests();
    let made = made
        .iter()
        .filter(|request| request.method == reqwest::Method::POST);
    assert_eq!(made.count(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continuation_whose_beginning_was_not_heard_spoils_nothing() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    alice.reply_when(&ts, Message::is_growing).await;
    world
        .sim
        .fault(Fault::new("chat.startStream", FaultKind::LostReply));
    let long = "All work and no play makes a dull day, said the line.\n".repeat(300);
    writer.writes(&long);
    writer.ends();
    alice
        .reply_when(&ts, |message| {
            !message.is_growing() && message.all_text().contains("tokens")
        })
        .await;
    assert_eq!(text_in(&alice, &ts), long);
    world.stop().await;
}
