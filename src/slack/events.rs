//! Signed requests from Slack: verified on the raw bytes, then the same way in as a socket frame.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use slack_morphism::SlackSigningSecret;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::inbound::Envelope;
use super::receive::{Ack, LARGEST_DELIVERY, TOO_LARGE, receive};
use crate::app::App;
use crate::clock::Clock;

/// A request that goes on after this many bytes waits until few such are read at once: whoever
/// knows the address may send one, and whether Slack signed it is known only once all of it is here.
const LARGE: usize = 1024 * 1024;
const LARGE_AT_ONCE: usize = 8;
/// How long it is at least between two words about requests that are too large.
const SAID_AGAIN: Duration = Duration::from_secs(60);

/// The three addresses that the manifest names.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/slack/events", post(events))
        .route("/slack/commands", post(commands))
        .route("/slack/interactivity", post(interactivity))
        .layer(from_fn_with_state(Arc::new(Gate::default()), read))
        // The gate counts.
        .layer(DefaultBodyLimit::disable())
}

/// The bytes of a request, and its turn where it is large.
type Whole<'a> = (Vec<u8>, Option<SemaphorePermit<'a>>);

/// What bounds the requests that are being read.
#[derive(Debug)]
struct Gate {
    large: Semaphore,
    said: Mutex<Option<Instant>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            large: Semaphore::new(LARGE_AT_ONCE),
            said: Mutex::default(),
        }
    }
}

impl Gate {
    fn too_large(&self) -> Response {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|at| at.elapsed() >= SAID_AGAIN) {
            *said = Some(Instant::now());
            tracing::error!("{TOO_LARGE}");
        }
        (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE).into_response()
    }

    /// All of a request, and its turn where it is large; nothing when it is too large. What was not
    /// sent yet takes no turn, whatever was announced.
    async fn whole(&self, body: Body) -> Result<Option<Whole<'_>>, axum::Error> {
        let (mut body, mut read) = (body.into_data_stream(), Vec::new());
        let mut turn = None;
        while let Some(part) = body.next().await {
            read.extend_from_slice(&part?);
            if read.len() > LARGEST_DELIVERY {
                return Ok(None);
            }
            if read.len() > LARGE && turn.is_none() {
                turn = self.large.acquire().await.ok();
            }
        }
        Ok(Some((read, turn)))
    }
}

/// Reads the whole request, or refuses it: unread where Slack cannot have signed it.
async fn read(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if !may_be_signed(&parts.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let announced = parts.headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST_DELIVERY) {
        return gate.too_large();
    }
    match gate.whole(body).await {
        // The turn lasts as long as what was read is here.
        Ok(Some((body, _turn))) => next.run(Request::from_parts(parts, body.into())).await,
        Ok(None) => gate.too_large(),
        Err(_broken) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn events(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(text) = verified(&app, &headers, &body) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Ok(payload) = serde_json::from_str::<Value>(text) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if payload["type"] == json!("url_verification") {
        return Json(json!({ "challenge": payload["challenge"] })).into_response();
    }
    respond(receive(&app, Envelope::Event, &payload).await)
}

async fn commands(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(text) = verified(&app, &headers, &body) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    respond(receive(&app, Envelope::Command, &form(text)).await)
}

async fn interactivity(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(text) = verified(&app, &headers, &body) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let payload = form(text)["payload"]
        .as_str()
        .and_then(|payload| serde_json::from_str(payload).ok());
    let Some(payload) = payload else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    respond(receive(&app, Envelope::Interactive, &payload).await)
}

/// Whether a request carries a signature of the last five minutes; of what is told by its body.
fn may_be_signed(headers: &HeaderMap) -> bool {
    let Some((_, timestamp)) = signature(headers) else {
        return false;
    };
    // The clock of the verification, which nobody moves.
    let now = Clock::System.now().timestamp();
    let fresh = SlackEventSignatureVerifier::MAX_TIMESTAMP_AGE_SECONDS.unsigned_abs();
    timestamp
        .parse::<i64>()
        .is_ok_and(|then| now.abs_diff(then) <= fresh)
}

/// The signature and its time, as they were sent.
fn signature(headers: &HeaderMap) -> Option<(&str, &str)> {
    let header = |name| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        // Two signatures could be read as either: none is.
        values.next().is_none().then_some(value)
    };
    let signature = header(SlackEventSignatureVerifier::SLACK_SIGNED_HASH_HEADER)?;
    let timestamp = header(SlackEventSignatureVerifier::SLACK_SIGNED_TIMESTAMP)?;
    Some((signature, timestamp))
}

/// The body as text when Slack signed exactly these bytes within the last five minutes.
fn verified<'a>(app: &App, headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
    let (signature, timestamp) = signature(headers)?;
    let secret = app.config.slack.signing_secret.as_ref()?.expose_secret();
    let text = std::str::from_utf8(body).ok()?;
    let verifier = SlackEventSignatureVerifier::new(&SlackSigningSecret(secret.to_owned()));
    // The error is dropped on purpose: printed, it would help to forge a signature.
    verifier
        .verify(signature, text, timestamp)
        .is_ok()
        .then_some(text)
}

fn form(text: &str) -> Value {
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

fn respond(ack: Ack) -> Response {
    match ack {
        Ack::Empty => StatusCode::OK.into_response(),
        Ack::Body(body) => Json(body).into_response(),
        Ack::Refused => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
