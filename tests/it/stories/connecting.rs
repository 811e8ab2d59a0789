//! Connecting a service: the list, the form, the test, and what stands in the way.

use serde_json::json;

use super::{assert_screen, on_every_pairing};
use crate::fakes::postgres::Postgres;
use crate::world::World;

on_every_pairing!(a_database_is_connected_and_asked);

/// The founding flow: `/mcp connect`, the form, the test, "Connected!", a question, an answer.
async fn a_database_is_connected_and_asked(world: World) {
    let alice = world.alice();
    let url = Postgres::shared().create_sample_database().await.reader;

    assert!(alice.types("/mcp connect").await.ok);
    let picker = alice
        .form_when(|view| view.title() == "Connect MCP Service")
        .await;
    assert!(picker.all_text().contains("Choose a service to connect:"));
    assert!(alice.clicks_in(&picker, "🐘 PostgreSQL").await.ok);
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let outcome = alice
        .submits(&form, json!({ "url": url, "connection-name": "shop" }))
        .await;
    assert!(
        outcome.errors.is_empty() && outcome.error.is_none(),
        "{outcome:?}"
    );

    let connected = alice.private_message_after(0).await;
    assert!(
        connected
            .all_text()
            .contains("✅ Connected! 6 database tools now available"),
        "{connected:#?}"
    );
    let form = alice
        .form_when(|view| view.all_text().contains("Connected!"))
        .await;
    assert!(!format!("{form:?}").contains("postgres://"));

    let answer = alice
        .asks("@patchbay Show me all users from my database")
        .await
        .all_text();
    assert!(
        answer.contains("list_tables") && answer.contains("execute_sql ("),
        "{answer}"
    );
    let listed = alice.asks_privately("/mcp list").await.all_text();
    assert!(
        listed.contains("shop") && listed.contains("used"),
        "{listed}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screens_on_the_way_read_well() {
    let world = World::start().await;
    let alice = world.alice();
    assert_screen!("help", alice.asks_privately("/mcp help").await.blocks);
    assert_screen!(
        "nothing_connected",
        alice.asks_privately("/mcp list").await.blocks
    );
    alice.types("/mcp connect").await;
    assert_screen!(
        "picker",
        alice
            .form_when(|view| view.callback_id() == "pick_service")
            .await
            .blocks()
    );
    alice.types("/mcp connect postgres").await;
    assert_screen!(
        "connect_postgres",
        alice
            .form_when(|view| view.callback_id() == "connect")
            .await
            .blocks()
    );
    assert_screen!(
        "connected",
        alice.connects("sqlite", json!({})).await.blocks
    );
    assert_screen!("list", alice.asks_privately("/mcp list").await.blocks);
    let dm = alice.in_channel("dm");
    let ts = dm.says("tools sqlite").await;
    assert_screen!("tools", dm.answer_to(&ts).await.blocks);
    assert_screen!("test_works", alice.asks_privately("/mcp test").await.blocks);
    assert_screen!(
        "ask_disconnect",
        alice.asks_privately("/mcp disconnect sqlite").await.blocks
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_removed_with_its_credential() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let question = alice.asks_privately("/mcp disconnect").await;
    assert!(alice.clicks(&question, "Disconnect").await.ok);
    let gone = |_: &slack_sim::Sim| {
        alice
            .private_messages()
            .into_iter()
            .find(|message| message.all_text().contains("✅ Disconnected"))
    };
    assert!(
        world
            .sim
            .until(std::time::Duration::from_secs(10), gone)
            .await
            .is_some()
    );
    let listed = alice.asks_privately("/mcp list").await.all_text();
    assert!(listed.contains("no connections yet"), "{listed}");
    world.stop().await;
}
