//! People change and take back what they wrote, and choose shortcuts.

use serde_json::json;
use slack_sim::Target;

use crate::app::{call, connected, post};

#[tokio::test]
async fn an_edit_is_told_with_what_was_there_before() {
    let (sim, mut app) = connected().await;
    let ts = sim.say("alice", "dm", "how many?").await.unwrap();
    app.take().await;
    sim.edit("alice", "dm", &ts, "how many, @bob?")
        .await
        .unwrap();
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "message");
    assert_eq!(event["subtype"], "message_changed");
    assert_eq!(event["channel_type"], "im");
    assert_eq!(event["message"]["ts"], ts.as_str());
    assert_eq!(event["message"]["user"], "U0ALICE01");
    assert_eq!(event["message"]["text"], "how many, <@U0BOB0001>?");
    assert_eq!(event["message"]["edited"]["user"], "U0ALICE01");
    assert_eq!(event["previous_message"]["text"], "how many?");
    let seen = &sim.messages("alice", "dm").unwrap()[0];
    assert_eq!(seen.text, "how many, <@U0BOB0001>?");
    assert!(seen.edited.is_some());
}

#[tokio::test]
async fn a_deletion_is_told_and_the_message_is_gone() {
    let (sim, mut app) = connected().await;
    let ts = sim.say("alice", "general", "oops").await.unwrap();
    app.take().await;
    sim.delete("alice", "general", &ts).await.unwrap();
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["subtype"], "message_deleted");
    assert_eq!(event["deleted_ts"], ts.as_str());
    assert_eq!(event["previous_message"]["text"], "oops");
    assert!(sim.messages("bob", "general").unwrap().is_empty());
}

#[tokio::test]
async fn nobody_changes_what_another_wrote() {
    let (sim, _app) = connected().await;
    let ts = sim.say("alice", "general", "mine").await.unwrap();
    let posted = post(&sim, json!({"channel": "general", "text": "the bot's"})).await;
    for ts in [&ts, &posted] {
        let refused = sim.edit("bob", "general", ts, "x").await.unwrap_err();
        assert!(refused.to_string().contains("wrote yourself"), "{refused}");
        let refused = sim.delete("bob", "general", ts).await.unwrap_err();
        assert!(refused.to_string().contains("wrote yourself"), "{refused}");
    }
    let refused = sim.edit("alice", "general", &ts, "  ").await.unwrap_err();
    assert!(refused.to_string().contains("delete it"), "{refused}");
    assert_eq!(sim.messages("bob", "general").unwrap().len(), 2);
}

#[tokio::test]
async fn a_deleted_first_message_leaves_a_mark_while_its_thread_has_replies() {
    let (sim, mut app) = connected().await;
    let root = sim.say("alice", "general", "who knows?").await.unwrap();
    app.take().await;
    let reply = sim.reply("bob", "general", &root, "me").await.unwrap();
    app.take().await;
    sim.delete("alice", "general", &root).await.unwrap();
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["subtype"], "message_changed");
    let message = &event["message"];
    assert_eq!(message["subtype"], "tombstone");
    assert_eq!(message["user"], "USLACKBOT");
    assert_eq!(message["text"], "This message was deleted.");
    assert_eq!(message["ts"], root.as_str());
    assert_eq!(message["hidden"], true);
    assert_eq!(event["previous_message"]["text"], "who knows?");
    // Its thread is still there, with a way in.
    let seen = sim.messages("bob", "general").unwrap();
    assert_eq!(seen[0].subtype.as_deref(), Some("tombstone"));
    assert_eq!(seen[0].reply_count, Some(1));
    let thread = sim.thread("bob", "general", &root).unwrap();
    assert_eq!(thread[1].text, "me");
    let told = json!({"channel": "general", "ts": root});
    let told = call(&sim, "conversations.replies", told).await;
    assert_eq!(told["messages"][0]["subtype"], "tombstone");
    // Nobody wrote the mark, so nobody can take it away; it goes with the last reply.
    sim.delete("alice", "general", &root).await.unwrap_err();
    sim.delete("bob", "general", &reply).await.unwrap();
    for ts in [&reply, &root] {
        let event = app.take().await["payload"]["event"].clone();
        assert_eq!(event["subtype"], "message_deleted");
        assert_eq!(event["deleted_ts"], ts.as_str());
    }
    assert!(sim.messages("bob", "general").unwrap().is_empty());
}

#[tokio::test]
async fn a_message_shortcut_brings_the_message() {
    let (sim, mut app) = connected().await;
    let ts = sim.say("alice", "general", "look at this").await.unwrap();
    app.take().await;
    let message = sim.messages("bob", "general").unwrap().remove(0);
    let (outcome, envelope) = tokio::join!(
        sim.shortcut("bob", "ask_about", Some((&message).into())),
        app.take()
    );
    assert!(outcome.ok, "{outcome:?}");
    assert_eq!(envelope["type"], "interactive");
    let payload = &envelope["payload"];
    assert_eq!(payload["type"], "message_action");
    assert_eq!(payload["callback_id"], "ask_about");
    assert_eq!(payload["user"]["id"], "U0BOB0001");
    assert_eq!(payload["channel"]["id"], "C0GENERAL1");
    assert_eq!(payload["message_ts"], ts.as_str());
    assert_eq!(payload["message"]["text"], "look at this");
    assert_eq!(payload["message"]["user"], "U0ALICE01");
    assert!(payload["trigger_id"].is_string());
    assert!(
        payload["response_url"]
            .as_str()
            .unwrap()
            .starts_with("http")
    );
}

#[tokio::test]
async fn a_global_shortcut_brings_a_trigger_and_no_place() {
    let (sim, mut app) = connected().await;
    let (outcome, envelope) =
        tokio::join!(sim.shortcut("alice", "connect_service", None), app.take());
    assert!(outcome.ok, "{outcome:?}");
    let payload = &envelope["payload"];
    assert_eq!(payload["type"], "shortcut");
    assert_eq!(payload["callback_id"], "connect_service");
    assert!(payload["trigger_id"].is_string());
    assert!(payload["channel"].is_null() && payload["response_url"].is_null());
}

#[tokio::test]
async fn only_declared_shortcuts_are_offered_and_only_in_their_place() {
    let (sim, mut app) = connected().await;
    let ts = sim.say("alice", "general", "hi").await.unwrap();
    app.take().await;
    let target = Target::Message {
        channel: "general".to_owned(),
        ts,
    };
    let misplaced = sim.shortcut("alice", "ask_about", None).await;
    assert!(misplaced.error.unwrap().contains("declares no shortcut"));
    let global = sim.shortcut("alice", "connect_service", Some(target));
    assert!(global.await.error.unwrap().contains("declares no shortcut"));
}
