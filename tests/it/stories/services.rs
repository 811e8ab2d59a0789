//! Cards with several services, with tools that cost, and what a connection offers of them.

use patchbay::slack::Transport;
use serde_json::json;

use crate::fakes::canned::Canned;
use crate::fakes::writer::Writer;
use crate::world::{Engine, World, answered_by};

const CARD: &str = r#"
name: shop
title: Shop
icon: 🛒
description: Orders of the shop, and its database.
noun: shop
service:
  http:
    base_url: "{{ address }}"
    auth: { bearer: "{{ key }}" }
    health: { method: GET, path: /me }
  sql: { engine: sqlite, file: database }
fields:
  - { name: address, label: Address, optional: true }
  - { name: key, label: Key, secret: true, optional: true }
  - { name: database, label: Database, optional: true }
tools:
  - name: look_up
    description: Looks up what is known of a customer.
    risk: read
    ask: always
    cost: { per_call: "0.25" }
    input: { type: object, properties: {}, additionalProperties: false }
    run: { http: { method: GET, path: /customers } }
  - name: rate
    description: Reads the rate of a currency.
    risk: read
    cache: 60s
    input:
      type: object
      properties: { of: { type: string, description: Which currency. } }
      additionalProperties: false
    run: { http: { method: GET, path: /rate, query: { of: "{{ of }}" } } }
  - name: pay
    description: Pays a bill of the shop.
    risk: write
    idempotency: Idempotency-Key
    input: { type: object, properties: {}, additionalProperties: false }
    run: { http: { method: POST, path: /pay } }
  - name: list_tables
    description: Lists the tables of the shop.
    risk: read
    input: { type: object, properties: {}, additionalProperties: false }
    run: { sql: list_tables }
"#;

/// A bot with that card.
async fn world(writer: &Writer) -> (World, tempfile::TempDir) {
    let cards = tempfile::tempdir().unwrap();
    std::fs::write(cards.path().join("shop.yaml"), CARD).unwrap();
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        answered_by(config, writer.provider());
        config.cards.directory = Some(cards.path().to_owned());
    });
    (world.await, cards)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_address_is_missing_offers_nothing_and_is_not_tried() {
    let (writer, shop) = (Writer::start().await, Canned::start().await);
    let (world, _cards) = world(&writer).await;
    let alice = world.alice();
    let tools = async |connection: &str| -> Vec<String> {
        let tools = world.tools_of("alice").await;
        let of = tools
            .iter()
            .filter(|tool| tool.connection.name.as_str() == connection);
        of.map(|tool| tool.tool.name.clone()).collect()
    };
    let told = alice.connects("shop", json!({ "address": shop.url })).await;
    assert!(
        told.all_text().contains("3 shop tools now available"),
        "{told:?}"
    );
    assert_eq!(tools("shop").await, ["look_up", "rate", "pay"]);
    assert_eq!(shop.requests().len(), 1);

    let fields = json!({ "database": "sample", "connection-name": "data" });
    let told = alice.connects("shop", fields).await;
    assert!(
        told.all_text().contains("1 shop tool now available"),
        "{told:?}"
    );
    assert_eq!(tools("data").await, ["list_tables"]);
    assert_eq!(shop.requests().len(), 1, "a service without an address");

    let fields = json!({ "address": shop.url, "database": "sample", "connection-name": "both" });
    alice.connects("shop", fields).await;
    assert_eq!(
        tools("both").await,
        ["look_up", "rate", "pay", "list_tables"]
    );
    assert_eq!(shop.requests().len(), 2);

    let fields = json!({ "address": shop.url, "database": "no", "connection-name": "bad" });
    let told = alice.connects("shop", fields).await.all_text();
    assert!(told.contains("not one that this bot may open"), "{told}");
    let told = alice
        .connects("shop", json!({ "connection-name": "none" }))
        .await
        .all_text();
    assert!(told.contains("None of the addresses"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expensive_tool_asks_although_it_only_reads() {
    let (writer, shop) = (Writer::start().await, Canned::start().await);
    let (world, _cards) = world(&writer).await;
    let alice = world.alice();
    alice
        .connects("shop", json!({ "address": shop.url, "key": "k-123456" }))
        .await;
    let ts = alice.says("@patchbay who is Ann?").await;
    writer.calls("shop__look_up", json!({}));
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    let text = card.all_text();
    for part in ["It reads.", "It costs $0.2500.", "/customers", "•••"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("k-123456"), "{text}");
    assert_eq!(shop.requests().len(), 1, "asked before anybody said yes");
    shop.answers(200, &[], r#"{"name":"Ann"}"#);
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.answers("She is Ann.");
    alice
        .reply_when(&ts, |message| message.all_text().contains("She is Ann."))
        .await;
    assert_eq!(shop.requests().len(), 2);
    world.stop().await;
}

/// Asks the model to call these tools at once, and returns when it has answered.
async fn calls(world: &World, writer: &Writer, tools: &[(&str, serde_json::Value)]) {
    let alice = world.alice();
    let ts = alice.says("@patchbay what now?").await;
    for (name, arguments) in tools {
        writer.calls(&format!("shop__{name}"), arguments.clone());
    }
    writer.ends();
    if tools.iter().any(|(name, _)| *name == "pay") {
        let card = alice.is_asked_to_decide(&ts).await;
        assert!(alice.clicks(&card, "Approve").await.ok);
    }
    writer.answers("That is it.");
    alice
        .reply_when(&ts, |message| message.all_text().contains("That is it."))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_until_it_is_old_or_something_changed() {
    let (writer, shop) = (Writer::start().await, Canned::start().await);
    let (world, _cards) = world(&writer).await;
    let fields = json!({ "address": shop.url, "key": "k-123456" });
    world.alice().connects("shop", fields).await;
    let asked = |path: &str| {
        let requests = shop.requests();
        requests.iter().filter(|asked| asked.target == path).count()
    };
    let dollars = [("rate", json!({ "of": "usd" }))];
    calls(&world, &writer, &dollars).await;
    calls(&world, &writer, &dollars).await;
    assert_eq!(asked("/rate?of=usd"), 1);
    calls(&world, &writer, &[("rate", json!({ "of": "chf" }))]).await;
    assert_eq!(asked("/rate?of=chf"), 1);
    calls(&world, &writer, &[("pay", json!({}))]).await;
    calls(&world, &writer, &dollars).await;
    assert_eq!(asked("/rate?of=usd"), 2, "a change was made meanwhile");
    world.app.clock.advance(std::time::Duration::from_secs(61));
    calls(&world, &writer, &dollars).await;
    assert_eq!(asked("/rate?of=usd"), 3, "it is a minute old");
    let paid = shop.requests();
    let paid: Vec<_> = paid.iter().filter(|asked| asked.target == "/pay").collect();
    let key = paid[0].headers["idempotency-key"].to_str().unwrap();
    assert_eq!(
        (paid.len(), key.len(), key.matches('-').count()),
        (1, 36, 4)
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_changed_between_the_question_and_the_yes_does_not_run() {
    let (writer, shop) = (Writer::start().await, Canned::start().await);
    let (world, cards) = world(&writer).await;
    let alice = world.alice();
    let fields = json!({ "address": shop.url, "key": "k-123456" });
    alice.connects("shop", fields).await;
    let ts = alice.says("@patchbay pay the bill").await;
    writer.calls("shop__pay", json!({}));
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    assert!(card.all_text().contains("/pay"));
    let changed = CARD.replace("path: /pay", "path: /pay-twice");
    std::fs::write(cards.path().join("shop.yaml"), changed).unwrap();
    let read = |_: &slack_sim::Sim| (world.app.cards.revision() > 1).then_some(());
    let read = world.sim.until(crate::world::PATIENCE, read).await;
    read.expect("the card is read again");
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.answers("It was not paid.");
    alice
        .reply_when(&ts, |message| {
            message.all_text().contains("It was not paid.")
        })
        .await;
    let model_was_told = writer.asked().pop().unwrap().to_string();
    assert!(
        model_was_told.contains("not what would run"),
        "{model_was_told}"
    );
    let paid = shop.requests();
    assert!(
        !paid.iter().any(|asked| asked.target.contains("pay")),
        "{paid:?}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_kept_until_something_about_it_changes_in_any_process() {
    let (writer, shop) = (Writer::start().await, Canned::start().await);
    let (world, cards) = world(&writer).await;
    let (alice, person) = (world.alice(), world.principal("alice"));
    let list = async || world.app.tools.all_of(&person).await.unwrap();
    assert!(list().await.all().is_empty());
    alice.connects("shop", json!({ "address": shop.url })).await;
    let listed = list().await;
    assert_eq!(listed.all().len(), 3);
    assert!(
        std::sync::Arc::ptr_eq(&listed, &list().await),
        "put together twice"
    );
    // Another process writes to the same database.
    let connection = listed.all()[0].connection.id.clone();
    let now = world.app.clock.now();
    let store = &world.app.store;
    store
        .switch_tool(&person, &connection, "rate", false, now)
        .await
        .unwrap();
    assert_eq!(list().await.all().iter().filter(|tool| tool.on).count(), 2);
    let found = patchbay::domain::card::CardTool::new(
        "found.tool",
        "A tool that the service told of.",
        patchbay::domain::tool::Risk::Read,
        json!({ "type": "object" }),
        listed.all()[0].tool.run.clone(),
    );
    store
        .keep_tools(&person, &connection, &[found], now)
        .await
        .unwrap();
    let names: Vec<String> = list()
        .await
        .all()
        .iter()
        .map(|tool| tool.full_name())
        .collect();
    assert_eq!(names.len(), 4);
    assert!(names[3].starts_with("shop__found_tool_"), "{names:?}");
    std::fs::remove_file(cards.path().join("shop.yaml")).unwrap();
    let read = |_: &slack_sim::Sim| (world.app.cards.revision() > 1).then_some(());
    let read = world.sim.until(crate::world::PATIENCE, read).await;
    read.expect("the folder is read again");
    assert!(list().await.all().is_empty());
    assert!(store.remove_connection(&person, &connection).await.unwrap());
    assert!(store.kept_tools(&person).await.unwrap().is_empty());
    world.stop().await;
}
