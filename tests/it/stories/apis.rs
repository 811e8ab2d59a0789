//! Connecting any API by its address, asking it, and changing something there.

use serde_json::{Value, json};

use crate::fakes::writer::Writer;
use crate::servers::{ORDERS_KEY, SHOP_TOKEN, Server};
use crate::world::World;

/// Alice has a lamp ordered after a yes to the exact request, and the orders listed; the key is shown
/// to nobody.
async fn orders_a_lamp(world: &World, writer: &Writer, [order, list]: [(&str, Value); 2]) {
    let alice = world.alice();
    let ts = alice.says("@patchbay order a lamp").await;
    writer.calls(order.0, order.1);
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    let text = card.all_text();
    for part in [
        "POST http://",
        "/orders",
        "x-api-key: •••",
        "\"item\": \"lamp\"",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains(ORDERS_KEY), "{text}");
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.calls(list.0, list.1);
    writer.ends();
    writer.answers("Two lamps are ordered.");
    let answered = |message: &slack_sim::Message| message.all_text().contains("Two lamps");
    alice.reply_when(&ts, answered).await;
    let read = writer.asked().pop().unwrap().to_string();
    assert!(read.contains("language"), "the listing is not in {read}");
    assert!(!read.contains(ORDERS_KEY), "a model reads the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_http_api_is_connected_by_its_address_and_asked_before_it_is_changed() {
    let (writer, server) = (Writer::start().await, Server::orders());
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let fields = json!({
        "base_url": server.url, "key": ORDERS_KEY, "header": "X-Api-Key", "test_path": "/orders",
    });
    let told = alice.connects("rest", fields).await.all_text();
    assert!(told.contains("5 API tools now available"), "{told}");

    let order = json!({ "path": "orders", "body": { "item": "lamp", "count": 2 } });
    let list = json!({ "path": "orders", "query": { "state": "new" } });
    orders_a_lamp(
        &world,
        &writer,
        [("rest__create", order), ("rest__get", list)],
    )
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_says_how_a_request_travels_is_refused_in_the_form() {
    let world = World::start().await;
    let alice = world.alice();
    alice.types("/mcp connect rest").await;
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    super::assert_screen!("rest_form", form.blocks());
    for (header, said) in [
        ("Host", "must not be Host, which I fill myself."),
        ("X Api Key", "must not have spaces"),
        ("X-Key: a", "must not have spaces"),
        ("X-Kéy", "looks like X-Api-Key."),
    ] {
        let fields = json!({ "base_url": "https://api.example.com", "header": header });
        let outcome = alice.submits(&form, fields).await;
        let wrong = format!("{:?}", outcome.errors);
        assert!(wrong.contains(said), "{header}: {wrong}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_tools_that_are_read_again_with_every_test() {
    let (writer, server) = (Writer::start().await, Server::orders());
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let mut fields = json!({
        "document": format!("{}/openapi.json", server.url),
        "key": ORDERS_KEY, "header": "X-Api-Key", "tags": "customers", "connection-name": "shop",
    });
    let told = alice.connects("openapi", fields.clone()).await.all_text();
    assert!(told.contains("no operations with these tags"), "{told}");
    assert!(told.contains("`orders`, `about`"), "{told}");
    fields["tags"] = "orders".into();
    let told = alice.connects("openapi", fields).await.all_text();
    assert!(told.contains("5 API tools now available"), "{told}");

    let order = json!({ "body": { "item": "lamp", "count": 2 } });
    let list = json!({ "state": ["new"] });
    let calls = [("shop__create_order", order), ("shop__list_orders", list)];
    orders_a_lamp(&world, &writer, calls).await;

    let person = world.principal("alice");
    let connection = world.app.connections.find(&person, "shop").await.unwrap();
    let now = world.app.clock.now();
    let store = &world.app.store;
    store
        .keep_tools(&person, &connection.id, &[], now)
        .await
        .unwrap();
    let count = async || world.tools_of("alice").await.len();
    assert_eq!(count().await, 0);
    let told = alice.asks_privately("/mcp test shop").await.all_text();
    assert!(told.contains("works"), "{told}");
    assert_eq!(count().await, 5);
    drop(server);
    let told = alice.asks_privately("/mcp test shop").await.all_text();
    assert!(told.contains("could not be reached"), "{told}");
    assert_eq!(count().await, 5, "what cannot be read is kept");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graphql_api_is_asked_at_once_and_changed_after_a_yes() {
    let (writer, server) = (Writer::start().await, Server::graphql(true));
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let fields = json!({
        "endpoint": format!("{}/graphql", server.url), "key": ORDERS_KEY, "connection-name": "shop",
    });
    let told = alice.connects("graphql", fields).await.all_text();
    assert!(told.contains("3 GraphQL tools now available"), "{told}");

    let ts = alice.says("@patchbay order a rug").await;
    writer.calls("shop__schema", json!({ "type": "OrderInput" }));
    writer.ends();
    let make = "mutation($input: OrderInput!) {\n  createOrder(input: $input) { id }\n}";
    let arguments = json!({ "document": make, "variables": { "input": { "item": "rug" } } });
    writer.calls("shop__query", arguments.clone());
    writer.calls("shop__mutate", arguments);
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    super::assert_screen!("graphql_mutation", card.blocks);
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.calls(
        "shop__query",
        json!({ "document": "{ orders { item stock } }" }),
    );
    writer.ends();
    writer.answers("A rug is ordered.");
    let answered = |message: &slack_sim::Message| message.all_text().contains("A rug is ordered");
    alice.reply_when(&ts, answered).await;
    let read = writer.asked().pop().unwrap().to_string();
    for part in ["input OrderInput", "holds a mutation", "stock"] {
        assert!(read.contains(part), "{part} is not in {read}");
    }
    assert!(!read.contains(ORDERS_KEY), "a model reads the key");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mcp_server_is_connected_by_its_address_and_each_of_its_tools_asks() {
    let (writer, server) = (Writer::start().await, Server::shop());
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let mut fields = json!({
        "url": server.url, "token": "t-wrong-token", "connection-name": "shop",
    });
    let told = alice.connects("mcp", fields.clone()).await.all_text();
    assert!(told.contains("does not accept this credential"), "{told}");
    fields["token"] = SHOP_TOKEN.into();
    let told = alice.connects("mcp", fields).await.all_text();
    assert!(told.contains("5 server tools now available"), "{told}");

    let ts = alice.says("@patchbay order a lamp").await;
    writer.calls("shop__order", json!({ "item": "lamp", "count": 2 }));
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    super::assert_screen!("mcp_call", card.blocks);
    assert!(alice.clicks(&card, "Approve").await.ok);
    // The server says that this only reads, for which nobody vouches.
    writer.calls("shop__list_orders", json!({}));
    writer.ends();
    let listing = |message: &slack_sim::Message| {
        message.all_text().contains("list_orders") && message.buttons().len() >= 2
    };
    let card = alice.reply_when(&ts, listing).await;
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.answers("A lamp is ordered.");
    let answered = |message: &slack_sim::Message| message.all_text().contains("A lamp is ordered");
    alice.reply_when(&ts, answered).await;
    let read = writer.asked().pop().unwrap().to_string();
    for part in ["It is order 10.", "Ødegård"] {
        assert!(read.contains(part), "{part} is not in {read}");
    }
    assert!(!read.contains(SHOP_TOKEN), "a model reads the token");
    world.stop().await;
}
