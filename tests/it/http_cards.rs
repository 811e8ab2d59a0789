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
                key: Some("0001".to_owned()),
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
async fn a_name_and_password_that_a_service_repeats_as_they_were_sent_are_not_shown() {
    let basic = "auth: { basic: { user: '{{ user }}', password: '{{ key }}' } }";
    let shop = Shop::new(&[("auth: none", basic)], Some("s3cr3t")).await;
    let echo = r#"{ "message": "you sent Basic YW5uOnMzY3IzdA== and s3cr3t" }"#;
    for (status, told) in [(200, "result"), (403, "refusal")] {
        shop.canned.answers(status, &[], echo);
        let said = match shop.call(json!({})).await {
            Ok(output) => output.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(
            said.contains("you sent Basic ••• and •••"),
            "{told}: {said}"
        );
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
    POST https://shop.example.com/orders
    ?limit=3
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

/// The card's request as YAML, and a list that it keeps.
fn listing(pages: &str) -> String {
    format!(
        "{{ method: GET, path: /orders, query: {{ q: a }}, keep: {{ at: /items, fields: {{ id: /id }} }}, pages: {{ {pages} }} }}"
    )
}

const REQUEST: &str = "{ method: GET, path: /orders }";

fn page(ids: &[u64], more: Value) -> String {
    let items: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let mut page = json!({ "items": items });
    page.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    page.to_string()
}

#[tokio::test]
async fn the_rest_of_a_list_is_fetched_in_every_way_there_is() {
    let link = |url: &str| vec![("link".to_owned(), format!("<{url}>; rel=\"next\""))];
    let cases = [
        ("by: link", "/orders?q=a&after=2", json!({})),
        (
            "by: { url: { at: /next } }",
            "/orders?q=a&after=2",
            json!({ "next": "/orders?q=a&after=2" }),
        ),
        (
            "by: { cursor: { at: /meta/cursor, parameter: after } }",
            "/orders?q=a&after=x%261",
            json!({ "meta": { "cursor": "x&1" } }),
        ),
        (
            "by: { number: { parameter: page } }",
            "/orders?q=a&page=2",
            json!({}),
        ),
        (
            "by: { offset: { parameter: offset } }",
            "/orders?q=a&offset=2",
            json!({}),
        ),
    ];
    for (by, second, more) in cases {
        let shop = Shop::new(&[(REQUEST, &listing(by))], None).await;
        let headers = link("/orders?q=a&after=2");
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .filter(|_| by == "by: link")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        shop.canned.answers(200, &headers, &page(&[1, 2], more));
        shop.canned.answers(200, &[], &page(&[3], json!({})));
        let got = shop.call(json!({ "limit": 5 })).await.unwrap();
        let expected = json!([{ "id": 1 }, { "id": 2 }, { "id": 3 }]);
        assert_eq!(got["text"], expected, "{by}");
        assert_eq!(got["truncated"], false, "{by}");
        let targets: Vec<_> = shop
            .canned
            .requests()
            .into_iter()
            .map(|asked| asked.target)
            .collect();
        assert_eq!(targets, ["/orders?q=a", second], "{by}");
    }
}

#[tokio::test]
async fn a_list_ends_where_enough_is_enough_and_says_that_there_is_more() {
    let by = "by: { cursor: { at: /cursor, parameter: after } }, most: 3";
    let shop = Shop::new(&[(REQUEST, &listing(by))], None).await;
    let full = |from: u64| page(&[from, from + 1], json!({ "cursor": format!("c{from}") }));
    let ids = |got: &Value| -> Vec<u64> {
        let items = got["text"]["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["id"].as_u64().unwrap())
            .collect()
    };
    // The argument `limit` is reached in the middle of the second page.
    for from in [1, 3] {
        shop.canned.answers(200, &[], &full(from));
    }
    let got = shop.call(json!({ "limit": 3 })).await.unwrap();
    assert_eq!(
        (ids(&got), &got["truncated"]),
        (vec![1, 2, 3], &json!(true))
    );
    assert_eq!(
        (shop.canned.requests().len(), &got["text"]["more"]),
        (2, &json!(true))
    );
    // As many pages as the card allows.
    for from in [1, 3, 5] {
        shop.canned.answers(200, &[], &full(from));
    }
    let got = shop.call(json!({ "limit": 50 })).await.unwrap();
    assert_eq!(ids(&got), [1, 2, 3, 4, 5, 6]);
    assert_eq!(shop.canned.requests().len(), 5);
    // A page that fails, one that is no list, one that leads elsewhere or in a circle: what came
    // before it stays.
    for (status, second) in [
        (500, "{}".to_owned()),
        (200, "[]".to_owned()),
        (200, "x".repeat(2 << 20)),
    ] {
        shop.canned.answers(200, &[], &full(1));
        shop.canned.answers(status, &[], &second);
        let got = shop.call(json!({ "limit": 50 })).await.unwrap();
        assert_eq!((ids(&got), &got["truncated"]), (vec![1, 2], &json!(true)));
    }
    let asked = shop.canned.requests().len();
    let circle = page(&[1], json!({ "cursor": "same" }));
    shop.canned.answers(200, &[], &circle);
    shop.canned.answers(200, &[], &circle);
    shop.call(json!({ "limit": 50 })).await.unwrap();
    assert_eq!(shop.canned.requests().len(), asked + 2);
    let elsewhere = Shop::new(&[(REQUEST, &listing("by: { url: { at: /next } }"))], None).await;
    let other = Canned::start().await;
    let first = page(&[1], json!({ "next": format!("{}/orders", other.url) }));
    elsewhere.canned.answers(200, &[], &first);
    elsewhere.call(json!({})).await.unwrap();
    assert!(other.requests().is_empty(), "another server was asked");
}

#[tokio::test]
async fn a_busy_service_is_asked_again_where_that_does_no_harm() {
    let retries = ("auth: none", "auth: none\n    retries: 2");
    let post = (REQUEST, "{ method: POST, path: /orders }");
    let write = ("risk: read", "risk: write");
    let key = (
        "risk: read",
        "risk: write\n    idempotency: Idempotency-Key",
    );
    type Changes<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Changes<'_>, u16, &str, usize, bool); 8] = [
        (&[retries], 503, "0", 2, true),
        (&[retries], 429, "0", 2, true),
        (&[retries], 502, "0", 2, true),
        (&[], 503, "0", 1, false),
        // Longer than is waited within a call, and what would end the same.
        (&[retries], 503, "60", 1, false),
        (&[retries], 400, "0", 1, false),
        (&[retries, post, write], 503, "0", 1, false),
        (&[retries, post, key], 503, "0", 2, true),
    ];
    for (changes, status, after, tries, works) in cases {
        let shop = Shop::new(changes, None).await;
        shop.canned.answers(status, &[("retry-after", after)], "{}");
        let got = shop.call(json!({})).await;
        let asked = shop.canned.requests();
        assert_eq!(
            (asked.len(), got.is_ok()),
            (tries, works),
            "{changes:?} {status}"
        );
        let keys: Vec<_> = asked
            .iter()
            .map(|asked| asked.headers.get("idempotency-key"))
            .collect();
        let with_key = changes.contains(&key);
        assert!(
            keys.iter()
                .all(|sent| sent.is_some() == with_key && *sent == keys[0])
        );
    }
    let shop = Shop::new(&[retries], None).await;
    for _ in 0..5 {
        shop.canned.answers(503, &[("retry-after", "0")], "{}");
    }
    assert!(shop.call(json!({})).await.is_err());
    assert_eq!(shop.canned.requests().len(), 3);
}

#[tokio::test]
async fn a_no_in_an_answer_is_an_error_although_its_status_says_yes() {
    let rule = "auth: { bearer: '{{ key }}' }
    refusal:
      at: /ok
      is: false
      reason: /error
      details: { needed: /needed }
      means: { unauthenticated: [invalid_auth], forbidden: [missing_scope], not_found: [no_order], rate_limited: [ratelimited] }
      next: { not_here: Ask in another shop. }";
    let shop = Shop::new(&[("auth: none", rule)], Some("s3cr3t")).await;
    let mut said = Vec::new();
    for answer in [
        json!({ "ok": false, "error": "invalid_auth" }),
        json!({ "ok": false, "error": "missing_scope", "needed": "orders:s3cr3t" }),
        json!({ "ok": false, "error": "no_order" }),
        json!({ "ok": false, "error": "ratelimited" }),
        json!({ "ok": false, "error": "not_here" }),
        json!({ "ok": false, "error": "some\nthing\u{202e}" }),
        json!({ "ok": false }),
    ] {
        shop.canned.answers(200, &[], &answer.to_string());
        let error = shop.call(json!({})).await.unwrap_err();
        said.push(format!("{:?}: {}", error.kind(), error.sentence()));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Unauthenticated: Shop does not accept this credential. It said: “invalid_auth”. Connect again with `/mcp connect shop`.
    Forbidden: Shop does not let this credential do that. It said: “missing_scope; needed: orders:•••”. Give the credential that permission, or use one that has it.
    NotFound: Shop has no such thing, or hides it from this credential. It said: “no_order”. Check the spelling, and that the credential may see it.
    RateLimited { retry_after: None }: Shop says that this is too many requests. Try again in a few minutes.
    Invalid: Shop could not do that. It said: “not_here”. Ask in another shop.
    Invalid: Shop could not do that. It said: “some thing”. Change what is asked for and try again.
    Invalid: Shop could not do that. Change what is asked for and try again.
    ");
    for answer in [r#"{"ok":true}"#, r#"{"error":"x"}"#, "[]", "no"] {
        shop.canned.answers(200, &[], answer);
        shop.call(json!({})).await.unwrap();
    }
    let any = rule.replace("at: /ok\n      is: false", "at: /errors");
    let shop = Shop::new(&[("auth: none", &any)], None).await;
    for (answer, fails) in [
        (r#"{"errors":["x"],"error":"x"}"#, true),
        (r#"{"errors":null}"#, false),
        (r#"{"data":1}"#, false),
    ] {
        shop.canned.answers(200, &[], answer);
        assert_eq!(shop.call(json!({})).await.is_err(), fails, "{answer}");
    }
}

#[tokio::test]
async fn a_request_has_headers_of_its_own_and_may_be_plain_text() {
    let request = "{ method: POST, path: /orders, headers: { X-Region: '{{ note }}', X-Note: '{{ note }}', Prefer: all }, text: { type: text/csv, content: 'id,{{ note }}' } }";
    let shop = Shop::new(&[(REQUEST, request), ("risk: read", "risk: write")], None).await;
    shop.call(json!({ "note": "us" })).await.unwrap();
    shop.call(json!({})).await.unwrap();
    let header = |asked: &crate::fakes::canned::Asked, name: &str| {
        let value = asked.headers.get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let asked = shop.canned.requests();
    let sent = |index: usize| {
        let names = ["x-region", "x-note", "prefer", "content-type"];
        (
            names.map(|name| header(&asked[index], name)),
            asked[index].body.clone(),
        )
    };
    let some = |text: &str| Some(text.to_owned());
    let expected = [some("us"), some("us"), some("all"), some("text/csv")];
    assert_eq!(sent(0), (expected, "id,us".to_owned()));
    // One that renders empty is left out, and then the service's own holds.
    let expected = [some("eu"), None, some("all"), some("text/csv")];
    assert_eq!(sent(1), (expected, "id,".to_owned()));
    let broken = json!({ "note": "us\r\nX-Evil: 1" });
    shop.call(broken).await.unwrap_err();
    assert_eq!(shop.canned.requests().len(), 2);
}
