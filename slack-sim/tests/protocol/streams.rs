//! Messages that grow, and the agent sessions around them.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::Sim;

use crate::app::{call, start as started};

struct Place {
    sim: Sim,
    channel: String,
    root: String,
}

impl Place {
    async fn new() -> Self {
        let sim = started().await;
        let root = sim.say("alice", "general", "a question").await.unwrap();
        let channel = sim.messages("alice", "general").unwrap()[0].channel.clone();
        Self { sim, channel, root }
    }

    async fn start(&self, chunks: Value) -> Value {
        let body = json!({
            "channel": self.channel, "thread_ts": self.root, "chunks": chunks,
            "recipient_user_id": "U0ALICE01", "recipient_team_id": "T0SIM0001",
        });
        call(&self.sim, "chat.startStream", body).await
    }

    async fn append(&self, ts: &Value, text: &str) -> Value {
        let body = json!({"channel": self.channel, "ts": ts, "markdown_text": text});
        call(&self.sim, "chat.appendStream", body).await
    }

    async fn stop(&self, ts: &Value, more: Value) -> Value {
        let mut body = json!({"channel": self.channel, "ts": ts});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        call(&self.sim, "chat.stopStream", body).await
    }

    fn session(&self) -> Option<String> {
        self.sim.session("alice", "general", &self.root).unwrap()
    }
}

#[tokio::test]
async fn text_and_tasks_grow_in_the_order_of_their_arrival() {
    let place = Place::new().await;
    let task = |status| json!({"type": "task_update", "id": "t1", "title": "Look", "status": status, "output": "2 rows"});
    let begun = place.start(json!([task("in_progress")])).await;
    assert_eq!(begun["ok"], true, "{begun}");
    assert_eq!(place.session().as_deref(), Some("processing"));
    let ts = &begun["ts"];
    assert_eq!(place.append(ts, "One, ").await["ok"], true);
    assert_eq!(place.append(ts, "two.").await["ok"], true);
    let end = json!({
        "chunks": [task("complete")],
        "blocks": [{"type": "divider"}],
        "metadata": {"event_type": "e", "event_payload": {"n": 1}},
    });
    let ended = place.stop(ts, end).await;
    assert_eq!(ended["ok"], true, "{ended}");
    assert_eq!(place.session().as_deref(), Some("active"));

    let message = &place.sim.thread("bob", "general", &place.root).unwrap()[1];
    let kinds: Vec<&str> = message
        .blocks
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["task_card", "markdown", "divider"]);
    assert_eq!(message.blocks[0]["status"], "complete");
    assert_eq!(message.text, "One, two.");
    assert_eq!(message.streaming.as_deref(), Some("completed"));
    assert_eq!(message.metadata.as_ref().unwrap()["event_payload"]["n"], 1);
    let late = place.append(ts, "more").await;
    assert_eq!(late["error"], "message_not_in_streaming_state");
}

#[tokio::test]
async fn a_stream_dies_after_five_minutes_and_only_an_update_mends_it() {
    let place = Place::new().await;
    let begun = place
        .start(json!([{"type": "markdown_text", "text": "Half"}]))
        .await;
    let ts = &begun["ts"];
    let update = json!({"channel": place.channel, "ts": ts, "text": "Whole"});
    let early = call(&place.sim, "chat.update", update.clone()).await;
    assert_eq!(early["error"], "streaming_state_conflict");
    place.sim.advance(Duration::from_secs(200));
    assert_eq!(place.append(ts, " more").await["ok"], true);
    place.sim.advance(Duration::from_secs(101));
    for answer in [place.append(ts, "!").await, place.stop(ts, json!({})).await] {
        assert_eq!(answer["error"], "message_not_in_streaming_state");
    }
    let seen = || place.sim.thread("alice", "general", &place.root).unwrap()[1].clone();
    assert_eq!(seen().streaming.as_deref(), Some("expired"));
    assert_eq!(call(&place.sim, "chat.update", update).await["ok"], true);
    assert_eq!((seen().streaming, seen().text.as_str()), (None, "Whole"));
}

#[tokio::test]
async fn stop_ends_what_grows_and_tells_the_app() {
    let place = Place::new().await;
    assert!(
        place
            .sim
            .stop_session("alice", "general", &place.root)
            .is_err()
    );
    let begun = place.start(json!([])).await;
    place
        .sim
        .stop_session("alice", "general", &place.root)
        .unwrap();
    let answer = place.append(&begun["ts"], "more").await;
    assert_eq!(answer["error"], "stopped_by_user");
    // The app has to end its session by itself.
    assert_eq!(place.session().as_deref(), Some("processing"));
    let ended = place.stop(&begun["ts"], json!({})).await;
    assert_eq!(ended["ok"], true, "{ended}");
    assert_eq!(place.session().as_deref(), Some("active"));
    let told = place.sim.until(Duration::from_secs(5), |sim| {
        let log = sim.log(0);
        log.into_iter()
            .find(|entry| entry.what == "agent_session_stopped")
    });
    let event = told.await.expect("the event").body;
    let event = event["payload"]["event"].clone();
    assert_eq!(event["streaming_message_ts"], json!([begun["ts"]]));
    assert_eq!(event["thread_ts"], json!(place.root));
}

#[tokio::test]
async fn what_is_wrong_with_a_stream_has_slacks_code() {
    let place = Place::new().await;
    let nobody = json!({"channel": place.channel, "thread_ts": place.root});
    let answer = call(&place.sim, "chat.startStream", nobody).await;
    assert_eq!(answer["error"], "missing_recipient_user_id");
    for (chunks, code) in [
        (json!([{"type": "song"}]), "invalid_chunks"),
        (
            json!([{"type": "task_update", "id": "t", "title": "T", "status": "completed"}]),
            "invalid_chunks",
        ),
        (
            json!([{"type": "markdown_text", "text": "x".repeat(12_001)}]),
            "msg_too_long",
        ),
    ] {
        assert_eq!(place.start(chunks).await["error"], code);
    }
    let both = json!({"channel": place.channel, "ts": "1.2", "markdown_text": "a", "chunks": []});
    let answer = call(&place.sim, "chat.appendStream", both).await;
    assert_eq!(answer["error"], "markdown_text_conflict");
    let plain = json!({"channel": place.channel, "text": "no stream"});
    let posted = call(&place.sim, "chat.postMessage", plain).await;
    let answer = place.append(&posted["ts"], "more").await;
    assert_eq!(answer["error"], "message_not_in_streaming_state");
}

#[tokio::test]
async fn a_plan_stands_where_its_first_task_came_up() {
    let place = Place::new().await;
    let task = |id: &str, status: &str| json!({"type": "task_update", "id": id, "title": id, "status": status});
    let begin = json!({
        "channel": place.channel,
        "thread_ts": place.root,
        "recipient_user_id": "U0ALICE01",
        "recipient_team_id": "T0SIM0001",
        "task_display_mode": "plan",
        "chunks": [
            {"type": "markdown_text", "text": "First."},
            task("a", "in_progress"),
            {"type": "markdown_text", "text": "Then."},
            task("b", "pending"),
            {"type": "plan_update", "title": "Counting"},
        ],
    });
    let begun = call(&place.sim, "chat.startStream", begin).await;
    assert_eq!(begun["ok"], true, "{begun}");
    let ended = place.stop(&begun["ts"], json!({"chunks": [task("a", "complete")]}));
    assert_eq!(ended.await["ok"], true);
    let message = &place.sim.thread("bob", "general", &place.root).unwrap()[1];
    let kinds: Vec<&str> = message
        .blocks
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["markdown", "plan", "markdown"]);
    let plan = &message.blocks[1];
    assert_eq!(plan["title"], "Counting");
    assert_eq!(plan["tasks"][0]["status"], "complete");
    assert_eq!(plan["tasks"][1]["task_id"], "b");
}

#[tokio::test]
async fn sessions_have_titles_and_people_may_change_them() {
    let place = Place::new().await;
    let of = |more: Value| {
        let mut body = json!({"channel_id": place.channel, "thread_ts": place.root});
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    let early = call(
        &place.sim,
        "agents.sessions.rename",
        of(json!({"title": "T"})),
    )
    .await;
    assert_eq!(early["error"], "session_not_found");
    let begun = of(json!({"status": "processing", "title": "Users"}));
    let answer = call(&place.sim, "agents.sessions.setStatus", begun).await;
    assert_eq!(
        (&answer["title"], &answer["warning"]),
        (&json!("Users"), &json!(null))
    );
    // Only a new session takes its title from there.
    let again = of(json!({"status": "suspended", "title": "Other"}));
    let answer = call(&place.sim, "agents.sessions.setStatus", again).await;
    assert_eq!(
        (&answer["title"], &answer["status"]),
        (&json!("Users"), &json!("suspended"))
    );
    let wrong = of(json!({"status": "asleep"}));
    let answer = call(&place.sim, "agents.sessions.setStatus", wrong).await;
    assert_eq!(answer["error"], "invalid_status");
    let long = of(json!({"title": "x".repeat(201)}));
    let answer = call(&place.sim, "agents.sessions.rename", long).await;
    assert_eq!(answer["error"], "invalid_title");
    place
        .sim
        .rename_session("alice", "general", &place.root, "Our users")
        .unwrap();
    let told = place.sim.until(Duration::from_secs(5), |sim| {
        let log = sim.log(0);
        log.into_iter()
            .find(|entry| entry.what == "agent_session_title_changed")
    });
    let event = told.await.expect("the event").body["payload"]["event"].clone();
    assert_eq!(event["title"], "Our users");
    assert_eq!(event["previous_title"], "Users");
}
