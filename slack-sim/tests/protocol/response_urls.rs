//! Response addresses: five uses, thirty minutes, replacing and deleting.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Click, Sim};

use crate::app::{App, button, connected, post};

async fn respond(url: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(url).json(&body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// A response address from a command that alice types.
async fn from_command(sim: &Sim, app: &mut App) -> String {
    let (_, envelope) = tokio::join!(
        sim.command("alice", "general", "/mcp", "list"),
        app.answer(json!({"text": "working…"}))
    );
    let url = &envelope["payload"]["response_url"];
    url.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn it_serves_five_times() {
    let (sim, mut app) = connected().await;
    let url = from_command(&sim, &mut app).await;
    for number in 0..5 {
        let (status, _) = respond(&url, json!({"text": format!("part {number}")})).await;
        assert_eq!(status, 200);
    }
    let (status, body) = respond(&url, json!({"text": "one more"})).await;
    assert_eq!((status, &body["error"]), (404, &json!("used_url")));
    assert_eq!(sim.messages("alice", "general").unwrap().len(), 6);
    assert!(sim.messages("bob", "general").unwrap().is_empty());
}

#[tokio::test]
async fn it_expires_after_half_an_hour() {
    let (sim, mut app) = connected().await;
    let url = from_command(&sim, &mut app).await;
    sim.advance(Duration::from_secs(30 * 60 + 1));
    let (_, body) = respond(&url, json!({"text": "late"})).await;
    assert_eq!(body["error"], "expired_url");
}

#[tokio::test]
async fn it_replaces_and_deletes_what_a_person_saw() {
    let (sim, mut app) = connected().await;
    let url = from_command(&sim, &mut app).await;
    respond(&url, json!({"text": "done", "replace_original": true})).await;
    let seen = sim.messages("alice", "general").unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].text, "done");
    respond(&url, json!({"delete_original": true})).await;
    assert!(sim.messages("alice", "general").unwrap().is_empty());
    respond(
        &url,
        json!({"text": "aloud", "response_type": "in_channel"}),
    )
    .await;
    assert_eq!(sim.messages("bob", "general").unwrap()[0].text, "aloud");
}

#[tokio::test]
async fn a_click_replaces_the_message_it_was_made_in() {
    let (sim, mut app) = connected().await;
    let body = json!({"channel": "general", "text": "?", "blocks": [button("go", "Go")]});
    post(&sim, body).await;
    app.take().await;
    let message = sim.messages("alice", "general").unwrap().remove(0);
    let (_, envelope) = tokio::join!(sim.click("alice", Click::on(&message, "go")), app.take());
    let url = envelope["payload"]["response_url"].as_str().unwrap();
    respond(url, json!({"text": "gone", "replace_original": true})).await;
    let seen = sim.messages("bob", "general").unwrap();
    assert_eq!((seen[0].text.as_str(), seen[0].blocks.len()), ("gone", 0));
    assert!(seen[0].edited.is_some());
}
