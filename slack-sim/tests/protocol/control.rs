//! The control API over HTTP, as the page uses it.

use futures_util::StreamExt;
use serde_json::{Value, json};
use slack_sim::{Sim, SimConfig};

use crate::app::{PATIENCE, button, connected, modal, post, start, trigger};

async fn get(sim: &Sim, path: &str) -> Value {
    let response = reqwest::get(format!("{}/sim/{path}", sim.url())).await;
    response.unwrap().json().await.unwrap()
}

async fn send(sim: &Sim, path: &str, body: Value) -> Value {
    let response = reqwest::Client::new()
        .post(format!("{}/sim/{path}", sim.url()))
        .json(&body)
        .send()
        .await;
    response.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_state_is_one_persons_view() {
    let (sim, _app) = connected().await;
    sim.say("bob", "general", "hello").await.unwrap();
    let state = get(&sim, "state?user=alice").await;
    assert_eq!(
        state["team"],
        json!({"id": "T0SIM0001", "name": "Simulated"})
    );
    assert_eq!(state["me"]["id"], "U0ALICE01");
    assert_eq!(state["people"][1]["name"], "bob");
    assert_eq!(state["bot"]["user_id"], "U0BOT0001");
    assert_eq!(state["commands"][0]["command"], "/mcp");
    assert_eq!(state["delivery"], "socket");
    assert_eq!(state["sockets"], 1);
    let names = state["channels"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|channel| &channel["name"]).collect();
    assert_eq!(names, ["general", "data", "patchbay"]);
    assert_eq!(state["channels"][0]["unread"], 1);
    get(&sim, "messages?user=alice&channel=general").await;
    let state = get(&sim, "state?user=alice").await;
    assert_eq!(state["channels"][0]["unread"], 0);
}

#[tokio::test]
async fn a_person_can_do_everything_over_http() {
    let (sim, mut app) = connected().await;
    let said = json!({"user": "alice", "channel": "general", "text": "hello"});
    let ts = send(&sim, "say", said).await["ts"].clone();
    app.take().await;
    let read = get(&sim, "messages?user=bob&channel=C0GENERAL1").await;
    assert_eq!(read["messages"][0]["ts"], ts);
    assert_eq!(read["messages"][0]["username"], "alice");

    let body = json!({"channel": "general", "text": "?", "blocks": [button("go", "Go")]});
    let ts = post(&sim, body).await;
    app.take().await;
    let click = json!({
        "user": "bob", "message": {"channel": "general", "ts": ts}, "action_id": "go",
    });
    let (outcome, envelope) = tokio::join!(send(&sim, "click", click), app.take());
    assert_eq!(outcome, json!({"ok": true}));
    assert_eq!(envelope["payload"]["state"], json!({"values": {}}));

    let trigger_id = trigger(&sim, &mut app).await;
    let body = json!({"trigger_id": trigger_id, "view": modal("Connect")});
    crate::app::call(&sim, "views.open", body).await;
    let stack = get(&sim, "views?user=alice").await;
    let id = &stack["stack"][0]["id"];
    let values = json!({"name": {"text": {"type": "plain_text_input", "value": "x"}}});
    let submit = json!({"user": "alice", "view_id": id, "values": values});
    let (outcome, _) = tokio::join!(send(&sim, "submit", submit), app.take());
    assert_eq!(outcome, json!({"ok": true, "closed": true}));
    let calls = get(&sim, "calls?method=views.open").await;
    assert_eq!(calls["calls"][0]["response"]["view"]["id"], *id);
}

#[tokio::test]
async fn mistakes_are_explained() {
    let sim = start().await;
    let said = json!({"user": "carol", "channel": "general", "text": "hello"});
    let refused = send(&sim, "say", said).await;
    assert_eq!(refused["error"], "There is no person called `carol`.");
    let refused = send(&sim, "clock", json!({"advance": "a while"})).await;
    assert!(refused["error"].as_str().unwrap().contains("90s"));
}

#[tokio::test]
async fn the_clock_moves() {
    let sim = start().await;
    let before = get(&sim, "state").await["clock"].as_u64().unwrap();
    send(&sim, "clock", json!({"advance": "90s"})).await;
    let after = send(&sim, "clock", json!({"advance": 10_000})).await;
    assert!(after["clock"].as_u64().unwrap() >= before + 100_000);
}

#[tokio::test]
async fn changes_are_announced_to_whom_they_concern() {
    let sim = start().await;
    let url = format!("{}/sim/events?user=bob", sim.url());
    let mut stream = reqwest::get(url).await.unwrap().bytes_stream();
    let ephemeral = json!({"channel": "general", "user": "U0ALICE01", "text": "psst"});
    crate::app::call(&sim, "chat.postEphemeral", ephemeral).await;
    sim.say("alice", "data", "hello").await.unwrap();
    let mut seen = String::new();
    while !seen.contains("C0DATA001") {
        let chunk = stream.next().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(
        seen.contains(r#"{"kind":"messages","channel":"C0DATA001"}"#),
        "{seen}"
    );
    assert!(!seen.contains("C0GENERAL1"), "{seen}");
}

#[tokio::test]
async fn a_page_of_another_host_is_turned_away() {
    let sim = start().await;
    let request = reqwest::Client::new()
        .get(format!("{}/sim/state", sim.url()))
        .header("host", "rebound.example.com");
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn every_file_of_the_page_is_served() {
    let sim = start().await;
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/page")).unwrap();
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        let (path, kind) = match name.rsplit_once('.').unwrap().1 {
            "html" => ("/".to_owned(), "text/html"),
            "css" => (format!("/assets/{name}"), "text/css"),
            "js" => (format!("/assets/{name}"), "text/javascript"),
            "svg" => (format!("/assets/{name}"), "image/svg+xml"),
            other => panic!("the page has a file of a new kind, {other}"),
        };
        let response = reqwest::get(format!("{}{path}", sim.url())).await.unwrap();
        assert_eq!(response.status(), 200, "{name} is not in src/page.rs");
        let found = response.headers()["content-type"].to_str().unwrap();
        assert!(found.starts_with(kind), "{path} is {found}");
    }
    let missing = reqwest::get(format!("{}/assets/%2e%2e/Cargo.toml", sim.url())).await;
    assert_eq!(missing.unwrap().status(), 404);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_sockets() {
    let (sim, mut app) = connected().await;
    sim.say("alice", "general", "hello").await.unwrap();
    app.take().await;
    // Until the acknowledgement is noted, a word of the inspector's may come before the reset's.
    let noted = |sim: &Sim| {
        let mut entries = sim.log(0).into_iter();
        entries.find(|entry| entry.ack_ms.is_some())
    };
    sim.until(PATIENCE, noted)
        .await
        .expect("an acknowledgement");
    let url = format!("{}/sim/events?user=bob", sim.url());
    let mut notices = reqwest::get(url).await.unwrap().bytes_stream();
    send(&sim, "reset", json!({})).await;
    let notice = notices.next().await.unwrap().unwrap();
    assert_eq!(&notice[..], b"data: {\"kind\":\"everything\"}\n\n");
    assert!(sim.messages("alice", "general").unwrap().is_empty());
    sim.say("alice", "dm", "again").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["text"], "again");
}

#[tokio::test]
async fn a_stopped_workspace_answers_nobody() {
    let (sim, mut app) = connected().await;
    let client = reqwest::Client::new();
    let ask = || client.get(format!("{}/sim/state", sim.url())).send();
    assert_eq!(ask().await.unwrap().status(), 200);
    sim.stop().await;
    assert_eq!(app.try_next().await, None);
    ask().await.unwrap_err();
    let port = sim.url().rsplit(':').next().unwrap().parse().unwrap();
    let config = SimConfig {
        port,
        ..SimConfig::default()
    };
    let again = Sim::start(config).await.unwrap();
    assert_eq!(again.url(), sim.url());
    assert_eq!(ask().await.unwrap().status(), 200);
}
