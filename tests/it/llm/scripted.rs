//! A server that answers requests with what a test wrote down, byte for byte, and keeps what it
//! was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use serde_json::Value;

/// What to send.
#[derive(Clone, Debug)]
pub enum Piece {
    /// This text.
    Text(String),
    /// This text, again and again.
    Endlessly(String),
    /// Nothing for a while.
    Wait(Duration),
    /// Nothing any more, with the connection open.
    Silence,
    /// The connection breaks.
    Cut,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    before: Option<Duration>,
    pieces: Vec<Piece>,
}

impl Answer {
    /// A good answer that is a stream of these pieces.
    pub fn stream(pieces: Vec<Piece>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream")],
            before: None,
            pieces,
        }
    }

    /// A failure.
    pub fn failure(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json")],
            before: None,
            pieces: vec![Piece::Text(body.to_owned())],
        }
    }

    /// With one more header.
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// After this long.
    pub fn after(mut self, wait: Duration) -> Self {
        self.before = Some(wait);
        self
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub body: Value,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// The server; it is stopped when dropped.
pub struct Scripted {
    url: String,
    script: Arc<Mutex<Script>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// Starts one with these answers, in order.
    pub async fn start(answers: Vec<Answer>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers: answers.into(),
            asked: Vec::new(),
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        #[expect(
            clippy::disallowed_methods,
            reason = "a fake is no part of the product"
        )]
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, task }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let answer = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            path: uri.path().to_owned(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        script.answers.pop_front()
    };
    let answer = answer.unwrap_or_else(|| Answer::failure(500, "the script is over"));
    if let Some(wait) = answer.before {
        tokio::time::sleep(wait).await;
    }
    let pieces = answer.pieces.into_iter().flat_map(|piece| {
        let times = if matches!(piece, Piece::Endlessly(_)) {
            usize::MAX
        } else {
            1
        };
        std::iter::repeat_n(piece, times)
    });
    let pieces = stream::unfold(pieces, |mut pieces| async {
        loop {
            match pieces.next()? {
                Piece::Endlessly(text) => return Some((Ok(Bytes::from(text)), pieces)),
                Piece::Text(text) => return Some((Ok(Bytes::from(text)), pieces)),
                Piece::Wait(wait) => tokio::time::sleep(wait).await,
                Piece::Silence => std::future::pending().await,
                Piece::Cut => {
                    // What was sent before must be on its way, or the client sees no answer.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    return Some((Err(std::io::Error::other("cut")), pieces));
                }
            }
        }
    });
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from_stream(pieces)).unwrap()
}
