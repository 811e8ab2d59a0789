//! What people and the app see of each other's messages.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Click, Target};

use crate::app::{button, call, connected, post, start};

#[tokio::test]
async fn an_ephemeral_is_seen_by_its_person_alone() {
    let sim = start().await;
    let body = json!({"channel": "C0GENERAL1", "user": "U0ALICE01", "text": "psst"});
    let posted = call(&sim, "chat.postEphemeral", body).await;
    let ts = posted["message_ts"].as_str().unwrap();
    let seen = sim.messages("alice", "general").unwrap();
    assert_eq!(seen[0].text, "psst");
    assert!(seen[0].ephemeral);
    assert!(sim.messages("bob", "general").unwrap().is_empty());
    let history = call(&sim, "conversations.history", json!({"channel": "general"})).await;
    assert_eq!(history["messages"], json!([]));
    let change = json!({"channel": "general", "ts": ts, "text": "x"});
    let answer = call(&sim, "chat.update", change).await;
    assert_eq!(answer["error"], "message_not_found");
}

#[tokio::test]
async fn an_ephemeral_in_a_thread_without_replies_is_seen_by_nobody() {
    let sim = start().await;
    let root = post(&sim, json!({"channel": "general", "text": "one"})).await;
    let body =
        json!({"channel": "C0GENERAL1", "user": "U0ALICE01", "text": "psst", "thread_ts": root});
    let unseen = call(&sim, "chat.postEphemeral", body.clone()).await;
    assert!(unseen["message_ts"].is_string(), "{unseen}");
    assert_eq!(sim.thread("alice", "general", &root).unwrap().len(), 1);
    sim.reply("bob", "general", &root, "two").await.unwrap();
    call(&sim, "chat.postEphemeral", body).await;
    let seen = sim.thread("alice", "general", &root).unwrap();
    assert_eq!(seen.len(), 3, "{seen:#?}");
    assert!(seen[2].ephemeral);
}

#[tokio::test]
async fn the_app_hears_its_own_messages_and_their_changes() {
    let (sim, mut app) = connected().await;
    let ts = post(&sim, json!({"channel": "general", "text": "one"})).await;
    let change = json!({"channel": "general", "ts": ts, "text": "two"});
    call(&sim, "chat.update", change).await;
    call(&sim, "chat.delete", json!({"channel": "general", "ts": ts})).await;
    let echo = app.take().await["payload"]["event"].clone();
    assert_eq!(echo["bot_id"], "B0BOT0001");
    assert_eq!(echo["user"], "U0BOT0001");
    let changed = app.take().await["payload"]["event"].clone();
    assert_eq!(changed["subtype"], "message_changed");
    assert_eq!(changed["message"]["text"], "two");
    assert_eq!(changed["previous_message"]["text"], "one");
    let deleted = app.take().await["payload"]["event"].clone();
    assert_eq!(deleted["subtype"], "message_deleted");
    assert_eq!(deleted["deleted_ts"], ts.as_str());
}

#[tokio::test]
async fn a_command_shows_what_the_app_answers_to_that_person() {
    let (sim, mut app) = connected().await;
    let (outcome, envelope) = tokio::join!(
        sim.command("alice", "general", "/mcp", "ask @bob in #data"),
        app.answer(json!({"text": "listed"}))
    );
    let payload = &envelope["payload"];
    assert_eq!(payload["command"], "/mcp");
    assert_eq!(payload["text"], "ask <@U0BOB0001|bob> in <#C0DATA001|data>");
    assert_eq!(payload["user_name"], "alice");
    assert_eq!(payload["channel_id"], "C0GENERAL1");
    assert_eq!(payload["is_enterprise_install"], "false");
    assert!(outcome.ok);
    assert_eq!(outcome.all_text(), "listed");
    let seen = sim.messages("alice", "general").unwrap();
    assert!(seen[0].ephemeral && seen[0].is_from_bot());
    assert!(sim.messages("bob", "general").unwrap().is_empty());
}

#[tokio::test]
async fn a_command_may_answer_in_the_channel_or_not_at_all() {
    let (sim, mut app) = connected().await;
    let aloud = json!({"response_type": "in_channel", "text": "hear, hear"});
    let (outcome, _) = tokio::join!(
        sim.command("alice", "general", "/mcp", "say"),
        app.answer(aloud)
    );
    assert!(outcome.ok);
    assert_eq!(
        sim.messages("bob", "general").unwrap()[0].text,
        "hear, hear"
    );
    // The message that this became is heard by the app as well.
    app.take().await;
    let (outcome, _) = tokio::join!(sim.command("alice", "general", "/mcp", "x"), app.take());
    assert!(outcome.ok && outcome.response.is_none());
    let outcome = sim.command("alice", "general", "/other", "x").await;
    assert_eq!(
        outcome.error.as_deref(),
        Some("/other is not a valid command.")
    );
}

#[tokio::test]
async fn a_click_tells_the_app_where_and_what() {
    let (sim, mut app) = connected().await;
    let body = json!({
        "channel": "general", "text": "well?", "blocks": [button("approve", "Approve")],
    });
    post(&sim, body).await;
    app.take().await;
    let message = sim.messages("bob", "general").unwrap().remove(0);
    assert_eq!(message.buttons(), ["Approve"]);
    let (outcome, envelope) = tokio::join!(
        sim.click("bob", Click::label(&message, "Approve")),
        app.take()
    );
    assert!(outcome.ok);
    let payload = &envelope["payload"];
    assert_eq!(envelope["type"], "interactive");
    assert_eq!(envelope["accepts_response_payload"], false);
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["user"]["id"], "U0BOB0001");
    assert_eq!(payload["container"]["message_ts"], message.ts.as_str());
    assert_eq!(payload["message"]["ts"], message.ts.as_str());
    assert_eq!(payload["actions"][0]["action_id"], "approve");
    assert_eq!(payload["actions"][0]["block_id"], "row");
    assert_eq!(payload["actions"][0]["value"], "7");
    let nothing = sim.click("bob", Click::on(&message, "deny")).await;
    assert!(nothing.error.unwrap().contains("`deny`"));
}

#[tokio::test]
async fn a_click_without_an_acknowledgement_times_out() {
    let (sim, mut app) = connected().await;
    let body = json!({"channel": "general", "text": "?", "blocks": [button("go", "Go")]});
    let ts = post(&sim, body).await;
    app.take().await;
    let target = Target::Message {
        channel: "general".to_owned(),
        ts,
    };
    let (outcome, _) = tokio::join!(sim.click("alice", Click::on(target, "go")), async {
        app.next().await;
        sim.advance(Duration::from_secs(3));
    });
    assert_eq!(outcome.error.as_deref(), Some("operation_timeout"));
}

#[tokio::test]
async fn nobody_reads_another_persons_conversation_with_the_bot() {
    let sim = start().await;
    sim.say("alice", "dm", "my secret").await.unwrap();
    sim.messages("bob", "D0ALICE01").unwrap_err();
    assert!(sim.messages("bob", "dm").unwrap().is_empty());
    assert_eq!(sim.messages("alice", "dm").unwrap().len(), 1);
}

#[tokio::test]
async fn a_status_lasts_until_the_app_answers() {
    let sim = start().await;
    let root = sim.say("alice", "dm", "think").await.unwrap();
    let status = json!({"channel_id": "D0ALICE01", "thread_ts": root, "status": "is thinking…"});
    call(&sim, "assistant.threads.setStatus", status).await;
    let shown = sim.status("alice", "dm", &root).unwrap();
    assert_eq!(shown.as_deref(), Some("is thinking…"));
    post(
        &sim,
        json!({"channel": "D0ALICE01", "thread_ts": root, "text": "thought"}),
    )
    .await;
    assert_eq!(sim.status("alice", "dm", &root).unwrap(), None);
    assert_eq!(sim.thread("alice", "dm", &root).unwrap().len(), 2);
}

#[tokio::test]
async fn reactions_are_counted_and_told() {
    let (sim, mut app) = connected().await;
    let ts = sim.say("alice", "general", "nice").await.unwrap();
    app.take().await;
    let body = json!({"channel": "general", "timestamp": ts, "name": "eyes"});
    assert_eq!(call(&sim, "reactions.add", body.clone()).await["ok"], true);
    let again = call(&sim, "reactions.add", body).await;
    assert_eq!(again["error"], "already_reacted");
    sim.react("bob", "general", &ts, "eyes").await.unwrap();
    let seen = &sim.messages("alice", "general").unwrap()[0];
    assert_eq!(seen.reactions[0].users, ["U0BOT0001", "U0BOB0001"]);
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "reaction_added");
    assert_eq!(event["item"]["ts"], ts.as_str());
    sim.react("bob", "general", &ts, "eyes").await.unwrap();
    let seen = &sim.messages("alice", "general").unwrap()[0];
    assert_eq!(seen.reactions[0].users, ["U0BOT0001"]);
}
