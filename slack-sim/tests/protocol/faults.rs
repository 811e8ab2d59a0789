//! Faults: what goes wrong, goes wrong as asked and no longer.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Fault, FaultKind, Sim};

use crate::app::{call, connected, start};

async fn raw_post(sim: &Sim, text: &str) -> reqwest::Result<reqwest::Response> {
    reqwest::Client::new()
        .post(format!("{}chat.postMessage", sim.api_url()))
        .bearer_auth("xoxb-sim")
        .json(&json!({"channel": "general", "text": text}))
        .send()
        .await
}

#[tokio::test]
async fn refusals_do_nothing_and_pass() {
    let sim = start().await;
    sim.fault(Fault::new("chat.postMessage", FaultKind::Http500));
    sim.fault(Fault::new("chat.postMessage", FaultKind::Html));
    sim.fault(Fault::new("chat.postMessage", FaultKind::RateLimited).retry_after(7));
    sim.fault(Fault::new("chat.postMessage", FaultKind::OkFalse).error("fatal_error"));
    assert_eq!(raw_post(&sim, "a").await.unwrap().status(), 500);
    let page = raw_post(&sim, "b").await.unwrap();
    assert!(page.text().await.unwrap().starts_with("<html>"));
    let limited = raw_post(&sim, "c").await.unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "7");
    let refused: Value = raw_post(&sim, "d").await.unwrap().json().await.unwrap();
    assert_eq!(refused["error"], "fatal_error");
    assert_eq!(raw_post(&sim, "e").await.unwrap().status(), 200);
    let seen = sim.messages("alice", "general").unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(sim.calls("chat.postMessage").len(), 5);
}

#[tokio::test]
async fn a_lost_reply_was_carried_out() {
    let sim = start().await;
    sim.fault(Fault::new("chat.postMessage", FaultKind::LostReply));
    let lost = match raw_post(&sim, "once").await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(lost, "an answer came");
    assert_eq!(sim.messages("alice", "general").unwrap().len(), 1);
}

#[tokio::test]
async fn slow_and_hanging_calls_follow_the_virtual_clock() {
    let sim = start().await;
    sim.fault(Fault::new("chat.postMessage", FaultKind::Slow).delay_ms(60_000));
    let (response, ()) = tokio::join!(raw_post(&sim, "late"), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(sim.messages("alice", "general").unwrap().is_empty());
        sim.advance(Duration::from_secs(60));
    });
    assert_eq!(response.unwrap().status(), 200);
    sim.fault(Fault::new("*", FaultKind::Timeout));
    let hung = tokio::time::timeout(Duration::from_millis(300), raw_post(&sim, "never"));
    hung.await.unwrap_err();
    assert_eq!(sim.messages("alice", "general").unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_acknowledgement_brings_the_event_again() {
    let (sim, mut app) = connected().await;
    sim.fault(Fault::new("ack", FaultKind::Timeout));
    sim.say("alice", "dm", "hello").await.unwrap();
    let first = app.take().await;
    let lost = sim.until(Duration::from_secs(5), |sim| {
        sim.log(0).into_iter().find(|entry| entry.what == "ack")
    });
    assert!(lost.await.is_some());
    sim.advance(Duration::from_secs(3));
    let again = app.take().await;
    assert_eq!(again["retry_attempt"], 1);
    assert_eq!(again["payload"]["event_id"], first["payload"]["event_id"]);
}

#[tokio::test]
async fn the_inspector_shows_both_directions_without_tokens() {
    let (sim, mut app) = connected().await;
    call(&sim, "auth.test", json!({"token": "xoxb-sim"})).await;
    sim.say("alice", "dm", "hello").await.unwrap();
    app.take().await;
    let log = sim.log(0);
    assert!(
        log.iter()
            .any(|entry| entry.what == "auth.test" && entry.direction == "from_app")
    );
    assert!(
        log.iter()
            .any(|entry| entry.what == "message" && entry.direction == "to_app")
    );
    assert!(!serde_json::to_string(&log).unwrap().contains("xoxb-sim"));
    let last = log.last().unwrap().n;
    assert!(sim.log(last).iter().all(|entry| entry.n > last));
}
