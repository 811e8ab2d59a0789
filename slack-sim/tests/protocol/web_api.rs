//! The Web API: tokens, bodies, error codes and limits.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Limits, Sim, SimConfig};

use crate::app::{call, call_as, post, start};

#[track_caller]
fn assert_error(answer: &Value, code: &str) {
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(answer["error"], code, "{answer}");
}

#[tokio::test]
async fn tokens_are_checked() {
    let sim = start().await;
    let http = reqwest::Client::new();
    let bare = http.post(format!("{}auth.test", sim.api_url()));
    let answer: Value = bare.send().await.unwrap().json().await.unwrap();
    assert_error(&answer, "not_authed");
    assert_error(
        &call_as(&sim, "xoxb-no", "auth.test", json!({})).await,
        "invalid_auth",
    );
    let swapped = call_as(&sim, "xapp-sim", "auth.test", json!({})).await;
    assert_error(&swapped, "not_allowed_token_type");
    assert_error(&call(&sim, "chat.sing", json!({})).await, "unknown_method");
}

#[tokio::test]
async fn queries_forms_and_json_mean_the_same() {
    let sim = start().await;
    let http = reqwest::Client::new();
    let url = format!("{}auth.test", sim.api_url());
    let query = http.get(format!("{url}?token=xoxb-sim"));
    let form = http.post(&url).form(&[("token", "xoxb-sim")]);
    let bearer = http.post(&url).bearer_auth("xoxb-sim").json(&json!({}));
    for request in [query, form, bearer] {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["user_id"], "U0BOT0001", "{answer}");
        assert_eq!(answer["bot_id"], "B0BOT0001");
    }
    let blocks = json!([{"type": "divider"}]).to_string();
    let form = [
        ("channel", "C0GENERAL1"),
        ("text", "hi"),
        ("blocks", blocks.as_str()),
    ];
    let answer: Value = http
        .post(format!("{}chat.postMessage", sim.api_url()))
        .bearer_auth("xoxb-sim")
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["message"]["blocks"][0]["type"], "divider");
    assert!(answer["message"]["blocks"][0]["block_id"].is_string());
}

#[tokio::test]
async fn wrong_places_have_their_codes() {
    let sim = start().await;
    sim.add_channel("secret", false).unwrap();
    let cases = [
        (
            json!({"channel": "nowhere", "text": "x"}),
            "channel_not_found",
        ),
        (json!({"channel": "secret", "text": "x"}), "not_in_channel"),
        (json!({"channel": "general"}), "no_text"),
        (
            json!({"channel": "general", "text": "x", "thread_ts": "0"}),
            "invalid_thread_ts",
        ),
        (
            json!({"channel": "general", "text": "x", "thread_ts": "1.000001"}),
            "thread_not_found",
        ),
        (
            json!({"channel": "general", "text": "x", "blocks": "{"}),
            "invalid_blocks_format",
        ),
        (
            json!({"channel": "general", "text": "x", "metadata": {"event_type": "t"}}),
            "invalid_metadata_format",
        ),
        (
            json!({"channel": "general", "text": "x", "markdown_text": "y"}),
            "markdown_text_conflict",
        ),
    ];
    for (body, code) in cases {
        assert_error(&call(&sim, "chat.postMessage", body).await, code);
    }
    let stranger = json!({"channel": "general", "user": "U0NOBODY1", "text": "x"});
    let answer = call(&sim, "chat.postEphemeral", stranger).await;
    assert_error(&answer, "user_not_in_channel");
    sim.invite("secret", "patchbay").unwrap();
    post(&sim, json!({"channel": "secret", "text": "x"})).await;
}

#[tokio::test]
async fn only_the_apps_own_messages_can_be_changed() {
    let sim = start().await;
    let theirs = sim.say("alice", "general", "mine").await.unwrap();
    let ours = post(&sim, json!({"channel": "general", "text": "one"})).await;
    let change = |ts: &str, text: &str| json!({"channel": "C0GENERAL1", "ts": ts, "text": text});
    let update = async |ts: &str, text: &str| call(&sim, "chat.update", change(ts, text)).await;
    assert_error(&update(&theirs, "x").await, "cant_update_message");
    assert_error(&update("1.000001", "x").await, "message_not_found");
    assert_error(&update(&ours, &"x".repeat(4_001)).await, "msg_too_long");
    assert_eq!(update(&ours, "two").await["text"], "two");
    let gone = json!({"channel": "C0GENERAL1", "ts": theirs});
    assert_error(
        &call(&sim, "chat.delete", gone).await,
        "cant_delete_message",
    );
    let gone = json!({"channel": "C0GENERAL1", "ts": ours});
    assert_eq!(call(&sim, "chat.delete", gone).await["ok"], true);
    assert_eq!(sim.messages("alice", "general").unwrap().len(), 1);
}

#[tokio::test]
async fn blocks_beyond_the_limits_are_refused_with_a_pointer() {
    let sim = start().await;
    let text = |length: usize| json!({"type": "plain_text", "text": "x".repeat(length)});
    let button = |words: usize, value: usize| {
        json!({"type": "actions", "elements": [{
            "type": "button", "action_id": "a", "text": text(words), "value": "v".repeat(value),
        }]})
    };
    let cases = [
        (json!([{"type": "nonsense"}]), "/blocks/0/type"),
        (json!([{"type": "section"}]), "/blocks/0"),
        (
            json!([{"type": "section", "text": text(3_001)}]),
            "/blocks/0/text/text",
        ),
        (
            json!([{"type": "header", "text": text(151)}]),
            "/blocks/0/text/text",
        ),
        (json!([button(76, 1)]), "/blocks/0/elements/0/text/text"),
        (json!([button(75, 2_001)]), "/blocks/0/elements/0/value"),
        (
            json!([{"type": "markdown", "text": "x".repeat(12_001)}]),
            "/blocks/0/text",
        ),
        (
            json!([{"type": "divider", "block_id": "x".repeat(256)}]),
            "/blocks/0/block_id",
        ),
        (json!(vec![json!({"type": "divider"}); 51]), "/blocks"),
        (
            json!([{"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}]),
            "/blocks/1",
        ),
    ];
    for (blocks, pointer) in cases {
        let body = json!({"channel": "general", "text": "x", "blocks": blocks});
        let answer = call(&sim, "chat.postMessage", body).await;
        assert_error(&answer, "invalid_blocks");
        let messages = answer["response_metadata"]["messages"].to_string();
        let wanted = format!("[json-pointer:{pointer}]");
        assert!(messages.contains(&wanted), "{messages} lacks {wanted}");
    }
    let fits = json!([button(75, 2_000), {"type": "section", "text": text(3_000)}]);
    post(
        &sim,
        json!({"channel": "general", "text": "x", "blocks": fits}),
    )
    .await;
}

#[tokio::test]
async fn posting_too_fast_is_held_back_in_that_channel_alone() {
    let config = SimConfig {
        limits: Limits {
            posts_per_second: 1.0,
            post_burst: 2.0,
            ..Limits::default()
        },
        ..SimConfig::default()
    };
    let sim = Sim::start(config).await.unwrap();
    let body = json!({"channel": "general", "text": "x"});
    post(&sim, body.clone()).await;
    post(&sim, body.clone()).await;
    let response = reqwest::Client::new()
        .post(format!("{}chat.postMessage", sim.api_url()))
        .bearer_auth("xoxb-sim")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_error(&response.json().await.unwrap(), "ratelimited");
    post(&sim, json!({"channel": "data", "text": "elsewhere"})).await;
    sim.advance(Duration::from_secs(1));
    post(&sim, body).await;
}

#[tokio::test]
async fn threads_and_metadata_can_be_read_back() {
    let sim = start().await;
    let root = sim.say("alice", "general", "a question").await.unwrap();
    let metadata = json!({"event_type": "run", "event_payload": {"id": "run_1", "n": 2}});
    let reply = json!({
        "channel": "C0GENERAL1", "thread_ts": root, "text": "an answer", "metadata": metadata,
    });
    post(&sim, reply).await;
    let ask = json!({"channel": "C0GENERAL1", "ts": root, "include_all_metadata": true});
    let thread = call(&sim, "conversations.replies", ask).await;
    let messages = thread["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["reply_count"], 1);
    assert_eq!(messages[0]["reply_users"], json!(["U0BOT0001"]));
    assert_eq!(messages[1]["metadata"], metadata);
    assert_eq!(messages[1]["parent_user_id"], "U0ALICE01");
    let history = call(
        &sim,
        "conversations.history",
        json!({"channel": "C0GENERAL1"}),
    )
    .await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
    let missing = json!({"channel": "C0GENERAL1", "ts": "1.000001"});
    let answer = call(&sim, "conversations.replies", missing).await;
    assert_error(&answer, "thread_not_found");
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let sim = start().await;
    for number in 0..5 {
        sim.say("alice", "general", &format!("message {number}"))
            .await
            .unwrap();
    }
    let ask = |cursor: &Value| json!({"channel": "general", "limit": 2, "cursor": cursor});
    let (mut cursor, mut texts) = (json!(""), Vec::new());
    loop {
        let page = call(&sim, "conversations.history", ask(&cursor)).await;
        texts.extend(page["messages"].as_array().unwrap().clone());
        cursor = page["response_metadata"]["next_cursor"].clone();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(texts.len(), 5);
    assert_eq!(texts[0]["text"], "message 4");
    let answer = call(&sim, "conversations.history", ask(&json!("nonsense"))).await;
    assert_error(&answer, "invalid_cursor");
}

#[tokio::test]
async fn people_and_conversations_are_described() {
    let sim = start().await;
    let info = call(&sim, "users.info", json!({"user": "U0ALICE01"})).await;
    assert_eq!(info["user"]["name"], "alice");
    assert_eq!(info["user"]["profile"]["real_name"], "Alice Adams");
    let nobody = call(&sim, "users.info", json!({"user": "U1"})).await;
    assert_error(&nobody, "user_not_found");
    let members = call(&sim, "conversations.members", json!({"channel": "data"})).await;
    assert_eq!(
        members["members"],
        json!(["U0ALICE01", "U0BOB0001", "U0BOT0001"])
    );
    let im = call(&sim, "conversations.open", json!({"users": "U0BOB0001"})).await;
    assert_eq!(im["channel"]["id"], "D0BOB0001");
    let bot = call(&sim, "bots.info", json!({"bot": "B0BOT0001"})).await;
    assert_eq!(bot["bot"]["user_id"], "U0BOT0001");
    let list = call(
        &sim,
        "conversations.list",
        json!({"types": "public_channel"}),
    )
    .await;
    assert_eq!(list["channels"][1]["name"], "data");
}
