//! The guarded client connects where it may, and nowhere else.

mod addresses;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay::error::{Error, Kind};
use patchbay::net::{AddressPolicy, GuardedClient, guarded_client, read_body};
use reqwest::{Method, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that counts who connects, and says the same to all of them.
struct Listener {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    async fn answering(answer: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let answer = answer.into();
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                if socket.read(&mut request).await.is_ok() {
                    socket.write_all(answer.as_bytes()).await.ok();
                }
                socket.shutdown().await.ok();
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn client(allow: &[&str]) -> GuardedClient {
    let allow = allow.iter().map(|entry| entry.parse().unwrap()).collect();
    guarded_client(&AddressPolicy::new(allow)).unwrap()
}

async fn get(client: &GuardedClient, url: &str) -> Result<reqwest::Response, Error> {
    let request = Request::new(Method::GET, url.parse().unwrap());
    client.send("The shop", request).await
}

#[tokio::test]
async fn private_addresses_see_no_connection() {
    let listener = Listener::answering(ok("secret")).await;
    let port = listener.port;
    let other = client(&["127.0.0.1:1", "localhost:1"]);
    for client in [client(&[]), other] {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "127.1",
            "0",
            "localhost",
            "LOCALHOST.",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "user@127.0.0.1",
        ] {
            for scheme in ["http", "https"] {
                let refused = get(&client, &format!("{scheme}://{host}:{port}/")).await;
                let kind = refused.unwrap_err().kind().clone();
                assert!(
                    matches!(kind, Kind::Invalid | Kind::Denied(_)),
                    "{host}: {kind:?}"
                );
            }
        }
    }
    assert_eq!(listener.connections(), 0);
}

#[tokio::test]
async fn listed_addresses_are_reached_by_number_and_by_name() {
    let listener = Listener::answering(ok("hello")).await;
    let port = listener.port;
    let client = client(&[&format!("127.0.0.0/8:{port}"), &format!("localhost:{port}")]);
    for host in ["127.0.0.1", "localhost"] {
        let response = get(&client, &format!("http://{host}:{port}/"))
            .await
            .unwrap();
        let body = read_body("The shop", response, 100, Duration::from_secs(5))
            .await
            .unwrap();
        assert_eq!((body.bytes, body.truncated), (b"hello".to_vec(), false));
    }
    assert_eq!(listener.connections(), 2);
}

#[tokio::test]
async fn redirects_are_handed_back_and_not_followed() {
    let forbidden = Listener::answering(ok("secret")).await;
    for code in [301, 302, 303, 307, 308] {
        let location = format!("http://127.0.0.1:{}/", forbidden.port);
        let listener = Listener::answering(format!(
            "HTTP/1.1 {code} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
        .await;
        let port = listener.port;
        let client = client(&[&format!("127.0.0.1:{port}")]);
        let response = get(&client, &format!("http://127.0.0.1:{port}/"))
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), code);
    }
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn answers_are_read_up_to_their_cap_and_deadline() {
    let listener = Listener::answering(ok(&"x".repeat(5_000))).await;
    let allow = format!("127.0.0.1:{}", listener.port);
    let response = get(&client(&[&allow]), &format!("http://{allow}/"))
        .await
        .unwrap();
    let body = read_body("The shop", response, 1_000, Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!((body.bytes.len(), body.truncated), (1_000, true));

    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let allow = slow.local_addr().unwrap().to_string();
    let client = client(&[&allow]);
    let serve = async {
        let (mut socket, _) = slow.accept().await.unwrap();
        assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst";
        socket.write_all(head.as_bytes()).await.unwrap();
        socket
    };
    let url = format!("http://{allow}/");
    let (_socket, response) = tokio::join!(serve, get(&client, &url));
    let read = read_body(
        "The shop",
        response.unwrap(),
        1_000,
        Duration::from_millis(50),
    )
    .await;
    let error = read.unwrap_err();
    assert_eq!(*error.kind(), Kind::Timeout);
    assert!(
        error.sentence().starts_with("The shop began to answer"),
        "{error}"
    );
}

#[tokio::test]
async fn failures_are_told_apart() {
    let plain = Listener::answering(ok("no tls here")).await;
    let tls = format!("localhost:{}", plain.port);
    let error = get(&client(&[&tls]), &format!("https://{tls}/"))
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(
        error.sentence().contains("not secure"),
        "{}",
        error.sentence()
    );

    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let error = get(&client(&[&closed]), &format!("http://{closed}/"))
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(
        error.sentence(),
        "The shop could not be reached. Check the address, or try again in a minute."
    );

    let broken = Listener::answering("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort").await;
    let allow = format!("127.0.0.1:{}", broken.port);
    let response = get(&client(&[&allow]), &format!("http://{allow}/"))
        .await
        .unwrap();
    let read = read_body("The shop", response, 1_000, Duration::from_secs(5)).await;
    assert_eq!(*read.unwrap_err().kind(), Kind::Upstream);
}
