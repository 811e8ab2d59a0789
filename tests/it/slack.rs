//! The Slack card, run against a simulated workspace, as far as that serves what the card asks for;
//! the rest is in the card's own tests.

use std::collections::BTreeSet;

use patchbay::cards::Registry;
use patchbay::error::Kind;
use patchbay::tools::ToolSource;
use serde_json::{Value, json};
use slack_sim::{Sim, SimConfig};

use crate::connected::Connected;
use crate::world::World;

impl Connected<Sim> {
    async fn new() -> Self {
        let mut workspace = SimConfig::default();
        let scopes = [
            "channels:history",
            "channels:read",
            "chat:write",
            "groups:history",
            "groups:read",
            "reactions:write",
            "users:read",
        ];
        workspace.app.scopes = scopes.map(str::to_owned).into();
        let sim = Sim::start(workspace).await.unwrap();
        let api = sim.api_url();
        let address = api.trim_start_matches("http://").split('/').next().unwrap();
        let card = Registry::embedded().unwrap().get("slack").unwrap();
        let filled = [("token", sim.bot_token()), ("base_url", api.clone())];
        let filled = filled.map(|(name, value)| (name.to_owned(), value));
        Self::over(sim, address, card, filled)
    }

    /// What a model would read, which is JSON.
    async fn reads(&self, tool: &str, arguments: Value) -> Value {
        let text = self.call(tool, arguments).await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn fails(&self, tool: &str, arguments: Value) -> String {
        let error = self.call(tool, arguments).await.unwrap_err();
        format!("{:?}: {}", error.kind(), error.sentence())
    }

    /// The id of a channel, by its name.
    async fn channel(&self, name: &str) -> Value {
        let channels = self.reads("list_channels", json!({})).await;
        let found = channels
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name);
        found.unwrap()["id"].clone()
    }
}

#[tokio::test]
async fn what_is_posted_is_read_in_history_and_thread() {
    let slack = Connected::new().await;
    slack.source.check(&slack.target).await.unwrap();
    let general = slack.channel("general").await;
    let text = "Hello \"all\" & <everybody>";
    let post = json!({ "channel": general, "text": text });
    let posted = slack.reads("post_message", post).await;
    let answer = json!({ "channel": general, "text": "And *me*", "thread_ts": posted["ts"] });
    slack.reads("post_message", answer).await;
    let react = json!({ "channel": general, "ts": posted["ts"], "emoji": "eyes" });
    assert_eq!(
        slack.reads("add_reaction", react).await,
        json!({ "done": true })
    );

    let history = slack
        .reads("get_history", json!({ "channel": general, "limit": 1 }))
        .await;
    let newest = match history.get("items") {
        Some(items) => items[0].clone(),
        None => history[0].clone(),
    };
    assert_eq!(
        (&newest["ts"], &newest["answers"]),
        (&posted["ts"], &json!(1))
    );
    assert!(
        newest["text"].as_str().unwrap().starts_with("Hello"),
        "{newest}"
    );
    assert_eq!(newest["reactions"], json!(["eyes"]));
    let thread = slack
        .reads(
            "get_thread",
            json!({ "channel": general, "ts": posted["ts"] }),
        )
        .await;
    let texts: Vec<_> = thread
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["text"])
        .collect();
    assert_eq!((texts.len(), texts[1]), (2, &json!("And *me*")));
    let later = json!({ "channel": general, "oldest": posted["ts"] });
    assert_eq!(slack.reads("get_history", later).await, json!([]));
    slack.service.stop().await;
}

#[tokio::test]
async fn people_and_members_are_listed_and_found() {
    let slack = Connected::new().await;
    let people = slack.reads("list_users", json!({})).await;
    let people = people.as_array().unwrap().clone();
    let alice = people.iter().find(|one| one["name"] == "alice").unwrap();
    let asked = json!({ "user": alice["id"] });
    assert_eq!(slack.reads("get_user", asked).await, *alice);
    let known: BTreeSet<_> = people.iter().map(|one| one["id"].to_string()).collect();
    let general = slack.channel("general").await;
    let members = slack
        .reads("list_members", json!({ "channel": general }))
        .await;
    let members = members.as_array().unwrap();
    assert!(
        !members.is_empty() && members.iter().all(|id| known.contains(&id.to_string())),
        "{members:?}"
    );
    slack.service.stop().await;
}

#[tokio::test]
async fn a_long_list_comes_page_by_page_until_there_is_enough() {
    let slack = Connected::new().await;
    for number in 0..450 {
        slack
            .service
            .add_channel(&format!("project-{number}"), true)
            .unwrap();
    }
    let all = slack
        .reads("list_channels", json!({ "limit": 1_000 }))
        .await;
    let names: BTreeSet<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].to_string())
        .collect();
    assert!(
        names.len() >= 450 && names.contains("\"project-449\""),
        "{}",
        names.len()
    );
    let pages = slack.service.calls("conversations.list").len();
    let some = slack.reads("list_channels", json!({ "limit": 300 })).await;
    assert_eq!(
        (some["items"].as_array().unwrap().len(), &some["more"]),
        (300, &json!(true))
    );
    assert_eq!(slack.service.calls("conversations.list").len(), pages + 2);
    slack.service.stop().await;
}

#[tokio::test]
async fn each_no_of_slacks_says_what_to_do_next() {
    let mut slack = Connected::new().await;
    let elsewhere = slack.service.add_channel("elsewhere", false).unwrap();
    let mut said = vec![
        slack
            .fails("get_history", json!({ "channel": elsewhere }))
            .await,
        slack
            .fails("get_history", json!({ "channel": "C0NOTHING" }))
            .await,
        slack.fails("get_user", json!({ "user": "U0NOBODY" })).await,
        slack
            .fails("search_messages", json!({ "query": "hello" }))
            .await,
    ];
    let general = slack.channel("general").await;
    slack.service.set_scopes(&["channels:read", "users:read"]);
    said.push(
        slack
            .fails("post_message", json!({ "channel": general, "text": "x" }))
            .await,
    );
    slack
        .target
        .secrets
        .insert("token".to_owned(), "xoxb-wrong".into());
    said.push(slack.fails("list_users", json!({})).await);
    let error = slack.source.check(&slack.target).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Unauthenticated);
    insta::assert_snapshot!(said.join("\n"), @"
    Invalid: Slack could not do that. It said: “not_in_channel”. Invite the app to that channel in Slack, or choose another channel.
    NotFound: Slack has no such thing, or hides it from this credential. It said: “channel_not_found”. Check the spelling, and that the credential may see it.
    NotFound: Slack has no such thing, or hides it from this credential. It said: “user_not_found”. Check the spelling, and that the credential may see it.
    Invalid: Slack could not do that. It said: “unknown_method”. Change what is asked for and try again.
    Forbidden: Slack does not let this credential do that. It said: “missing_scope; needed: chat:write”. Add that scope to the app in Slack, install it again, and connect with its new token.
    Unauthenticated: Slack does not accept this credential. It said: “invalid_auth”. Connect again with `/mcp connect slack`.
    ");
    slack.service.stop().await;
}

/// Somebody connects the workspace in which they are.
#[tokio::test]
async fn slack_is_connected_by_its_button() {
    let world = World::start().await;
    let alice = world.alice();
    assert!(alice.types("/mcp connect").await.ok);
    let picker = alice
        .form_when(|view| view.title() == "Connect MCP Service")
        .await;
    let buttons = format!("{picker:?}");
    for name in ["supabase", "github", "slack"] {
        assert!(buttons.contains(&format!("connect_{name}")), "{name}");
    }
    assert!(alice.clicks_in(&picker, "💬 Slack").await.ok);
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let values = json!({ "token": world.sim.bot_token(), "base_url": world.sim.api_url() });
    let outcome = alice.submits(&form, values).await;
    assert!(
        outcome.errors.is_empty() && outcome.error.is_none(),
        "{outcome:?}"
    );
    let connected = alice.private_message_after(0).await.all_text();
    let tools = world.app.cards.get("slack").unwrap().tools.len();
    assert!(
        connected.contains(&format!("Connected! {tools} workspace tools")),
        "{connected}"
    );
    world.stop().await;
}
