//! An app is let into a workspace and taken out of it without a word to the others.

use serde_json::{Value, json};
use slack_sim::{Limits, WorkspaceConfig};

use super::{SECOND, of, text, two};
use crate::app::{App, call, call_as};

#[tokio::test]
async fn leaving_one_workspace_leaves_the_other_alone() {
    let (first, second) = two().await;
    let mut app = App::connect(&first).await;
    second.uninstall();
    for kind in ["tokens_revoked", "app_uninstalled"] {
        let payload = app.take().await["payload"].take();
        assert_eq!(
            (&payload["event"]["type"], &payload["team_id"]),
            (&json!(kind), &json!("T0SIM0002"))
        );
    }
    let gone = call_as(&first, SECOND, "auth.test", json!({})).await;
    assert_eq!(gone["error"], "account_inactive");
    assert_eq!(call(&first, "auth.test", json!({})).await["ok"], true);
    let there = second.command("alice", "general", "/mcp", "").await;
    assert!(there.error.unwrap().contains("not a valid command"));
    let (here, _) = tokio::join!(first.command("alice", "general", "/mcp", ""), app.take());
    assert!(here.ok);
    // What is said there goes by unheard; the next thing that the app hears is from here.
    second
        .say("alice", "general", "@patchbay still there?")
        .await
        .unwrap();
    first.say("alice", "dm", "hello").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["channel"], "D0ALICE01");
    second.install();
    assert_eq!(
        call_as(&first, SECOND, "auth.test", json!({})).await["ok"],
        true
    );
}

#[tokio::test]
async fn an_app_is_let_into_the_workspace_that_a_person_chooses() {
    let (first, second) = of(
        Limits::default(),
        WorkspaceConfig::new("Second").without_app(),
    )
    .await;
    let never = call_as(&first, SECOND, "auth.test", json!({})).await;
    assert_eq!(never["error"], "account_inactive");
    let address = "client_id=1234567890.0987654321&scope=chat:write,im:history,app_mentions:read&redirect_uri=http://127.0.0.1:9/back";

    let page = |more: &str| {
        reqwest::get(format!(
            "{}/oauth/v2/authorize?{address}{more}",
            first.url()
        ))
    };
    let shown = page("").await.unwrap().text().await.unwrap();
    assert!(shown.contains("Allow patchbay into Simulated?"), "{shown}");
    assert!(
        shown.contains("&amp;team=T0SIM0002\""),
        "the other is a click away: {shown}"
    );
    let shown = page("&team=T0SIM0002").await.unwrap().text().await.unwrap();
    assert!(shown.contains("Allow patchbay into Second?"), "{shown}");

    let decided = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let decided = decided
        .build()
        .unwrap()
        .post(format!("{}/oauth/v2/authorize", first.url()));
    let form = [
        ("query", address),
        ("team", "T0SIM0002"),
        ("user", "bob"),
        ("decision", "allow"),
    ];
    let answer = decided.form(&form).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    let code = back.split_once("code=").unwrap().1;
    let access = reqwest::Client::new().post(format!("{}oauth.v2.access", first.api_url()));
    let access = access.basic_auth("1234567890.0987654321", Some("sim-client-secret"));
    let form = [("code", code), ("redirect_uri", "http://127.0.0.1:9/back")];
    let answer: Value = access
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (
            &answer["team"]["id"],
            &answer["bot_user_id"],
            &answer["authed_user"]["id"]
        ),
        (
            &json!("T0SIM0002"),
            &json!("U0BOT0002"),
            &json!("U0BOB0002")
        ),
        "{answer}"
    );
    let token = text(&answer["access_token"]);
    let me = call_as(&first, token, "auth.test", json!({})).await;
    assert_eq!(me["team_id"], "T0SIM0002");
    let mut app = App::connect(&first).await;
    second.say("bob", "dm", "welcome").await.unwrap();
    assert_eq!(
        app.take().await["payload"]["authorizations"][0]["team_id"],
        "T0SIM0002"
    );
    let posted = json!({"channel": "D0BOB0002", "text": "thanks"});
    let posted = call_as(&first, token, "chat.postMessage", posted).await;
    assert_eq!(posted["ok"], true, "{posted}");
    assert_eq!(
        call(&first, "auth.test", json!({})).await["team_id"],
        "T0SIM0001"
    );
}
