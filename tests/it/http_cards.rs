//! What cards can say of an HTTP API, run against one that gives the answers it was told to.

use std::sync::Arc;

use patchbay::cards::parse;
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::{Target, ToolSource};
use serde_json::{Value, json};

use crate::fakes::canned::Canned;

/// A card with one tool, which a test changes.
const CARD: &str = r#"
name: shop
title: Shop
icon: 🛒
description: Orders of the shop.
noun: order
service:
  http:
    base_url: "{{ address }}"
    auth: none
    headers: { X-Client: patchbay, X-Region: "{{ region }}" }
    health: { method: GET, path: /me }
fields:
  - { name: address, label: Address }
  - { name: region, label: Region, optional: true, default: eu }
  - { name: user, label: User, optional: true }
  - { name: key, label: Key, secret: true, optional: true }
tools:
  - name: orders
    description: Lists the orders of the shop, the newest first.
    risk: read
    input:
      type: object
      properties:
        limit: { type: integer, description: How many to return., default: 3 }
        note: { type: string, description: What to say. }
      additionalProperties: false
    run:
      http: { method: GET, path: /orders }
"#;

/// A connection through that card, with some texts in place of others.
struct Shop {
    canned: Canned,
    source: HttpSource,
    target: Target,
}

impl Shop {
    async fn new(changes: &[(&str, &str)], key: Option<&str>) -> Self {
        let canned = Canned::start().await;
        let card = changes.iter().fold(CARD.to_owned(), |card, (from, to)| {
            assert!(card.contains(from), "{from}");
            card.replacen(from, to, 1)
        });
        let card = parse("shop.yaml", &card).unwrap_or_else(|problems| panic!("{problems:?}"));
        let policy = AddressPolicy::new(vec![canned.address().parse().unwrap()]);
        let config = [("address", canned.url.as_str()), ("user", "ann")];
        let config = config.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            source: HttpSource::new(guarded_client(&policy).unwrap()),
            canned,
            target: Target {
                card: Arc::new(card),
                config: config.into(),
                secrets: key
                    .into_iter()
                    .map(|key| ("key".to_owned(), key.into()))
                    .collect(),
            },
        }
    }

    async fn call(&self, arguments: Value) -> patchbay::error::Result<Value> {
        let tool = self.target.card.tool("orders").unwrap();
        let arguments = arguments.as_object().unwrap();
        let output = self.source.call(&self.target, tool, arguments).await?;
        Ok(json!({
            "text": serde_json::from_str::<Value>(&output.text).unwrap_or(output.text.into()),
            "rows": output.rows,
            "truncated": output.truncated,
        }))
    }
}

#[tokio::test]
async fn each_way_to_show_who_asks_is_sent_and_an_empty_one_is_not() {
    let cases = [
        ("none", "authorization", None, None),
        (
            "{ bearer: '{{ key }}' }",
            "authorization",
            Some("Bearer s3cr3t"),
            None,
        ),
        (
            "{ header: { name: X-Api-Key, value: '{{ key }}' } }",
            "x-api-key",
            Some("s3cr3t"),
            None,
        ),
        (
            "{ basic: { user: '{{ user }}', password: '{{ key }}' } }",
            "authorization",
            Some("Basic YW5uOnMzY3IzdA=="),
            Some("Basic YW5uOg=="),
        ),
        (
            "{ basic: { user: '', password: '{{ key }}' } }",
            "authorization",
            Some("Basic OnMzY3IzdA=="),
            None,
        ),
    ];
    for (auth, header, with_key, without) in cases {
        for (key, expected) in [(Some("s3cr3t"), with_key), (None, without)] {
            let shop = Shop::new(&[("auth: none", &format!("auth: {auth}"))], key).await;
            shop.call(json!({})).await.unwrap();
            let asked = shop.canned.requests().pop().unwrap();
            let sent = asked
                .headers
                .get(header)
                .map(|value| value.to_str().unwrap());
            assert_eq!(sent, expected, "{auth} with {key:?}");
            assert_eq!(asked.headers["x-region"], "eu");
            let line = (asked.method.as_str(), asked.target.as_str(), &*asked.body);
            assert_eq!(line, ("GET", "/orders", ""));
        }
    }
}

#[tokio::test]
async fn a_preview_is_the_request_with_what_is_secret_masked() {
    let changes = [
        ("auth: none", "auth: { bearer: '{{ key }}' }"),
        ("risk: read", "risk: write"),
        (
            "{ method: GET, path: /orders }",
            "{ method: POST, path: /orders, query: { limit: '{{ limit }}' }, body: { note: '{{ note }}' } }",
        ),
    ];
    let shop = Shop::new(&changes, Some("s3cr3t")).await;
    let tool = shop.target.card.tool("orders").unwrap();
    let arguments = json!({ "note": "hello" });
    let arguments = arguments.as_object().unwrap();
    let preview = shop.source.preview(&shop.target, tool, arguments).await;
    let shown = preview.unwrap().unwrap().text();
    let shown = shown.replace(&shop.canned.url, "https://shop.example.com");
    insta::assert_snapshot!(shown, @r#"
    This is sent:
    POST https://shop.example.com/orders?limit=3
    x-client: patchbay
    x-region: •••
    authorization: •••
    content-type: application/json

    {
      "note": "hello"
    }
    "#);
    assert!(
        shop.canned.requests().is_empty(),
        "a preview asks the service"
    );
}
