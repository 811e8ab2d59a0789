//! What tokens allow: scopes of methods and of events, and the tiers that say how often.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::Sim;

use crate::app::{App, call, connected, post, start};

/// A call with its HTTP status and headers.
async fn raw(sim: &Sim, method: &str, body: Value) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}{method}", sim.api_url()));
    request
        .bearer_auth("xoxb-sim")
        .json(&body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let sim = start().await;
    sim.set_scopes(&["channels:history", "users:read"]);
    let response = raw(
        &sim,
        "chat.postMessage",
        json!({"channel": "general", "text": "x"}),
    )
    .await;
    assert_eq!(
        response.headers()["x-oauth-scopes"],
        "channels:history,users:read"
    );
    assert_eq!(response.headers()["x-accepted-oauth-scopes"], "chat:write");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(
        answer,
        json!({
            "ok": false,
            "error": "missing_scope",
            "needed": "chat:write",
            "provided": "channels:history,users:read",
        })
    );
    let fine = raw(&sim, "users.info", json!({"user": "U0BOB0001"})).await;
    assert_eq!(fine.headers()["x-accepted-oauth-scopes"], "users:read");
    let free = raw(&sim, "auth.test", json!({})).await;
    assert!(!free.headers().contains_key("x-accepted-oauth-scopes"));
}

#[tokio::test]
async fn conversations_need_the_scope_of_their_kind() {
    let sim = start().await;
    sim.set_scopes(&["channels:history", "im:read", "mpim:write"]);
    let cases = [
        (
            "conversations.history",
            json!({"channel": "C0GENERAL1"}),
            None,
        ),
        (
            "conversations.history",
            json!({"channel": "D0ALICE01"}),
            Some("im:history"),
        ),
        ("conversations.info", json!({"channel": "D0ALICE01"}), None),
        (
            "conversations.info",
            json!({"channel": "C0GENERAL1"}),
            Some("channels:read"),
        ),
        ("conversations.list", json!({"types": "im"}), None),
        ("conversations.list", json!({}), Some("channels:read")),
        (
            "conversations.open",
            json!({"users": "U0ALICE01"}),
            Some("im:write"),
        ),
    ];
    for (method, args, lacks) in cases {
        let answer = call(&sim, method, args).await;
        match lacks {
            None => assert_eq!(answer["ok"], true, "{method}: {answer}"),
            Some(scope) => assert_eq!(answer["needed"], scope, "{method}: {answer}"),
        }
    }
}

#[tokio::test]
async fn events_need_scopes_too() {
    let (sim, mut app) = connected().await;
    sim.set_scopes(&["im:history"]);
    sim.say("alice", "general", "@patchbay hello")
        .await
        .unwrap();
    sim.say("alice", "dm", "psst").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["text"], "psst");
}

#[tokio::test]
async fn tiers_hold_when_they_are_on() {
    let sim = start().await;
    let list = || raw(&sim, "users.list", json!({}));
    for _ in 0..30 {
        assert_eq!(list().await.status(), 200);
    }
    sim.set_tiers(true);
    for _ in 0..10 {
        assert_eq!(list().await.status(), 200);
    }
    let limited = list().await;
    assert_eq!(limited.status(), 429);
    // Twenty a minute are one in three seconds.
    let wait: u64 = limited.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
    let other = raw(&sim, "users.info", json!({"user": "U0BOB0001"})).await;
    assert_eq!(other.status(), 200, "each method counts for itself");
    sim.advance(Duration::from_secs(wait));
    assert_eq!(list().await.status(), 200);
}

#[tokio::test]
async fn blocks_can_be_checked_without_being_shown() {
    let sim = start().await;
    let validate = async |args: Value| call(&sim, "blocks.validate", args).await;
    let fine = json!([{"type": "divider"}]);
    assert_eq!(
        validate(json!({"blocks": fine.to_string()})).await,
        json!({"ok": true})
    );
    assert_eq!(
        validate(json!({"message": {"blocks": fine}})).await,
        json!({"ok": true})
    );

    let wrong = json!([{"type": "section"}, {"type": "nonsense"}]);
    let answer = validate(json!({"blocks": wrong})).await;
    assert_eq!(
        answer,
        json!({"ok": false, "error": "invalid_blocks", "errors": [
            {"code": "missing_field", "field": "text", "message": "missing required field: text", "pointer": "/0"},
            {"code": "failed_constraint", "message": "unsupported type: nonsense", "pointer": "/1/type"},
        ]})
    );
    let answer = validate(json!({"message": {"blocks": wrong}})).await;
    assert_eq!(answer["error"], "invalid_message");
    assert_eq!(answer["errors"][1]["pointer"], "/blocks/1/type");
    let view = json!({"type": "modal", "blocks": fine});
    let answer = validate(json!({"view": view})).await;
    assert_eq!(answer["error"], "invalid_view");
    assert_eq!(answer["errors"][0]["field"], "title");
    for none_or_both in [json!({}), json!({"blocks": fine, "view": view})] {
        assert_eq!(validate(none_or_both).await["error"], "invalid_arguments");
    }
    assert!(sim.messages("alice", "general").unwrap().is_empty());
}

#[tokio::test]
async fn a_revoked_token_is_told_and_ends() {
    let (sim, mut app) = connected().await;
    let test = call(&sim, "auth.revoke", json!({"test": true})).await;
    assert_eq!(test, json!({"ok": true, "revoked": false}));
    let ended = call(&sim, "auth.revoke", json!({})).await;
    assert_eq!(ended, json!({"ok": true, "revoked": true}));
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "tokens_revoked");
    assert_eq!(event["tokens"], json!({"oauth": [], "bot": ["U0BOT0001"]}));
    let answer = call(&sim, "auth.test", json!({})).await;
    assert_eq!(answer["error"], "token_revoked");
    // Whoever has no token hears nothing more.
    sim.say("alice", "general", "anyone?").await.unwrap();
    sim.install();
    post(&sim, json!({"channel": "general", "text": "back"})).await;
    assert_eq!(app.take().await["payload"]["event"]["text"], "back");
}

#[tokio::test]
async fn an_app_can_be_uninstalled_by_itself_and_by_people() {
    let (sim, mut app) = connected().await;
    let wrong = [
        (
            json!({"client_id": "1", "client_secret": "x"}),
            "invalid_client_id",
        ),
        (
            json!({"client_id": "1234567890.0987654321", "client_secret": "x"}),
            "bad_client_secret",
        ),
    ];
    for (args, code) in wrong {
        assert_eq!(call(&sim, "apps.uninstall", args).await["error"], code);
    }
    let right = json!({"client_id": "1234567890.0987654321", "client_secret": "sim-client-secret"});
    assert_eq!(
        call(&sim, "apps.uninstall", right).await,
        json!({"ok": true})
    );
    gone(&sim, &mut app).await;
    sim.install();
    sim.uninstall();
    gone(&sim, &mut app).await;
}

async fn gone(sim: &Sim, app: &mut App) {
    for kind in ["tokens_revoked", "app_uninstalled"] {
        assert_eq!(app.take().await["payload"]["event"]["type"], kind);
    }
    let answer = call(sim, "auth.test", json!({})).await;
    assert_eq!(answer["error"], "account_inactive");
    let outcome = sim.command("alice", "general", "/mcp", "list").await;
    assert_eq!(outcome.error.unwrap(), "/mcp is not a valid command.");
}

#[tokio::test]
async fn an_app_is_told_that_it_hears_too_much() {
    let (sim, mut app) = connected().await;
    let asked = json!({"what": "limit_events"});
    let request = reqwest::Client::new().post(format!("{}/sim/app", sim.url()));
    let response = request.json(&asked).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let envelope = app.take().await;
    assert_eq!(envelope["type"], "events_api");
    let payload = &envelope["payload"];
    assert_eq!(payload["type"], "app_rate_limited");
    assert_eq!(payload["team_id"], "T0SIM0001");
    assert_eq!(payload["minute_rate_limited"].as_u64().unwrap() % 60, 0);
}
