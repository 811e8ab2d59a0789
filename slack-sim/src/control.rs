//! The people's side over HTTP, below `/sim`: what the page and tests in other languages use. Thin over [`Sim`].

mod acting;
mod looking;
mod notices;
mod steering;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::error::Refused;
use crate::sim::Sim;

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
        .route("/submit", post(acting::submit))
        .route("/stop", post(acting::stop))
        .route("/close", post(acting::close))
        .route("/clock", post(steering::clock))
        .route(
            "/faults",
            post(steering::fault).delete(steering::clear_faults),
        )
        .route("/deliver", post(steering::deliver))
        .route("/delivery", post(steering::delivery))
        .route("/channels", post(steering::add_channel))
        .route("/people", post(steering::set_person))
        .route("/members", post(steering::set_member))
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
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| url::Url::parse(&format!("http://{host}")).ok());
    let is_loopback = host.as_ref().is_some_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    });
    if is_loopback {
        next.run(request).await
    } else {
        let why = "The workspace can only be used on this machine.".to_owned();
        Unserved(StatusCode::FORBIDDEN, why).into_response()
    }
}
