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
    let card = alice.is_asked_to_decide(&ts).await;
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

/// How a long answer goes on whose second message Slack did not take for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Stopped,
    BrokenOff,
    Answered,
}

/// Until another message was asked for, in vain.
async fn refused_once_more(world: &World) {
    let refused = |sim: &slack_sim::Sim| {
        let calls = sim.calls("chat.postMessage").into_iter();
        calls
            .filter(|call| call.response["error"] == "internal_error")
            .count()
    };
    let before = refused(&world.sim);
    let again = |sim: &slack_sim::Sim| (refused(sim) > before).then_some(());
    let again = world.sim.until(Duration::from_secs(60), again).await;
    again.expect("a next message is asked for");
}

async fn after_a_while_without_messages(then: Then, said_on_the_way: bool) {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let ts = alice.says("@patchbay tell me everything").await;
    alice.reply_when(&ts, Message::is_growing).await;
    let mut written: String = (0..230)
        .map(|line| format!("All work and no play makes a dull day, said line {line}.\n"))
        .collect();
    for method in ["chat.startStream", "chat.postMessage"] {
        world.sim.fault(refused(method).times(1_000));
    }
    writer.writes(&written);
    if said_on_the_way {
        writer.calls("sqlite__list_tables", json!({}));
        writer.ends();
    }
    refused_once_more(&world).await;
    let read = texts(&alice.replies(&ts)).concat();
    assert!(read.len() > 10_000 && written.starts_with(&read), "{read}");
    if then == Then::Answered {
        // It takes them again while the model still writes.
        world.sim.clear_faults();
        until_text(&world, &ts, &written[read.len()..]).await;
        let last = "That is all there is to tell.";
        writer.answers(last);
        written.push_str(last);
        alice.whole_answer_to(&ts).await;
        // A reply is set off from the one before it.
        let words = |text: &str| Vec::from_iter(text.split_whitespace().map(str::to_owned));
        let all = texts(&alice.replies(&ts)).concat();
        assert_eq!(words(&all), words(&written));
    } else {
        let words = if then == Then::Stopped {
            world.sim.stop_session("alice", "general", &ts).unwrap();
            "Stopped."
        } else {
            writer.breaks_off();
            "Retry"
        };
        refused_once_more(&world).await;
        world.sim.clear_faults();
        let said = |message: &Message| {
            message.all_text().contains(words) || message.buttons().contains(&words.to_owned())
        };
        alice.reply_when(&ts, said).await;
        let text = texts(&alice.replies(&ts)).concat();
        assert!(
            text.starts_with(&read) && written.starts_with(&text),
            "{then:?}: {text}"
        );
        let last = alice.replies(&ts).pop().unwrap();
        assert!(said(&last), "the last message says it: {last:#?}");
    }
    world.stop().await;
}

macro_rules! nothing_read_is_lost {
    ($($story:ident: $then:ident, $said:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $story() {
            after_a_while_without_messages(Then::$then, $said).await;
        }
    )*};
}

nothing_read_is_lost! {
    a_stop_while_slack_takes_no_message_leaves_what_was_read: Stopped, false;
    a_failure_while_slack_takes_no_message_leaves_what_was_read: BrokenOff, false;
    an_answer_for_which_slack_took_no_message_is_whole: Answered, false;
    what_was_said_on_the_way_outlives_a_stop: Stopped, true;
    what_was_said_on_the_way_outlives_a_failure: BrokenOff, true;
    what_was_said_on_the_way_stands_above_the_answer: Answered, true;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_all_of_what_is_longer_than_a_message_where_slack_gives_no_stream() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    world.sim.fault(refused("chat.startStream").times(1_000));
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    let lines: String = (0..300)
        .map(|line| format!("All work and no play makes a dull day, said line {line}.\n"))
        .collect();
    for part in [&lines[..9_000], &lines[9_000..]] {
        writer.writes(part);
        until_text(&world, &ts, part.trim_end().lines().last().unwrap()).await;
    }
    world.sim.stop_session("alice", "general", &ts).unwrap();
    alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    assert_eq!(texts(&alice.replies(&ts)).concat(), lines);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_stopped_in_its_middle_is_closed() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay write it down").await;
    writer.writes("So:\n\n```rust\nlet door = open();\n");
    until_text(&world, &ts, "open();").await;
    writer.breaks_off();
    let failed = alice
        .reply_when(&ts, |message| message.buttons() == ["Retry"])
        .await;
    let text = texts(&[failed]).concat();
    assert_eq!(text, "So:\n\n```rust\nlet door = open();\n```\n");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continuation_whose_beginning_was_not_heard_is_written_on() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay tell me everything").await;
    alice.reply_when(&ts, Message::is_growing).await;
    world.sim.fault(lost("chat.startStream"));
    let long = "All work and no play makes a dull day, said the line.\n".repeat(300);
    writer.answers(&long);
    let replies = alice.whole_answer_to(&ts).await;
    assert_eq!(texts(&replies).concat(), long);
    assert_eq!(replies.len(), 2, "{replies:#?}");
    world.stop().await;
}
