//! The people's side over HTTP, below `/sim`: what the page and tests in other languages use. Thin over [`Sim`].

mod acting;
mod at;
mod looking;
mod notices;
mod steering;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::error::Refused;
use crate::file_server;
use crate::sim::{Sim, UPLOAD_LIMIT};

pub(crate) use at::At;

/// The routes below `/sim`.
pub(crate) fn routes<S>(sim: Sim) -> Router<S> {
    Router::new()
        .route("/state", get(looking::state))
        .route("/messages", get(looking::messages))
        .route("/views", get(looking::views))
        .route("/home", get(looking::home).post(acting::open_home))
        .route("/log", get(looking::log))
        .route("/calls", get(looking::calls))
        .route("/events", get(notices::events))
        .route("/say", post(acting::say))
        .route("/react", post(acting::react))
        .route("/edit", post(acting::edit))
        .route("/delete", post(acting::delete))
        .route("/shortcut", post(acting::shortcut))
        .route("/command", post(acting::command))
        .route("/click", post(acting::click))
        .route("/suggest", post(acting::suggest))
        .route("/submit", post(acting::submit))
        .route("/stop", post(acting::stop))
        .route("/rename", post(acting::rename))
        .route("/close", post(acting::close))
        .route("/files/{id}", get(file_server::open))
        .route(
            "/upload",
            post(file_server::share).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/clock", post(steering::clock))
        .route(
            "/faults",
            post(steering::fault).delete(steering::clear_faults),
        )
        .route("/deliver", post(steering::deliver))
        .route("/delivery", post(steering::delivery))
        .route(
            "/channels",
            post(steering::add_channel).delete(steering::delete_channel),
        )
        .route("/groups", post(steering::open_group))
        .route("/people", post(steering::set_person))
        .route("/members", post(steering::set_member))
        .route("/scopes", post(steering::set_scopes))
        .route("/limits", post(steering::set_limits))
        .route("/authorize", post(acting::authorize))
        .route("/oauth", post(steering::oauth))
        .route("/external", post(steering::set_external))
        .route("/app", post(steering::app))
        .route("/workspaces", post(steering::add_workspace))
        .route("/reset", post(steering::reset))
        .layer(middleware::from_fn(only_loopback))
        .with_state(sim)
}

/// A request that cannot be served, and why.
pub(crate) struct Unserved(StatusCode, String);

impl From<Refused> for Unserved {
    fn from(refused: Refused) -> Self {
        Self(StatusCode::BAD_REQUEST, refused.to_string())
    }
}

impl IntoResponse for Unserved {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// Turns away pages of other sites whose name was made to point here.
async fn only_loopback(request: Request, next: Next) -> Response {
    if comes_from_here(request.headers()) {
        next.run(request).await
    } else {
        let why = "The workspace can only be used on this machine.".to_owned();
        Unserved(StatusCode::FORBIDDEN, why).into_response()
    }
}

pub(crate) fn comes_from_here(headers: &HeaderMap) -> bool {
    let named = |name| headers.get(name)?.to_str().ok();
    let host = named(header::HOST).map(|host| format!("http://{host}"));
    // A browser sends a form of another site without asking; the origin tells where it came from.
    host.is_some_and(|host| is_loopback(&host)) && named(header::ORIGIN).is_none_or(is_loopback)
}

pub(crate) fn is_loopback(address: &str) -> bool {
    let url = url::Url::parse(address);
    url.is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    })
}
