//! The card for any GraphQL API.

use super::*;
use crate::fakes::canned::Canned;
use crate::servers::{ORDERS_KEY, Server};

fn connected(url: &str, key: &str) -> Connected {
    let (address, endpoint) = (url.trim_start_matches("http://"), format!("{url}/graphql"));
    let fields = [("endpoint", &*endpoint), ("key", key)];
    Connected::built_in(graphql(&[address]), "graphql", &fields)
}

#[tokio::test]
async fn a_graphql_api_is_explored_asked_and_changed() {
    let server = Server::graphql(true);
    let api = connected(&server.url, ORDERS_KEY);
    api.source.check(&api.target).await.unwrap();
    let overview = api.asks("schema", json!({})).await;
    insta::assert_snapshot!(overview.as_str().unwrap(), @r"
    Queries:
      orders(state: [State!], first: Int): [Order!]!
      order(id: ID!): Order

    Mutations:
      createOrder(input: OrderInput!): Order!
      cancelOrder(id: ID!): Boolean

    Types: State, Order, OrderInput, Subscription

    Ask again with `type` for the fields of a type.
    ");
    let found = api.asks("schema", json!({ "search": "INPUT" })).await;
    assert!(found.as_str().unwrap().starts_with("Types: OrderInput\n"));
    let none = api.asks("schema", json!({ "search": "invoice" })).await;
    assert!(none.as_str().unwrap().starts_with("Nothing in the schema"));
    let (kind, _) = api.fails("schema", json!({ "type": "Invoice" })).await;
    assert_eq!(kind, Kind::NotFound);
    let order = api.asks("schema", json!({ "type": "Order" })).await;
    insta::assert_snapshot!(order.as_str().unwrap(), @r"
    # What somebody bought.
    type Order {
      # Its number.
      id: ID!
      item: String!
      count: Int!
      state: State!
      # Fails for lamps: they are counted by hand.
      stock: Int
    }
    ");
    for (name, expected) in [
        (
            "State",
            "# How far an order is.\nenum State {\n  NEW\n  PAID\n  SENT\n}",
        ),
        (
            "OrderInput",
            "input OrderInput {\n  item: String!\n  count: Int = 1\n}",
        ),
        ("ID", "scalar ID"),
    ] {
        let shown = api.asks("schema", json!({ "type": name })).await;
        let shown = shown.as_str().unwrap();
        // A built-in scalar comes with a description of its own.
        assert!(shown.ends_with(expected), "{shown}");
    }

    let make = "mutation($input: OrderInput!) { createOrder(input: $input) { id state } }";
    for item in ["lamp", "rug"] {
        let variables = json!({ "input": { "item": item, "count": 2 } });
        let made = api.asks(
            "mutate",
            json!({ "document": make, "variables": variables }),
        );
        assert_eq!(made.await["createOrder"]["state"], "NEW");
    }
    let ask = "query($id: ID!) { order(id: $id) { item count stock } }";
    let rug = api.asks(
        "query",
        json!({ "document": ask, "variables": { "id": "2" } }),
    );
    assert_eq!(
        rug.await,
        json!({ "order": { "item": "rug", "count": 2, "stock": 7 } })
    );
    let lamp = api.asks(
        "query",
        json!({ "document": ask, "variables": { "id": "1" } }),
    );
    let lamp = lamp.await;
    assert_eq!(
        lamp["errors"],
        json!(["Nobody counted the lamps. (at order.stock)"])
    );
    assert_eq!(lamp["data"]["order"]["item"], "lamp");
    assert!(lamp["partial"].is_string());
    let two = "query A { order(id: 1) { id } } query B { orders { id } }";
    let named = json!({ "document": two, "operation": "B" });
    assert_eq!(
        api.asks("query", named).await["orders"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_a_service_cannot_do_is_an_error_in_its_words() {
    let server = Server::graphql(true);
    let api = connected(&server.url, ORDERS_KEY);
    let wrong = json!({ "document": "{ orders { prize } }" });
    let (kind, said) = api.fails("query", wrong).await;
    assert_eq!(kind, Kind::Invalid);
    assert!(
        said.contains("Cannot query field \"prize\" on type \"Order\""),
        "{said}"
    );
    let failing = json!({ "document": "mutation { cancelOrder(id: 1) }" });
    let (kind, said) = api.fails("mutate", failing).await;
    assert_eq!(kind, Kind::Upstream);
    assert!(
        said.contains("Order 1 cannot be cancelled. (at cancelOrder)"),
        "{said}"
    );
    assert!(
        said.contains("It may have been done all the same"),
        "{said}"
    );
    for (tool, document, refused) in [
        (
            "query",
            "mutation { cancelOrder(id: 1) }",
            "holds a mutation",
        ),
        ("query", "subscription { ticks }", "holds a subscription"),
        ("query", "{ a } { b }", "more than one"),
        ("mutate", "{ orders { id } }", "holds a query"),
        ("query", "{ orders {", "not GraphQL"),
    ] {
        let (kind, said) = api.fails(tool, json!({ "document": document })).await;
        assert_eq!(kind, Kind::Denied("graphql"), "{document}");
        assert!(said.contains(refused), "{document}: {said}");
    }
    let stranger = connected(&server.url, "k-wrong-key");
    let (kind, said) = stranger
        .fails("query", json!({ "document": "{ orders { id } }" }))
        .await;
    assert_eq!(kind, Kind::Unauthenticated);
    assert!(!said.contains("k-wrong-key"), "{said}");

    let untold = Server::graphql(false);
    let api = connected(&untold.url, ORDERS_KEY);
    api.source.check(&api.target).await.unwrap();
    for arguments in [json!({}), json!({ "type": "Order" })] {
        let (_, said) = api.fails("schema", arguments).await;
        assert!(said.contains("introspection is switched off"), "{said}");
    }
    assert_eq!(
        api.asks("query", json!({ "document": "{ orders { id } }" }))
            .await,
        json!({ "orders": [] })
    );
}

#[tokio::test]
async fn a_hostile_answer_tells_no_secret_and_harms_nobody() {
    let canned = Canned::start().await;
    let api = connected(&canned.url, "k-123456");
    let ask = || json!({ "document": "{ a }" });
    for (answer, said) in [
        (
            r#"{"errors":[{"message":"you sent k-123456\u001b[31m"}]}"#,
            "you sent •••",
        ),
        (r#"{"errors":[{}, 7, "x"]}"#, "an error without words"),
        (r#"{"errors":"no","data":null}"#, "in a form I do not know"),
        (r#"{"data":null}"#, "in a form I do not know"),
        (r#"[]"#, "in a form I do not know"),
        ("<html>", "not JSON"),
    ] {
        canned.answers(200, &[], answer);
        let (_, told) = api.fails("query", ask()).await;
        assert!(
            told.contains(said) && !told.contains("k-123456"),
            "{answer}: {told}"
        );
    }
    let many = format!(
        r#"{{"errors":[{}]}}"#,
        vec![format!(r#"{{"message":"{}"}}"#, "x".repeat(9_000)); 100].join(",")
    );
    canned.answers(200, &[], &many);
    let (_, told) = api.fails("query", ask()).await;
    assert!(told.len() < 3_000, "{}", told.len());
    canned.answers(200, &[], r#"{"data":{"a":"Bearer k-123456"}}"#);
    assert_eq!(api.asks("query", ask()).await["a"], "Bearer •••");
    let deep = "{\"kind\":\"LIST\",\"ofType\":".repeat(50) + "null" + &"}".repeat(50);
    let schema = format!(
        r#"{{"data":{{"__type":{{"kind":"OBJECT","name":"T","fields":[{{"name":"f","type":{deep}}}]}}}}}}"#
    );
    canned.answers(200, &[], &schema);
    let shown = api.asks("schema", json!({ "type": "T" })).await;
    assert!(shown.as_str().unwrap().contains("f: [[[[[[[[[…"), "{shown}");
    let shown = api.preview(
        "mutate",
        json!({ "document": "mutation {\n  a\n}", "variables": { "x": 1 } }),
    );
    let shown = shown
        .await
        .text()
        .replace(&canned.url, "https://shop.example.com");
    insta::assert_snapshot!(shown, @r#"
    This is sent:
    POST https://shop.example.com/graphql
    authorization: •••
    accept: application/graphql-response+json, application/json;q=0.9
    content-type: application/json

    mutation {
      a
    }

    variables: {
      "x": 1
    }
    "#);
}

#[tokio::test]
async fn a_card_declares_documents_of_its_own() {
    let server = Server::graphql(true);
    let card = r#"
name: shop
title: Shop
icon: 🛒
description: Orders of the shop.
noun: order
service:
  graphql: { endpoint: "{{ address }}/graphql", auth: { bearer: "{{ key }}" } }
fields:
  - { name: address, label: Address }
  - { name: key, label: Key, secret: true }
tools:
  - name: order
    description: Takes an order for the shop.
    risk: write
    input:
      type: object
      properties:
        item: { type: string, description: What is bought. }
        how_many: { type: integer, description: How many. }
      required: [item]
      additionalProperties: false
    run:
      graphql:
        send:
          document: "mutation($i: OrderInput!) { createOrder(input: $i) { id item count state } }"
          variables: { i: { item: "{{ item }}", count: "{{ how_many }}" } }
          keep: { at: /createOrder, fields: { number: /id, count: /count } }
    tests:
      - arguments: { item: "a \" b" }
        request: POST /graphql
        body: { query: "mutation($i: OrderInput!) { createOrder(input: $i) { id item count state } }", variables: { i: { item: "a \" b" } } }
        answer: { data: { createOrder: { id: "1", count: 1, item: x } } }
        result: { number: "1", count: 1 }
"#;
    let parsed = patchbay::cards::parse("shop.yaml", card).unwrap_or_else(|p| panic!("{p:?}"));
    let fields = [("address", &*server.url), ("key", ORDERS_KEY)];
    let api = Connected::new(graphql(&[server.address()]), Arc::new(parsed), &fields);
    let made = api.asks("order", json!({ "item": "x\") { id } }", "how_many": 3 }));
    assert_eq!(made.await, json!({ "number": "1", "count": 3 }));

    let problem = |from: &str, to: &str| {
        assert!(card.contains(from), "{from}");
        let problems = patchbay::cards::parse("shop.yaml", &card.replacen(from, to, 1));
        problems.unwrap_err()[0].to_string()
    };
    let said = [
        ("risk: write", "risk: read"),
        ("document: \"mutation(", "document: \"subscription("),
        ("document: \"mutation(", "document: \"mutation)"),
        (
            "document: \"mutation(",
            "document: \"query A { a } mutation B(",
        ),
        ("variables: { i:", "variables: { j:"),
        ("{{ how_many }}", "{{ key }}"),
        ("endpoint: \"{{ address }}", "endpoint: \"{{ key }}"),
    ];
    let said: Vec<_> = said.iter().map(|(from, to)| problem(from, to)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    shop.yaml:15: a tool that runs a mutation has `risk: write` or `destructive`
    shop.yaml:26: a subscription cannot be sent
    shop.yaml:26: The document is not GraphQL: line 1: expected a Selection Set.
    shop.yaml:26: the document has one operation and no more
    shop.yaml:26: the document declares no `$j`
    shop.yaml:27: `key` is secret, and secrets only go into `auth` and `headers`
    shop.yaml:8: `key` is secret, and secrets only go into `auth` and `headers`
    ");
}
