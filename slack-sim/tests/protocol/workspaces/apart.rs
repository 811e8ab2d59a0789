//! Nothing of one workspace shows in another, and each payload says whose it is.

use serde_json::{Value, json};
use slack_sim::{Click, Limits, Sim, Target, WorkspaceConfig};

use super::{SECOND, of, text, two};
use crate::app::{App, button, call, call_as, modal};

#[tokio::test]
async fn a_token_acts_in_its_own_workspace_and_sees_no_other() {
    let (first, second) = two().await;
    assert_eq!(second.bot_token(), SECOND);
    let here = call(&first, "auth.test", json!({})).await;
    let there = call_as(&first, SECOND, "auth.test", json!({})).await;
    let seen = |it: &Value| ["team_id", "user_id", "bot_id", "team"].map(|name| it[name].clone());
    assert_eq!(
        json!([seen(&here), seen(&there)]),
        json!([
            ["T0SIM0001", "U0BOT0001", "B0BOT0001", "Simulated"],
            ["T0SIM0002", "U0BOT0002", "B0BOT0002", "Second"]
        ])
    );
    let about = call_as(&first, SECOND, "team.info", json!({})).await;
    assert_eq!(
        (&about["team"]["id"], &about["team"]["domain"]),
        (&json!("T0SIM0002"), &json!("second"))
    );
    let other = call(&first, "team.info", json!({"team": "T0SIM0002"})).await;
    assert_eq!(other["error"], "team_not_found");

    let posted = json!({"channel": "C0GENERAL2", "text": "for the second"});
    let strange = call(&first, "chat.postMessage", posted.clone()).await;
    assert_eq!(strange["error"], "channel_not_found");
    let posted = call_as(&first, SECOND, "chat.postMessage", posted).await;
    let ts = text(&posted["ts"]);
    assert_eq!(posted["message"]["team"], "T0SIM0002");
    assert_eq!(posted["message"]["user"], "U0BOT0002");
    assert!(first.messages("alice", "general").unwrap().is_empty());
    assert_eq!(second.messages("alice", "general").unwrap().len(), 1);

    for (method, asked, error) in [
        (
            "chat.update",
            json!({"channel": "C0GENERAL2", "ts": ts, "text": "x"}),
            "channel_not_found",
        ),
        (
            "chat.delete",
            json!({"channel": "C0GENERAL2", "ts": ts}),
            "channel_not_found",
        ),
        (
            "conversations.info",
            json!({"channel": "C0GENERAL2"}),
            "channel_not_found",
        ),
        (
            "conversations.history",
            json!({"channel": "C0GENERAL2"}),
            "channel_not_found",
        ),
        (
            "conversations.open",
            json!({"users": "U0ALICE02"}),
            "user_not_found",
        ),
        ("users.info", json!({"user": "U0ALICE02"}), "user_not_found"),
        ("bots.info", json!({"bot": "B0BOT0002"}), "bot_not_found"),
        (
            "views.publish",
            json!({"user_id": "U0ALICE02", "view": {"type": "home", "blocks": []}}),
            "user_not_found",
        ),
        (
            "reactions.add",
            json!({"channel": "C0GENERAL2", "timestamp": ts, "name": "eyes"}),
            "channel_not_found",
        ),
        (
            "chat.postEphemeral",
            json!({"channel": "C0GENERAL1", "user": "U0ALICE02", "text": "x"}),
            "user_not_in_channel",
        ),
        (
            "assistant.threads.setStatus",
            json!({"channel_id": "C0GENERAL2", "thread_ts": ts, "status": "x"}),
            "channel_not_found",
        ),
        (
            "agents.sessions.setStatus",
            json!({"channel_id": "C0GENERAL2", "thread_ts": ts, "status": "active"}),
            "channel_not_found",
        ),
        (
            "chat.startStream",
            json!({"channel": "C0GENERAL2", "thread_ts": ts}),
            "channel_not_found",
        ),
    ] {
        let answer = call(&first, method, asked).await;
        assert_eq!(answer["error"], error, "{method}");
    }
    let listed = call_as(&first, SECOND, "users.list", json!({})).await;
    let members = listed["members"].as_array().unwrap().iter();
    let members: Vec<_> = members
        .map(|it| (text(&it["id"]), text(&it["team_id"])))
        .collect();
    assert_eq!(
        members,
        ["U0ALICE02", "U0BOB0002", "U0BOT0002"].map(|id| (id, "T0SIM0002"))
    );
}

#[tokio::test]
async fn one_app_hears_all_workspaces_and_each_payload_says_which() {
    let (first, second) = two().await;
    let mut app = App::connect(&first).await;
    second
        .say("alice", "general", "@patchbay hello")
        .await
        .unwrap();
    for kind in ["app_mention", "message"] {
        let payload = app.take().await["payload"].take();
        let event = &payload["event"];
        let seen = [
            &payload["team_id"],
            &payload["context_team_id"],
            &payload["authorizations"][0]["team_id"],
            &payload["authorizations"][0]["user_id"],
            &payload["api_app_id"],
            &event["type"],
            &event["team"],
            &event["user"],
            &event["channel"],
            &event["text"],
        ];
        assert_eq!(
            json!(seen),
            json!([
                "T0SIM0002",
                "T0SIM0002",
                "T0SIM0002",
                "U0BOT0002",
                "A0SIM0001",
                kind,
                "T0SIM0002",
                "U0ALICE02",
                "C0GENERAL2",
                "<@U0BOT0002> hello"
            ])
        );
        let context = json!({"event_context": payload["event_context"]});
        let listed = call_as(
            &first,
            "xapp-sim",
            "apps.event.authorizations.list",
            context,
        )
        .await;
        assert_eq!(listed["authorizations"][0]["team_id"], "T0SIM0002");
    }
    let (_, envelope) = tokio::join!(first.command("bob", "general", "/mcp", ""), app.take());
    assert_eq!(envelope["payload"]["team_id"], "T0SIM0001");
    let (_, envelope) = tokio::join!(second.command("bob", "general", "/mcp", ""), app.take());
    let payload = &envelope["payload"];
    assert_eq!(
        (
            &payload["team_id"],
            &payload["team_domain"],
            &payload["user_id"]
        ),
        (&json!("T0SIM0002"), &json!("second"), &json!("U0BOB0002"))
    );
    let (_, envelope) = tokio::join!(
        second.shortcut("alice", "connect_service", None),
        app.take()
    );
    let payload = &envelope["payload"];
    assert_eq!(
        (&payload["team"]["id"], &payload["user"]["team_id"]),
        (&json!("T0SIM0002"), &json!("T0SIM0002"))
    );
    let ids: Vec<_> = first
        .log(0)
        .into_iter()
        .filter_map(|it| it.body["payload"]["event_id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

/// Types a command in a workspace; gives what the app got.
async fn command(sim: &Sim, app: &mut App) -> Value {
    let (_, mut envelope) = tokio::join!(sim.command("alice", "general", "/mcp", ""), app.take());
    envelope["payload"].take()
}

#[tokio::test]
async fn triggers_views_and_answers_stay_where_they_came_about() {
    let (first, second) = two().await;
    let mut app = App::connect(&first).await;
    let here = command(&first, &mut app).await;
    let there = command(&second, &mut app).await;
    assert_ne!(here["trigger_id"], there["trigger_id"]);
    let asked = json!({"trigger_id": there["trigger_id"], "view": modal("Mine")});
    let strange = call(&first, "views.open", asked.clone()).await;
    assert_eq!(strange["error"], "invalid_trigger_id");
    let opened = call_as(&first, SECOND, "views.open", asked).await;
    let view = &opened["view"];
    assert_eq!(
        (
            &view["team_id"],
            &view["app_installed_team_id"],
            &view["bot_id"]
        ),
        (
            &json!("T0SIM0002"),
            &json!("T0SIM0002"),
            &json!("B0BOT0002")
        )
    );
    assert!(first.top_view("alice").unwrap().is_none());
    assert!(second.top_view("alice").unwrap().is_some());
    let strange = json!({"view_id": view["id"], "view": modal("Yours")});
    let strange = call(&first, "views.update", strange).await;
    assert_eq!(strange["error"], "not_found");
    let submitted = second.submit("alice", text(&view["id"]), json!({"name": "x"}));
    let (_, envelope) = tokio::join!(submitted, app.take());
    assert_eq!(envelope["payload"]["team"]["id"], "T0SIM0002");

    // No token goes with a response address: it knows by itself where it leads.
    let sent = reqwest::Client::new().post(text(&there["response_url"]));
    let sent = sent.json(&json!({"text": "answered", "response_type": "in_channel"}));
    assert_eq!(sent.send().await.unwrap().status(), 200);
    assert!(first.messages("alice", "general").unwrap().is_empty());
    let said = second.messages("alice", "general").unwrap();
    assert_eq!(
        (said[0].text.as_str(), said[0].user.as_str()),
        ("answered", "U0BOT0002")
    );

    let card = json!({"channel": "C0GENERAL2", "text": "card", "blocks": [button("go", "Go")]});
    let card = call_as(&first, SECOND, "chat.postMessage", card).await;
    let place = |channel: &str| Target::Message {
        channel: channel.to_owned(),
        ts: text(&card["ts"]).to_owned(),
    };
    let stranger = first.click("alice", Click::label(place("C0GENERAL2"), "Go"));
    assert!(stranger.await.error.unwrap().contains("no channel"));
    let clicked = second.click("alice", Click::label(place("general"), "Go"));
    // The app's own messages echo first.
    let interaction = async {
        loop {
            let envelope = app.take().await;
            if envelope["type"] == "interactive" {
                return envelope;
            }
        }
    };
    let (outcome, envelope) = tokio::join!(clicked, interaction);
    assert!(outcome.ok);
    assert_eq!(envelope["payload"]["team"]["id"], "T0SIM0002");
}

#[tokio::test]
async fn files_are_of_one_workspace() {
    let (first, second) = two().await;
    let rows = vec![("rows.csv".to_owned(), "a,b".into())];
    second
        .share("alice", "general", None, "look", rows)
        .unwrap();
    let listed = call_as(&first, SECOND, "files.list", json!({})).await;
    let file = &listed["files"][0];
    let asked = json!({"file": file["id"]});
    let strange = call(&first, "files.info", asked.clone()).await;
    assert_eq!(strange["error"], "file_not_found");
    assert_eq!(
        call(&first, "files.list", json!({})).await["files"],
        json!([])
    );
    assert_eq!(
        call_as(&first, SECOND, "files.info", asked).await["ok"],
        true
    );
    let direct = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let direct = direct.build().unwrap();
    let mut statuses = Vec::new();
    for token in ["xoxb-sim", SECOND] {
        let bytes = direct.get(text(&file["url_private"])).bearer_auth(token);
        statuses.push(bytes.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [303, 200], "a stranger is sent to sign in");

    let wanted = json!({"filename": "note.txt", "length": 2});
    let ticket = call_as(&first, SECOND, "files.getUploadURLExternal", wanted).await;
    let sent = reqwest::Client::new()
        .post(text(&ticket["upload_url"]))
        .body("hi");
    assert_eq!(sent.send().await.unwrap().status(), 200);
    let share = json!({"files": [{"id": ticket["file_id"]}], "channel_id": "C0GENERAL2"});
    let strange = call(&first, "files.completeUploadExternal", share.clone()).await;
    assert_eq!(strange["error"], "channel_not_found");
    let shared = call_as(&first, SECOND, "files.completeUploadExternal", share).await;
    assert_eq!(shared["files"][0]["user_team"], "T0SIM0002", "{shared}");
    let mine = text(&ticket["file_id"]);
    assert!(first.open_file("alice", mine).is_err());
    assert_eq!(second.open_file("alice", mine).unwrap(), "hi");
}

#[tokio::test]
async fn each_workspace_has_limits_of_its_own() {
    let limits = Limits {
        tiers: true,
        post_burst: 1.0,
        ..Limits::default()
    };
    let (first, _second) = of(limits, WorkspaceConfig::new("Second")).await;
    for (token, channel) in [("xoxb-sim", "C0GENERAL1"), (SECOND, "C0GENERAL2")] {
        let post = json!({"channel": channel, "text": "x"});
        let posted = call_as(&first, token, "chat.postMessage", post.clone()).await;
        assert_eq!(posted["ok"], true, "{token} {posted}");
        let again = call_as(&first, token, "chat.postMessage", post).await;
        assert_eq!(again["error"], "ratelimited", "{token}");
    }
    while call(&first, "conversations.list", json!({})).await["ok"] == true {}
    let here = call(&first, "conversations.list", json!({})).await;
    let there = call_as(&first, SECOND, "conversations.list", json!({})).await;
    assert_eq!(
        (&here["error"], &there["ok"]),
        (&json!("ratelimited"), &json!(true))
    );
}
