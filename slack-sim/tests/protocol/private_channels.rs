//! Private channels: who sees them, what events and scopes they have, what an app without an invitation hears.

use serde_json::{Value, json};

use crate::app::{call, connected, post, start};

#[tokio::test]
async fn only_its_members_see_a_private_channel() {
    let (sim, mut app) = connected().await;
    let id = sim.add_private_channel("board", &["alice"], true).unwrap();
    sim.say("alice", "board", "@patchbay between us")
        .await
        .unwrap();
    let mention = app.take().await["payload"]["event"].clone();
    assert_eq!(mention["type"], "app_mention");
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["channel_type"], "group");
    assert_eq!(event["channel"], id.as_str());
    let outside = sim.messages("bob", "board").unwrap_err().to_string();
    assert!(outside.starts_with("There is no channel"), "{outside}");
    let state = reqwest::get(format!("{}/sim/state?user=bob", sim.url())).await;
    let state: Value = state.unwrap().json().await.unwrap();
    assert!(!state.to_string().contains("board"), "{state}");

    let info = call(&sim, "conversations.info", json!({"channel": id})).await;
    assert_eq!(info["channel"]["is_private"], true);
    assert_eq!(info["channel"]["creator"], "U0ALICE01");
    let listed = call(
        &sim,
        "conversations.list",
        json!({"types": "private_channel"}),
    )
    .await;
    assert_eq!(listed["channels"][0]["name"], "board");
    let (_, command) = tokio::join!(sim.command("alice", "board", "/mcp", "list"), app.take());
    assert_eq!(command["payload"]["channel_name"], "privategroup");

    sim.invite("board", "bob").unwrap();
    let joined = app.take().await["payload"]["event"].clone();
    assert_eq!(
        (&joined["type"], &joined["channel_type"]),
        (&json!("member_joined_channel"), &json!("G"))
    );
    assert!(joined.get("inviter").is_none(), "{joined}");
    assert_eq!(sim.messages("bob", "board").unwrap().len(), 1);
    sim.kick("board", "bob").unwrap();
    app.take().await;
    sim.invite_by("bob", "board", "bob").unwrap_err();
    sim.invite_by("alice", "board", "bob").unwrap();
    let joined = app.take().await["payload"]["event"].clone();
    assert_eq!(joined["inviter"], "U0ALICE01", "{joined}");
}

#[tokio::test]
async fn an_app_without_an_invitation_finds_nothing_there() {
    let sim = start().await;
    let id = sim
        .add_private_channel("board", &["alice", "bob"], false)
        .unwrap();
    for (method, args) in [
        ("chat.postMessage", json!({"channel": id, "text": "x"})),
        ("conversations.info", json!({"channel": id})),
        ("conversations.history", json!({"channel": id})),
    ] {
        assert_eq!(
            call(&sim, method, args).await["error"],
            "channel_not_found",
            "{method}"
        );
    }
    sim.invite("board", "patchbay").unwrap();
    post(&sim, json!({"channel": id, "text": "thanks"})).await;
    sim.set_scopes(&["channels:history", "chat:write"]);
    let answer = call(&sim, "conversations.history", json!({"channel": id})).await;
    assert_eq!(answer["needed"], "groups:history");
}

#[tokio::test]
async fn an_app_hears_that_a_channel_is_gone() {
    let (sim, mut app) = connected().await;
    let board = sim
        .add_private_channel("board", &["alice", "bob"], true)
        .unwrap();
    sim.kick("board", "bob").unwrap();
    sim.kick("board", "patchbay").unwrap();
    sim.kick("general", "patchbay").unwrap();
    let wanted = [
        ("member_left_channel", board.as_str()),
        ("group_left", board.as_str()),
        ("channel_left", "C0GENERAL1"),
    ];
    for (kind, channel) in wanted {
        let event = app.take().await["payload"]["event"].clone();
        assert_eq!(
            (&event["type"], &event["channel"]),
            (&json!(kind), &json!(channel))
        );
    }
    let http = reqwest::Client::new();
    let url = format!("{}/sim/channels", sim.url());
    // A private channel that it has left is none of its business any more.
    for channel in ["board", "data"] {
        let response = http
            .delete(&url)
            .json(&json!({"channel": channel}))
            .send()
            .await;
        assert_eq!(response.unwrap().status(), 200);
    }
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(
        (&event["type"], &event["channel"]),
        (&json!("channel_deleted"), &json!("C0DATA001"))
    );
    let gone = call(&sim, "conversations.info", json!({"channel": "C0DATA001"})).await;
    assert_eq!(gone["error"], "channel_not_found");
}
