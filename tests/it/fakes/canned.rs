//! A service that gives the answers it was told to, in their order, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use tokio::net::TcpListener;

/// A running service; it lives as long as the test's runtime.
#[derive(Clone)]
pub struct Canned {
    /// Where it listens.
    pub url: String,
    state: Arc<Mutex<Said>>,
}

#[derive(Default)]
struct Said {
    answers: VecDeque<Answer>,
    requests: Vec<Asked>,
}

/// Status, headers, body.
type Answer = (u16, Vec<(String, String)>, String);

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    /// Path and query, still encoded.
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Canned {
    /// Starts one that answers `{}` until told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let canned = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let app = Router::new().fallback(handle).with_state(canned.clone());
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        canned
    }

    /// Its host and port, for `network.allow`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Answers one request after those that were told before.
    pub fn answers(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let answer = (status, headers.iter().map(owned).collect(), body.to_owned());
        self.state.lock().unwrap().answers.push_back(answer);
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.state.lock().unwrap().requests.clone()
    }
}

async fn handle(
    State(canned): State<Canned>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = canned.state.lock().unwrap();
    state.requests.push(Asked {
        method,
        target: uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let (status, headers, body) =
        state
            .answers
            .pop_front()
            .unwrap_or((200, Vec::new(), "{}".to_owned()));
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}
