//! What went wrong is said in the language of whoever reads it, whichever part of the bot met it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Message, View};

use super::assert_screen;
use super::languages::german;
use crate::fakes::github::{GitHub, TOKEN, Trouble};
use crate::fakes::silent;
use crate::fakes::writer::Writer;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_in_the_language_of_whoever_met_them() {
    let (writer, github) = (Writer::start().await, GitHub::start().await);
    let hangs = silent::server().await;
    let world = World::written_by(&writer, |config| {
        config.tools.max_connections_per_user = 1;
        config.tools.timeout = Duration::from_secs(2);
    })
    .await;
    world.sim.set_locale("bob", "de-DE").unwrap();
    let bob = world.bob();
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for command in [
        "/mcp test shop",
        "/mcp connect githbu",
        "/mcp connect jira",
        "/mcp model nosuch",
    ] {
        let message = bob.asks_privately(command).await;
        told.insert(command.to_owned(), json!(message.blocks));
    }
    let mut last = String::new();
    for (what, card, fields) in [
        (
            "field: a token that is none",
            "github",
            json!({ "token": "hello" }),
        ),
        (
            "field: a password in the address",
            "github",
            json!({ "token": TOKEN, "base_url": "https://u:p@api.github.com" }),
        ),
        (
            "field: no host",
            "postgres",
            json!({ "url": "postgres://u:p@/x" }),
        ),
        (
            "field: a name that is none",
            "sqlite",
            json!({ "connection-name": "Ü ber" }),
        ),
    ] {
        bob.types(&format!("/mcp connect {card}")).await;
        let is_new = |view: &View| view.callback_id() == "connect" && view.id() != last;
        let form = bob.form_when(is_new).await;
        form.id().clone_into(&mut last);
        let outcome = bob.submits(&form, fields).await;
        assert!(!outcome.errors.is_empty(), "{what}");
        told.insert(what.to_owned(), json!(outcome.errors));
    }
    for (what, url) in [
        (
            "a port where nothing is",
            "postgres://u:p@127.0.0.1:1/x".to_owned(),
        ),
        (
            "a server that hangs",
            format!("postgres://u:p@127.0.0.1:{}/x", hangs.port()),
        ),
    ] {
        let message = bob.connects("postgres", json!({ "url": url })).await;
        told.insert(what.to_owned(), json!(message.blocks));
    }
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    for (what, trouble) in [
        ("a service that asks for less", Trouble::RateLimited),
        ("a token that may not", Trouble::NoPermission),
        ("a service that sends elsewhere", Trouble::SentElsewhere),
        ("a service that repeats the token", Trouble::EchoesToken),
    ] {
        github.is_in(trouble);
        let message = bob.connects("github", fields.clone()).await;
        told.insert(what.to_owned(), json!(message.blocks));
    }
    bob.connects("sqlite", json!({})).await;
    for (what, name) in [
        ("a name that is taken", "sqlite"),
        ("one too many", "other"),
    ] {
        let message = bob
            .connects("sqlite", json!({ "connection-name": name }))
            .await;
        told.insert(what.to_owned(), json!(message.blocks));
    }
    writer.writes("  ");
    writer.ends();
    let ts = bob.says("@patchbay sag nichts").await;
    let failed =
        |message: &Message| !message.is_growing() && message.all_text().contains("Referenz");
    let message = bob.reply_when(&ts, failed).await;
    told.insert("an empty answer".to_owned(), json!(message.blocks));
    world.app.store.close().await;
    let outcome = bob.types("/mcp list").await;
    told.insert(
        "no storage".to_owned(),
        outcome.response.unwrap()["blocks"].clone(),
    );
    german(&told);
    assert_screen!("errors_german", told);
    world.stop().await;
}
