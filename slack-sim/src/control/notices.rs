//! `GET /sim/events`: a stream of "something changed, fetch it" for one person.

use std::convert::Infallible;

use axum::extract::Query;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::{At, Unserved};
use crate::error::Refused;
use crate::state::{Change, Notice};

#[derive(Deserialize)]
pub(super) struct Who {
    user: String,
}

pub(super) async fn events(
    At(sim): At,
    Query(who): Query<Who>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Unserved> {
    let team = sim.team();
    let me = team.look(|ws| {
        let user = ws.person(&who.user)?.id.clone();
        let team = ws.own.team.clone();
        Ok::<_, Refused>(Onlooker { user, team })
    })?;
    let stopping = team.stopping.clone();
    let notices = BroadcastStream::new(team.watch());
    let events = notices
        .filter_map(move |notice| std::future::ready(event(notice, &me)))
        .map(Ok)
        .take_until(stopping.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Who looks, by their ids.
struct Onlooker {
    user: String,
    team: String,
}

/// What a notice tells this person, if anything. Of other workspaces they hear only that something was said there.
fn event(notice: Result<Notice, BroadcastStreamRecvError>, me: &Onlooker) -> Option<Event> {
    let change = match notice {
        Ok(notice) if notice.team.as_ref().is_some_and(|team| *team != me.team) => {
            match notice.change {
                Change::Messages { .. } | Change::Everything => Change::Elsewhere,
                Change::Views
                | Change::Home
                | Change::Status { .. }
                | Change::Log
                | Change::Elsewhere => return None,
            }
        }
        Ok(notice) if notice.audience.as_ref().is_none_or(|it| *it == me.user) => notice.change,
        Ok(_) => return None,
        // Too slow to follow: whatever changed was missed.
        Err(BroadcastStreamRecvError::Lagged(_)) => Change::Everything,
    };
    Event::default().json_data(change).ok()
}
