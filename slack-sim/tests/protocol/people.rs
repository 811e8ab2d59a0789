//! What `users.info` says of people, and how a test changes it.

use serde_json::{Value, json};

use crate::app::{call, start};

async fn user(sim: &slack_sim::Sim, args: Value) -> Value {
    let answer = call(sim, "users.info", args).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["user"].clone()
}

#[tokio::test]
async fn the_locale_comes_when_it_is_asked_for() {
    let sim = start().await;
    sim.set_locale("bob", "de-DE").unwrap();
    let bob = user(&sim, json!({"user": "U0BOB0001"})).await;
    assert_eq!(bob.get("locale"), None);
    let asked = json!({"user": "U0BOB0001", "include_locale": true});
    assert_eq!(user(&sim, asked).await["locale"], "de-DE");
    let all = call(&sim, "users.list", json!({"include_locale": "true"})).await;
    let locales = all["members"].as_array().unwrap().iter();
    let locales: Vec<_> = locales.map(|member| &member["locale"]).collect();
    assert_eq!(locales, ["en-US", "de-DE", "en-US"]);
}

#[tokio::test]
async fn time_zones_guests_and_strangers_can_be_set_over_http() {
    let sim = start().await;
    let body = json!({
        "user": "bob",
        "timezone": {"name": "Europe/Berlin", "label": "Central European Time", "offset": 3600},
        "guest": "single_channel",
        "stranger": true,
        "team": "T0OTHER01",
    });
    let response = reqwest::Client::new()
        .post(format!("{}/sim/people", sim.url()))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let bob = user(&sim, json!({"user": "U0BOB0001"})).await;
    assert_eq!(bob["tz"], "Europe/Berlin");
    assert_eq!(bob["tz_offset"], 3600);
    assert_eq!(bob["is_restricted"], true);
    assert_eq!(bob["is_ultra_restricted"], true);
    assert_eq!(bob["is_stranger"], true);
    assert_eq!(bob["team_id"], "T0OTHER01");
    let alice = user(&sim, json!({"user": "U0ALICE01"})).await;
    assert_eq!(alice["is_restricted"], false);
    assert_eq!(alice.get("is_stranger"), None);
}
