//! Deliveries that were acknowledged by a process that then died: each gets a word.

use std::sync::Arc;

use super::inbound::Caller;
use super::receive::Note;
use super::{people, router, screens};
use crate::app::App;
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::LeaseToken;

/// Looks for abandoned deliveries until the app stops.
pub async fn watch(app: Arc<App>) {
    loop {
        match recover_one(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(app.config.runs.poll).await,
            Err(error) => {
                tracing::warn!(error.cause = ?error.cause(), "could not look for abandoned deliveries");
                tokio::time::sleep(app.config.runs.poll).await;
            }
        }
    }
}

async fn recover_one(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let until = now + app.config.slack.handler_timeout;
    let Some(unfinished) = app
        .store
        .take_unfinished(now, &LeaseToken::generate(), until)
        .await?
    else {
        return Ok(false);
    };
    // At most once: a second word about the same thing would be worse than none.
    app.store.finish_delivery(&unfinished.id, now).await?;
    let note: Note = match serde_json::from_value(unfinished.payload.0) {
        Ok(note) => note,
        Err(error) => {
            tracing::error!("a delivery of another version cannot be answered: {error}");
            return Ok(true);
        }
    };
    let caller = Caller {
        language: people::language(app, &note.user).await,
        person: Principal::new(unfinished.team, note.user),
        channel: note.channel,
        thread: note.thread,
        trigger: None,
        response_url: note.response_url,
    };
    tracing::warn!(
        kind = unfinished.kind,
        "a delivery was interrupted; its sender is told"
    );
    router::answer(
        app,
        &caller,
        &screens::interrupted_command(caller.language, &note.wanted),
        false,
    )
    .await?;
    Ok(true)
}
