//! The card for any MCP server, with servers that others wrote and one that means harm.

use std::time::{Duration, Instant};

use patchbay::domain::tool::Risk;
use patchbay::tasks::Tasks;
use patchbay::tools::sources::mcp::McpSource;

use super::*;
use crate::apart::{apart, peak, peak_from_here};
use crate::fakes::mcp::{HostileMcp, TOKEN};
use crate::servers::{SHOP_TOKEN, Server};

/// The most that memory may grow by an answer of any size.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

fn connected(address: &str, url: &str, token: &str) -> Connected {
    let source = Arc::new(McpSource::new(client(&[address]), Tasks::default()));
    Connected::built_in(source, "mcp", &[("url", url), ("token", token)])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_server_tells_of_its_tools_and_runs_them() {
    let server = Server::everything();
    let source = Arc::new(McpSource::new(
        client(&[server.address()]),
        Tasks::default(),
    ));
    let mut api = Connected::built_in(source, "mcp", &[("url", &server.url)]);
    api.discovers().await.unwrap();
    assert!(api.tools.len() >= 10, "{:?}", api.tools);
    let vouched = api.tools.iter().any(|tool| tool.risk == Risk::Read);
    assert!(
        !vouched,
        "a tool counts as reading because its server says so"
    );
    let said = api.asks("echo", json!({ "message": "Grüße" })).await;
    assert!(said.to_string().contains("Grüße"), "{said}");
    let sum = api.asks("get-sum", json!({ "a": 2, "b": 40 })).await;
    assert!(sum.to_string().contains("42"), "{sum}");
    let structured = api.asks("get-structured-content", json!({ "location": "Chicago" }));
    assert!(structured.await["temperature"].is_number());
    let image = api.asks("get-tiny-image", json!({})).await.to_string();
    assert!(
        image.contains("[left out: image of the type image/png"),
        "{image}"
    );
    let (_, wrong) = api.fails("echo", json!({ "message": 5 })).await;
    assert!(wrong.contains("message"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_as_people_write_them_is_used_with_its_token() {
    let server = Server::shop();
    let mut api = connected(server.address(), &server.url, SHOP_TOKEN);
    api.discovers().await.unwrap();
    let risks = ["list_orders", "order", "forget_order", "wait"].map(|name| api.tool(name).risk);
    use Risk::{Destructive, Write};
    assert_eq!(risks, [Write, Write, Destructive, Write]);
    let orders = api.asks("list_orders", json!({})).await;
    assert_eq!(orders["7"]["item"], "Lampe «Ødegård»");
    let made = api
        .asks("order", json!({ "item": "rug", "count": 2 }))
        .await;
    assert_eq!(made, "It is order 10.");
    let (kind, said) = api.fails("order", json!({ "item": "moon" })).await;
    assert_eq!(kind, Kind::Invalid);
    assert!(said.contains("The moon is not for sale."), "{said}");

    for token in ["t-wrong-token", ""] {
        let api = connected(server.address(), &server.url, token);
        let error = api.source.check(&api.target).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unauthenticated, "{error}");
        assert!(!error.sentence().contains("t-wrong"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_hears_that_nobody_waits_any_more() {
    let server = Server::shop();
    let mut api = connected(server.address(), &server.url, SHOP_TOKEN);
    api.discovers().await.unwrap();
    let waiting = api.call("wait", json!({ "seconds": 60 }));
    let given_up = tokio::time::timeout(Duration::from_secs(1), waiting).await;
    assert!(given_up.is_err(), "{given_up:?}");
    let deadline = Instant::now() + Duration::from_secs(15);
    while api.asks("seen_cancelled", json!({})).await != "wait" {
        assert!(Instant::now() < deadline, "the server works on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What it does, and what is said of it.
const HARMS: [(&str, &str); 11] = [
    ("huge", "answered with more than I read at once"),
    ("line", "broke off"),
    ("progress", "broke off"),
    ("broken", "does not answer as an MCP server does"),
    ("garbage", "does not answer as an MCP server does"),
    ("page", "does not answer as an MCP server does"),
    ("away", "does not answer as an MCP server does"),
    ("asks", "wants to ask you something"),
    ("locked", "does not accept this credential"),
    ("tired", "had a problem of its own (503)"),
    ("echo-error", "It said: “No to Bearer •••"),
];

#[test]
fn what_a_server_does_wrong_harms_its_own_call() {
    apart(
        "apis::mcp::what_a_server_does_wrong_harms_its_own_call",
        async {
            let server = HostileMcp::start().await;
            let before = peak_from_here();
            for (harm, said) in HARMS {
                let mut api = connected(server.address(), &server.url(harm), TOKEN);
                let error = match api.discovers().await {
                    Err(error) => error,
                    Ok(()) => api.call("go", json!({})).await.unwrap_err(),
                };
                let sentence = error.sentence();
                assert!(sentence.contains(said), "{harm}: {sentence}");
                assert!(!sentence.contains(TOKEN), "{harm}: {sentence}");
                assert!(!sentence.contains('\u{1b}'), "{harm}: {sentence}");
            }
            let grown = peak().saturating_sub(before);
            eprintln!("memory grew by {} MiB", grown / 1024 / 1024);
            assert!(grown < MOST_MEMORY, "memory grew by {grown} bytes");
            let mut api = connected(server.address(), &server.url("echo"), TOKEN);
            api.discovers().await.unwrap();
            assert_eq!(api.asks("go", json!({})).await, "You sent Bearer •••.");
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_a_call_waiting_is_left() {
    let server = HostileMcp::start().await;
    let slow = async |harm: &str| {
        let mut api = connected(server.address(), &server.url(harm), TOKEN);
        api.discovers().await.unwrap();
        let began = Instant::now();
        let (kind, said) = api.fails("go", json!({})).await;
        assert!(began.elapsed() < Duration::from_secs(30), "{harm}");
        assert_eq!(kind, Kind::Timeout, "{harm}: {said}");
        assert!(said.contains("did not answer in time"), "{harm}: {said}");
        assert!(
            said.contains("It may have been done all the same"),
            "{harm}: {said}"
        );
    };
    let mute = async {
        let api = connected(server.address(), &server.url("mute"), TOKEN);
        let error = api.source.check(&api.target).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Timeout, "{error}");
    };
    // An answer to what was never asked is none.
    tokio::join!(slow("hang"), slow("drip"), slow("stranger"), mute);
    let deadline = Instant::now() + Duration::from_secs(10);
    let told = |harm: &str| {
        let methods = server.methods(harm);
        methods
            .iter()
            .any(|method| method == "notifications/cancelled")
    };
    while !(told("hang") && told("drip") && server.was_left()) {
        assert!(Instant::now() < deadline, "{:?}", server.methods("hang"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_tells_of_its_tools_has_a_measure() {
    let server = HostileMcp::start().await;
    let told = async |harm: &str| {
        let api = connected(server.address(), &server.url(harm), TOKEN);
        api.source.discover(&api.target).await
    };
    assert_eq!(told("many").await.unwrap().len(), 1_000);
    assert_eq!(told("pages").await.unwrap().len(), 200);
    assert_eq!(told("same").await.unwrap().len(), 1);
    let names = |tools: Vec<CardTool>| tools.into_iter().map(|tool| tool.name).collect::<Vec<_>>();
    // What of a schema is too much, or somewhere else, is left to the server.
    assert_eq!(names(told("deep").await.unwrap()), ["deep", "go"]);
    let far = told("elsewhere").await.unwrap().swap_remove(0);
    assert_eq!(far.input, json!({ "type": "object", "properties": {} }));
    let error = told("abyss").await.unwrap_err();
    assert!(
        error
            .sentence()
            .contains("does not answer as an MCP server does"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_refused_and_nothing_is_sent() {
    let server = HostileMcp::start().await;
    let source = Arc::new(McpSource::new(client(&[]), Tasks::default()));
    let plain = server.url("echo");
    let safe = plain.replace("http:", "https:");
    for (url, said) in [(&plain, "Only https"), (&safe, "inside a private network")] {
        let api = Connected::built_in(source.clone(), "mcp", &[("url", url)]);
        let error = api.source.check(&api.target).await.unwrap_err();
        assert!(error.sentence().contains(said), "{error}");
    }
    assert!(server.methods("echo").is_empty());
}
