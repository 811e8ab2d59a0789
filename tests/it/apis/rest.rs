//! The card for any HTTP API.

use super::*;
use crate::fakes::canned::Canned;
use crate::servers::{ORDERS_KEY, Server};

#[tokio::test]
async fn an_api_is_read_and_changed_by_its_paths() {
    let server = Server::orders();
    let fields = [
        ("base_url", &*server.url),
        ("key", ORDERS_KEY),
        ("header", "X-Api-Key"),
        ("test_path", "/health"),
    ];
    let api = Connected::built_in(http(&[server.address()]), "rest", &fields);
    api.source.check(&api.target).await.unwrap();
    let order = json!({ "item": "lamp", "count": 2, "to": { "street": "1 Main", "city": "Ulm" } });
    let made = api.asks("create", json!({ "path": "/orders", "body": order }));
    assert_eq!(made.await["id"], 1);
    api.asks(
        "create",
        json!({ "path": "orders", "body": { "item": "rug" } }),
    )
    .await;
    let paid = json!({ "path": "orders/1", "body": { "state": "paid" } });
    assert_eq!(api.asks("change", paid).await["state"], "paid");
    let ask = json!({ "path": "orders", "query": { "state": ["paid", "sent"], "limit": 5 } });
    let listed = api.asks("get", ask).await;
    assert_eq!(listed[0]["to"]["city"], "Ulm");
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let gone = api.asks("delete", json!({ "path": "orders/2" })).await;
    assert_eq!(gone, json!({ "deleted": 2 }));
    let (kind, said) = api.fails("get", json!({ "path": "orders/2" })).await;
    assert_eq!(kind, Kind::NotFound);
    assert!(said.contains("“There is no order 2.”"), "{said}");
    let (kind, _) = api
        .fails("replace", json!({ "path": "orders/1", "body": {} }))
        .await;
    assert_eq!(kind, Kind::Invalid);

    let wrong = [
        fields[0],
        ("key", "k-wrong"),
        fields[2],
        ("test_path", "/orders"),
    ];
    let api = Connected::built_in(http(&[server.address()]), "rest", &wrong);
    let error = api.source.check(&api.target).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unauthenticated);
    assert!(!error.sentence().contains("k-wrong"), "{error}");
}

#[tokio::test]
async fn a_key_goes_where_the_person_said_and_nowhere_without_one() {
    let canned = Canned::start().await;
    let key = ("key", "k-123456");
    let header = ("header", "X-Api-Key");
    let cases = [
        (vec![key], "authorization", Some("Bearer k-123456")),
        (vec![key, header], "x-api-key", Some("k-123456")),
        (vec![header], "x-api-key", None),
        (vec![], "authorization", None),
    ];
    for (mut fields, header, expected) in cases {
        fields.push(("base_url", &*canned.url));
        let api = Connected::built_in(http(&[canned.address()]), "rest", &fields);
        api.asks("get", json!({ "path": "a" })).await;
        let asked = canned.requests().pop().unwrap();
        let sent = asked.headers.get(header).map(|v| v.to_str().unwrap());
        assert_eq!(sent, expected, "{fields:?}");
        let both = ["authorization", "x-api-key"].map(|name| asked.headers.contains_key(name));
        let any = both.into_iter().filter(|there| *there).count();
        assert_eq!(any, usize::from(expected.is_some()), "{fields:?}");
        let body = json!({ "path": "a", "body": { "x": 1 } });
        let shown = api.preview("create", body).await.text();
        assert!(!shown.contains("k-123456"), "{shown}");
        assert_eq!(shown.contains("•••"), expected.is_some(), "{shown}");
    }
}

#[tokio::test]
async fn no_path_leaves_the_base_address() {
    let (canned, other) = (Canned::start().await, Canned::start().await);
    let base = format!("{}/api/v1", canned.url);
    let fields = [("base_url", &*base), ("key", "k-123456")];
    let source = http(&[canned.address(), other.address()]);
    let api = Connected::built_in(source, "rest", &fields);
    let elsewhere = other.address();
    for path in [
        "../admin",
        "..",
        "a/../../admin",
        "%2e%2e/admin",
        "%2E%2e%2fadmin",
        "%252e%252e/admin",
        "..%5cadmin",
        "..\\admin",
        "..;/admin",
        "a?admin=1",
        "a#admin",
        "a\r\nHost: x",
        "/a/.\t./b",
        &format!("//{elsewhere}/x"),
        &format!("\\\\{elsewhere}\\x"),
        &format!("http://{elsewhere}/x"),
        &"x".repeat(2_001),
    ] {
        for tool in ["get", "delete"] {
            let (kind, said) = api.fails(tool, json!({ "path": path })).await;
            assert_eq!(kind, Kind::Denied("path"), "{path}: {said}");
        }
    }
    assert!(canned.requests().is_empty() && other.requests().is_empty());
    for (path, target) in [
        ("@evil.example", "/api/v1/@evil.example"),
        (":8080/x", "/api/v1/:8080/x"),
        (".evil", "/api/v1/.evil"),
        ("a%00b", ""),
    ] {
        match target.is_empty() {
            true => drop(api.fails("get", json!({ "path": path })).await),
            false => {
                api.asks("get", json!({ "path": path })).await;
                assert_eq!(canned.requests().pop().unwrap().target, target);
            }
        }
    }
    let strange = json!({ "path": "a", "query": { "x&y=1#": "b&c=d", "deep": [[1]] } });
    let (kind, said) = api.fails("get", strange).await;
    assert_eq!(kind, Kind::Invalid);
    assert!(said.contains("`deep`"), "{said}");
    let strange = json!({ "path": "a", "query": { "x&y=1#": "b&c=d" } });
    api.asks("get", strange).await;
    let asked = canned.requests().pop().unwrap();
    assert_eq!(asked.target, "/api/v1/a?x%26y%3D1%23=b%26c%3Dd");
    assert!(other.requests().is_empty());
}
