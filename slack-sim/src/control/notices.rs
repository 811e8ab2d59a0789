//! `GET /sim/events`: a stream of "something changed, fetch it" for one person.

use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::Unserved;
use crate::error::Refused;
use crate::sim::Sim;
use crate::state::{Change, Notice};

#[derive(Deserialize)]
pub(super) struct Who {
    user: String,
}

pub(super) async fn events(
    State(sim): State<Sim>,
    Query(who): Query<Who>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Unserved> {
    let shared = sim.shared();
    let user = shared.look(|ws| {
        let person = ws.person(&who.user)?;
        Ok::<_, Refused>(person.id.clone())
    })?;
    let stopping = shared.stopping.clone();
    let notices = BroadcastStream::new(shared.watch());
    let events = notices
        .filter_map(move |notice| std::future::ready(event(notice, &user)))
        .map(Ok)
        .take_until(stopping.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// What a notice tells this person, if anything.
fn event(notice: Result<Notice, BroadcastStreamRecvError>, user: &str) -> Option<Event> {
    let change = match notice {
        Ok(notice) if notice.audience.as_deref().is_none_or(|it| it == user) => notice.change,
        Ok(_) => return None,
        // Too slow to follow: whatever changed was missed.
        Err(BroadcastStreamRecvError::Lagged(_)) => Change::Everything,
    };
    Event::default().json_data(change).ok()
}
