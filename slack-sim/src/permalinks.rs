//! The address of a message, as Slack gives it: it leads into the workspace's page, at that message.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::ids;
use crate::shared::Shared;
use crate::team::Team;

/// `?thread_ts=` of a message in a thread. Slack's `cid` says the channel once more.
#[derive(Deserialize)]
pub(crate) struct InThread {
    thread_ts: Option<String>,
}

/// `GET /archives/{channel}/p{digits}`. Who looks at it, and whether it is there for them, the page knows.
pub(crate) async fn lead(
    State(shared): State<Arc<Shared>>,
    Path((channel, message)): Path<(String, String)>,
    Query(within): Query<InThread>,
) -> Response {
    let is_id = channel.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(ts) = timestamp(&message).filter(|_| is_id) else {
        let why = "This is not the address of a message.";
        return (StatusCode::NOT_FOUND, why).into_response();
    };
    let home = Team::holding(&shared, |ws| ws.channel(&channel).is_some());
    let workspace = home.unwrap_or_else(|| Team::first(&shared));
    let thread = within.thread_ts.filter(|root| ids::is_ts(root));
    let thread = thread.map_or(String::new(), |root| format!("/t/{root}"));
    Redirect::to(&format!("/#/~{}//{channel}{thread}/m/{ts}", workspace.id())).into_response()
}

/// The timestamp in `p1700000000000100`.
fn timestamp(message: &str) -> Option<String> {
    let digits = message.strip_prefix('p')?;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let (seconds, micros) = digits.split_at_checked(digits.len().checked_sub(6)?)?;
    (all_digits && !seconds.is_empty()).then(|| format!("{seconds}.{micros}"))
}
