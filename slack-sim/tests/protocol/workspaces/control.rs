//! The control API tells workspaces apart.

use serde_json::{Value, json};

use super::{SECOND, two};
use crate::app::call_as;

#[tokio::test]
async fn the_control_api_names_the_workspace_and_takes_the_first_where_it_names_none() {
    let (first, second) = two().await;
    let sim = |path: &str| format!("{}/sim/{path}", first.url());
    let get = async |path: &str| -> Value {
        reqwest::get(sim(path)).await.unwrap().json().await.unwrap()
    };
    let post = async |path: &str, body: Value| -> Value {
        let sent = reqwest::Client::new().post(sim(path)).json(&body);
        sent.send().await.unwrap().json().await.unwrap()
    };
    let said = json!({"user": "alice", "channel": "general", "text": "hello"});
    post("say?workspace=Second", said).await;
    assert!(first.messages("bob", "general").unwrap().is_empty());
    assert_eq!(second.messages("bob", "general").unwrap().len(), 1);
    let state = get("state?user=bob&workspace=T0SIM0002").await;
    assert_eq!(state["team"], json!({"id": "T0SIM0002", "name": "Second"}));
    assert_eq!(state["me"]["id"], "U0BOB0002");
    let state = get("state").await;
    assert_eq!(state["team"]["id"], "T0SIM0001");
    assert_eq!(
        state["workspaces"][1],
        json!({
            "id": "T0SIM0002", "name": "Second", "domain": "second", "installed": true,
            "people": [
                {"id": "U0ALICE02", "name": "alice", "unread": 0},
                {"id": "U0BOB0002", "name": "bob", "unread": 1},
            ],
        })
    );
    let unknown = post(
        "say?workspace=Third",
        json!({"user": "alice", "channel": "general", "text": "x"}),
    )
    .await;
    assert_eq!(unknown["error"], "There is no workspace `Third`.");

    let third = json!({"name": "Third", "people": [{"name": "carol", "real_name": "Carol"}], "channels": ["general"]});
    let third = post("workspaces", third).await;
    assert_eq!(third, json!({"id": "T0SIM0003", "bot_token": "xoxb-sim-3"}));
    let me = call_as(&first, "xoxb-sim-3", "auth.test", json!({})).await;
    assert_eq!(me["team"], "Third");
    let again = post("workspaces", json!({"name": "third"})).await;
    assert_eq!(again["error"], "There is already a workspace `third`.");
    for (token, workspace) in [("xoxb-sim", 1), (SECOND, 2), ("xoxb-sim-3", 3)] {
        let channel = format!("C0GENERAL{workspace}");
        call_as(
            &first,
            token,
            "chat.postMessage",
            json!({"channel": channel, "text": "x"}),
        )
        .await;
    }
    let calls = get("calls?method=chat.postMessage&workspace=Third").await;
    let calls = calls["calls"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["team"]), (1, &json!("T0SIM0003")));
    assert_eq!(first.calls("chat.postMessage").len(), 3);
    let log = get("log?workspace=Second").await;
    let entries = log["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["team"] == "T0SIM0002"));
    assert!(!entries.is_empty());

    post("reset", json!({})).await;
    assert!(second.messages("bob", "general").unwrap().is_empty());
    assert_eq!(
        get("state").await["workspaces"].as_array().unwrap().len(),
        3
    );
    for number in 4..=9 {
        let more = post("workspaces", json!({"name": format!("W{number}")})).await;
        assert_eq!(more["id"], format!("T0SIM000{number}"));
    }
    let one_too_many = post("workspaces", json!({"name": "W10"})).await;
    assert_eq!(one_too_many["error"], "There is room for 9 workspaces.");
}
