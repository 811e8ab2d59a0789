//! What a growing message looks like when the text takes a turn: a line that gets markup, a model that
//! breaks off, an outcome that comes while another is shown. Nothing freezes, and the last word counts.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Fault, FaultKind, Message, Sim};

use super::long::texts;
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::world::{Person, World};

/// In that time a growing message is looked after twice.
const TWO_LOOKS: Duration = Duration::from_millis(1_600);

/// Waits until the thread says this in a message that still grows.
async fn grows_to(alice: Person<'_>, ts: &str, words: &str) -> Message {
    let said = |message: &Message| message.is_growing() && message.all_text().contains(words);
    alice.reply_when(ts, said).await
}

/// Waits until nobody works in the thread any more.
async fn nobody_is_at_work(world: &World, ts: &str) {
    let session = || world.sim.session("alice", "general", ts).unwrap();
    let over = |_: &Sim| (session().as_deref() == Some("active")).then_some(());
    let over = world.sim.until(Duration::from_secs(20), over).await;
    over.unwrap_or_else(|| panic!("the session is {:?}", session()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_half_out_may_still_get_markup() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay what is there?").await;
    let mut written = String::new();
    for (words, shown) in [
        ("There are two ", "There are two"),
        ("**tables**, with `order_items` and ", "There are two"),
        ("more.\nThe first is ", "order_items"),
        ("[big](https://example.com).\nThat is ", "That is"),
    ] {
        writer.writes(words);
        written.push_str(words);
        grows_to(alice, &ts, shown).await;
        // What is held back is looked at and not shown: nothing tells when that was.
        tokio::time::sleep(TWO_LOOKS).await;
    }
    writer.writes("all.");
    writer.ends();
    alice.answer_to(&ts).await;
    let replies = alice.replies(&ts);
    assert_eq!(replies.len(), 1, "{replies:#?}");
    let text = texts(&replies).concat();
    assert!(
        text.starts_with("There are two **tables**, with `order_items` and more.\n"),
        "{text}"
    );
    assert!(text.ends_with("That is all."), "{text}");
    assert!(
        world.sim.calls("chat.update").is_empty(),
        "it grew to its end"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_slack_gives_no_stream_nobody_is_left_at_work() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let refused =
        Fault::new("chat.startStream", FaultKind::OkFalse).error("not_allowed_token_type");
    world.sim.fault(refused.times(1_000));
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let ts = alice.says("@patchbay which tables are there?").await;
    writer.writes("Let me look. ");
    writer.calls("sqlite__list_tables", json!({}));
    writer.ends();
    writer.answers("There are seven.");
    alice.whole_answer_to(&ts).await;
    nobody_is_at_work(&world, &ts).await;
    let text = texts(&alice.replies(&ts)).concat();
    let (above, below) = (text.find("Let me look."), text.find("There are seven."));
    assert!(above.is_some() && above < below, "{text}");
    world.stop().await;
}

/// A model that alice chose writes this and breaks off; the default one answers.
async fn another_answers(written: &str, streams: bool) -> (String, usize) {
    let (first, default) = (Writer::start().await, Writer::start().await);
    let provider = first.provider();
    let world = World::written_by(&default, |config| {
        config.models.providers.insert("first".to_owned(), provider);
    })
    .await;
    if !streams {
        let refused = Fault::new("chat.startStream", FaultKind::OkFalse).error("internal_error");
        world.sim.fault(refused.times(1_000));
    }
    let alice = world.alice();
    alice.asks_privately("/mcp model first/any").await;
    let ts = alice.says("@patchbay what is there?").await;
    first.writes(written);
    alice
        .reply_when(&ts, |message| message.all_text().contains("Drei Dinge"))
        .await;
    first.breaks_off();
    default.writes("Über");
    default.writes(" allem: 1.");
    default.ends();
    alice.whole_answer_to(&ts).await;
    nobody_is_at_work(&world, &ts).await;
    let replies = alice.replies(&ts);
    world.stop().await;
    (texts(&replies).concat(), replies.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_model_breaks_off_the_answer_of_another_stands_below() {
    for streams in [true, false] {
        let long = "Drei Dinge, für alle, die schöne Wörter mögen: ";
        let (text, messages) = another_answers(long, streams).await;
        assert_eq!(
            text,
            format!("{long}\n\nÜber allem: 1."),
            "streams: {streams}"
        );
        assert_eq!(messages, 1);
        let code = "Drei Dinge:\n\n```rust\nlet x = 1;\n";
        let (text, _) = another_answers(code, streams).await;
        assert_eq!(
            text,
            format!("{code}```\n\nÜber allem: 1."),
            "streams: {streams}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_comes_while_a_decision_is_being_asked_is_the_last_word() {
    let (writer, github) = (Writer::start().await, GitHub::start().await);
    github.has_repo("acme/shop", 1, "A shop");
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let ts = alice.says("@patchbay open an issue").await;
    alice.reply_when(&ts, Message::is_growing).await;
    let later = Fault::new("chat.stopStream", FaultKind::RateLimited).retry_after(3);
    world.sim.fault(later);
    let arguments = json!({ "owner": "acme", "repo": "shop", "title": "The door sticks" });
    writer.calls("github__create_issue", arguments);
    writer.ends();
    let asking = |sim: &Sim| (!sim.calls("chat.stopStream").is_empty()).then_some(());
    let asking = world.sim.until(Duration::from_secs(30), asking).await;
    asking.expect("the question is about to be asked");
    world.sim.stop_session("alice", "general", &ts).unwrap();
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    assert_eq!(stopped.buttons(), ["Retry"], "{stopped:#?}");
    nobody_is_at_work(&world, &ts).await;
    assert!(
        alice
            .replies(&ts)
            .iter()
            .all(|reply| !reply.buttons().contains(&"Approve".to_owned()))
    );
    world.stop().await;
}
