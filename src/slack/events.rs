//! Signed requests from Slack: verified on the raw bytes, then the same way in as a socket frame.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::post;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use slack_morphism::SlackSigningSecret;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use tower_http::limit::RequestBodyLimitLayer;

use super::inbound::Envelope;
use super::receive::{Ack, receive};
use crate::app::App;

/// The largest request that is read: Slack's own are well below.
const LARGEST_BODY: usize = 1024 * 1024;

/// The three addresses that the manifest names.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/slack/events", post(events))
        .route("/slack/commands", post(commands))
        .route("/slack/interactivity", post(interactivity))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
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

/// The body as text when Slack signed exactly these bytes within the last five minutes.
fn verified<'a>(app: &App, headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
    let header = |name| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        // Two signatures could be read as either: none is.
        values.next().is_none().then_some(value)
    };
    let signature = header(SlackEventSignatureVerifier::SLACK_SIGNED_HASH_HEADER)?;
    let timestamp = header(SlackEventSignatureVerifier::SLACK_SIGNED_TIMESTAMP)?;
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
