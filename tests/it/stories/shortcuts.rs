//! Shortcuts: a question about somebody's message, and a service connected from anywhere.

use serde_json::json;
use slack_sim::{Message, Sim, Target};

use super::assert_screen;
use super::surfaces::form_saying;
use crate::world::{Person, World};

const ASK: &str = "ask_about";

fn on(person: Person<'_>, ts: &str) -> Option<Target> {
    Some(Target::Message {
        channel: person.channel.to_owned(),
        ts: ts.to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_a_message_is_answered_in_its_thread() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    let ts = bob.says("Do we keep *orders* anywhere? <here>").await;
    assert!(world.sim.shortcut("alice", ASK, on(alice, &ts)).await.ok);
    let form = alice.form_when(|view| view.callback_id() == "ask").await;
    assert!(form.all_text().contains("> Do we keep"), "{form:?}");
    assert_screen!("ask_about", form.blocks());

    let blank = alice.submits(&form, json!({ "question": "   " })).await;
    assert!(
        blank.errors["question"].contains("what you want to know"),
        "{blank:?}"
    );
    let outcome = alice
        .submits(&form, json!({ "question": "Which tables are there?" }))
        .await;
    assert!(outcome.closed && outcome.errors.is_empty(), "{outcome:?}");
    let answer = bob
        .reply_when(&ts, |message| message.all_text().contains("orders"))
        .await;
    assert_eq!(answer.thread_ts.as_deref(), Some(ts.as_str()));
    // Made with the tools of the one who asked, who is the one to read about it in their Home.
    let person = world.principal("alice");
    let asked = world.app.store.past_runs(&person, 5).await.unwrap();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].question.starts_with("Which tables are there?"));
    assert!(asked[0].question.contains("Do we keep"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_bot_is_not_it_says_so_before_anything_is_asked() {
    let world = World::start().await;
    world.sim.add_channel("quiet", false).unwrap();
    let alice = world.alice().in_channel("quiet");
    let ts = alice.says("just among us").await;
    assert!(world.sim.shortcut("alice", ASK, on(alice, &ts)).await.ok);
    let told = |sim: &Sim| {
        let messages = sim.messages("alice", "quiet").unwrap().into_iter();
        let mut private = messages.filter(|message: &Message| message.ephemeral);
        private.find(|message| message.all_text().contains("I am not in that conversation"))
    };
    let patience = std::time::Duration::from_secs(20);
    assert!(world.sim.until(patience, told).await.is_some());
    assert!(world.sim.top_view("alice").unwrap().is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_connected_from_anywhere() {
    let world = World::start().await;
    let alice = world.alice();
    let outcome = world.sim.shortcut("alice", "connect_service", None).await;
    assert!(outcome.ok, "{outcome:?}");
    let picker = form_saying(alice, "Choose a service to connect").await;
    assert!(alice.clicks_in(&picker, "🐘 PostgreSQL").await.ok);
    alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    world.stop().await;
}
