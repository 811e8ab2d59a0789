//! Bad input of every kind: a clear sentence each, nothing lost, nothing kept that should not be.

use serde_json::json;
use slack_sim::{Fault, FaultKind, Handmade};

use crate::fakes::postgres::Postgres;
use crate::world::{World, handmade};

#[tokio::test(flavor = "multi_thread")]
async fn commands_nobody_can_mean_get_a_sentence() {
    let world = World::start().await;
    let alice = world.alice();
    for (typed, part) in [
        ("/mcp help", "what they can do"),
        ("/mcp tset", "Did you mean"),
        ("/mcp 😀😀", "I do not know"),
        ("/mcp قائمة", "I do not know"),
        ("/mcp test “nope”", "no connection called `nope`"),
        ("/mcp test \"unclosed", "never closed"),
        ("/mcp connect postgrse", "postgres"),
        ("/mcp connect ../../etc/passwd", "no service"),
        ("/mcp disconnect 😀", "no connection called"),
        ("/mcp list and more words", "does not take that many words"),
    ] {
        let shown = alice.asks_privately(typed).await.all_text();
        assert!(shown.contains(part), "{typed}: {shown} lacks {part:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_say_which_field_is_wrong() {
    let world = World::start().await;
    let alice = world.alice();
    alice.types("/mcp connect postgres").await;
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let outcome = alice
        .submits(
            &form,
            json!({ "url": "mysql://user:hunter2@host/db", "connection-name": "no spaces please" }),
        )
        .await;
    assert_eq!(outcome.errors.len(), 2, "{outcome:?}");
    assert!(outcome.errors["url"].contains("postgres"), "{outcome:?}");
    assert!(!outcome.closed);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_form_is_taken() {
    let world = World::start().await;
    let alice = world.alice();
    alice.types("/mcp connect sqlite").await;
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let wrong = alice
        .submits(&form, json!({ "connection-name": "!!" }))
        .await;
    assert_eq!(wrong.errors.len(), 1, "{wrong:?}");
    let right = alice
        .submits(&form, json!({ "connection-name": "shop" }))
        .await;
    assert!(right.ok, "{right:?}");
    let told = alice.private_message_after(0).await.all_text();
    assert!(told.contains("Connected!"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_work_is_not_kept_and_says_why() {
    let world = World::start().await;
    let alice = world.alice();
    let good = Postgres::shared().create_sample_database().await.reader;
    let mut wrong_password = url::Url::parse(&good).unwrap();
    wrong_password.set_password(Some("hunter2wrong")).unwrap();
    let mut no_database = url::Url::parse(&good).unwrap();
    no_database.set_path("/there_is_none");
    for (url, part) in [
        (wrong_password.as_str(), "password"),
        (no_database.as_str(), "no database of that name"),
        ("postgres://u:p@127.0.0.1:1/x", "Nothing answers"),
        ("postgres://u:p@host.invalid:5432/x", "host.invalid"),
    ] {
        let told = alice
            .connects("postgres", json!({ "url": url }))
            .await
            .all_text();
        assert!(told.contains(part), "{url}: {told} lacks {part:?}");
        assert!(!told.contains("hunter2wrong"), "{told}");
    }
    let listed = alice.asks_privately("/mcp list").await.all_text();
    assert!(listed.contains("no connections yet"), "{listed}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_once() {
    let world = World::start().await;
    let alice = world.alice();
    alice
        .connects("sqlite", json!({ "connection-name": "shop" }))
        .await;
    let told = alice
        .connects("sqlite", json!({ "connection-name": "Shop" }))
        .await
        .all_text();
    assert!(
        told.contains("already have a connection called `shop`"),
        "{told}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_refused_before_a_socket_is_opened() {
    use patchbay::slack::Transport;

    use crate::world::Engine;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let guarded = |config: &mut patchbay::config::Config| config.network = Default::default();
    let world = World::start_with(Engine::Sqlite, Transport::Socket, guarded).await;
    let alice = world.alice();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0.0.0.0",
    ] {
        let url = format!("postgres://u:p@{host}:{port}/x");
        alice.types("/mcp connect postgres").await;
        let form = alice
            .form_when(|view| view.callback_id() == "connect")
            .await;
        let before = alice.private_messages().len();
        let outcome = alice.submits(&form, json!({ "url": url })).await;
        if outcome.errors.is_empty() {
            let told = alice.private_message_after(before).await.all_text();
            assert!(
                told.starts_with('⚠') && told.contains("network"),
                "{host}: {told}"
            );
        }
    }
    let knocked =
        tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(knocked.is_err(), "somebody connected");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_no_question_get_a_reason() {
    let world = World::start().await;
    let alice = world.alice();
    let told = alice.asks("@patchbay").await.all_text();
    assert!(told.contains("Ask me something"), "{told}");
    let long = format!("@patchbay {}", "x".repeat(13_000));
    let told = alice.asks(&long).await.all_text();
    assert!(told.contains("too long"), "{told}");
    let told = alice.asks("@patchbay مرحبا 👋🏽 “hello”").await.all_text();
    assert!(!told.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_ten_megabytes_harms_nobody() {
    use patchbay::slack::Transport;

    use crate::world::Engine;

    for transport in [Transport::Socket, Transport::Http] {
        let world = World::start_on(Engine::Sqlite, transport).await;
        let event = json!({
            "team_id": "T0SIM0001", "type": "event_callback", "event_id": "EvHuge",
            "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
            "event": { "type": "app_mention", "user": "U0ALICE01", "channel": "C0GENERAL1", "ts": "1.5",
                       "text": "x".repeat(10 * 1024 * 1024) },
        });
        world.sim.deliver(handmade("events_api", event)).await;
        let answer = world.alice().asks("@patchbay help me").await;
        assert!(!answer.all_text().is_empty());
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_unknown_deliveries_harm_nobody() {
    let world = World::start().await;
    for text in [
        "",
        "{",
        "null",
        "[]",
        "{\"type\":7}",
        "{\"type\":\"events_api\"}",
        "\u{0}",
        "{\"envelope_id\":\"x\",\"type\":\"new_kind\"}",
    ] {
        let raw = Handmade {
            text: Some(text.to_owned()),
            ..handmade("raw", json!(null))
        };
        world.sim.deliver(raw).await;
    }
    for payload in [
        json!({}),
        json!({ "event": { "type": "invented_tomorrow" }, "team_id": "T0SIM0001" }),
        json!({ "event": { "type": "message", "subtype": "invented" }, "team_id": null }),
        json!({ "event": { "type": "app_mention", "user": 7, "text": null }, "team_id": "T0SIM0001" }),
    ] {
        let acks = world.sim.deliver(handmade("events_api", payload)).await;
        assert!(acks[0].acked, "{acks:?}");
    }
    let answer = world.alice().asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_with_a_null_team_is_not_lost() {
    let world = World::start().await;
    let click = json!({
        "type": "block_actions", "team": null, "enterprise": { "id": "E1" }, "is_enterprise_install": true,
        "user": { "id": "U0ALICE01", "team_id": "T0SIM0001" }, "channel": { "id": "C0GENERAL1" },
        "container": { "message_ts": "1.5", "channel_id": "C0GENERAL1" },
        "actions": [{ "action_id": "dismiss", "value": "x", "action_ts": "1.6" }],
    });
    assert!(world.sim.deliver(handmade("interactive", click)).await[0].acked);
    let told = world.alice().private_message_after(0).await.all_text();
    assert!(told.contains("Nothing was changed"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_trigger_gets_a_sentence() {
    let world = World::start().await;
    world
        .sim
        .fault(Fault::new("views.open", FaultKind::OkFalse).error("expired_trigger_id"));
    let told = world
        .alice()
        .asks_privately("/mcp connect sqlite")
        .await
        .all_text();
    assert!(
        told.contains("three seconds") && told.contains("Try again"),
        "{told}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_from_an_older_version_gets_a_sentence() {
    let world = World::start().await;
    let click = json!({
        "type": "block_actions", "team": { "id": "T0SIM0001" }, "user": { "id": "U0ALICE01" },
        "channel": { "id": "C0GENERAL1" }, "container": { "message_ts": "1.5", "channel_id": "C0GENERAL1" },
        "actions": [{ "action_id": "from_last_year", "value": "x", "action_ts": "1.7" }],
    });
    world.sim.deliver(handmade("interactive", click)).await;
    let told = world.alice().private_message_after(0).await.all_text();
    assert!(told.contains("older version"), "{told}");
    world.stop().await;
}
