//! A run's message while it is worked on: a stream that grows as the model writes, for as long as
//! Slack allows it, else a message that is brought up to date.
//!
//! The message is held like any other of the outbox while this process shows it, so nobody else
//! sends it. Whatever goes wrong here, the outbox brings the outcome: nothing depends on this file
//! but how soon people see something.

mod ending;
mod opening;
mod page;
mod text;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Answers, outbox};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::progress::Progress;
use crate::error::Result;
use crate::runs::Shown;
use crate::store::Outgoing;
use crate::text;

use page::{Page, Went};

/// Between two looks whether somebody else still holds the message.
const HELD_ELSEWHERE: Duration = Duration::from_millis(250);

/// Shows every run that is being worked on.
pub async fn watch(app: Arc<App>, mut shown: mpsc::Receiver<Shown>) {
    while let Some(next) = shown.recv().await {
        let run = next.run.id.clone();
        let work = {
            let app = app.clone();
            async move {
                if let Err(error) = show(&app, next).await {
                    tracing::warn!(run.id = %run, error.cause = ?error.cause(), "a run is not shown as it goes");
                }
                app.changed.notify_one();
            }
        };
        app.tasks.spawn("slack.thread.show", work);
    }
}

async fn show(app: &App, shown: Shown) -> Result<()> {
    let Shown { run, mut progress } = shown;
    let Some(held) = hold(app, &run.id, &progress).await? else {
        return Ok(());
    };
    let chosen = app.channels.settings(&run.asker.team, &run.channel).await;
    let answers = chosen
        .unwrap_or_default()
        .answers
        .unwrap_or(app.config.slack.answers);
    // What goes to the asker directly comes whole as well.
    if answers == Answers::Final || held.instead_of.is_some() {
        return app.store.release_message(&held, app.clock.now()).await;
    }
    let mut span = outbox::span(app, &held, "stream");
    let page = Page::begin(app, &run, held).await?;
    let Some(mut page) = page else {
        return Ok(());
    };
    follow(app, &mut page, &mut progress).await?;
    let last = progress.borrow().clone();
    let finished = page.finish(app, &last, &mut span).await;
    if finished.is_err() {
        span.fail("failed");
    }
    finished
}

/// Takes the run's message, as soon as nobody else has it; `None` when the run is over by then.
async fn hold(
    app: &App,
    run: &crate::ids::RunId,
    progress: &watch::Receiver<Progress>,
) -> Result<Option<Outgoing>> {
    while progress.has_changed().is_ok() {
        let now = app.clock.now();
        let until = now + app.config.runs.lease;
        if let Some(held) = app.store.claim_message(run, now, until).await? {
            return Ok(Some(held));
        }
        sleep(HELD_ELSEWHERE).await;
    }
    Ok(None)
}

/// Shows what comes until the run is over or waits, or somebody else has the message.
async fn follow(
    app: &App,
    page: &mut Page,
    progress: &mut watch::Receiver<Progress>,
) -> Result<()> {
    let renew = app.config.runs.lease / 3;
    let mut renew_at = Instant::now() + renew;
    let mut news = true;
    let ending = progress.clone();
    loop {
        tokio::select! {
            changed = progress.changed(), if !news => {
                if changed.is_err() {
                    return Ok(());
                }
                news = true;
            }
            // Told of the end also while it waits for its turn to show something.
            () = over(ending.clone()), if news => return Ok(()),
            () = sleep_until(page.due()), if news => {
                let now = progress.borrow_and_update().clone();
                news = page.bring(app, &now).await? == Went::Later;
            }
            () = sleep_until(renew_at) => {
                renew_at = Instant::now() + renew;
                if !page.renew(app).await? {
                    return Ok(());
                }
                // A stream that nothing was written to for minutes is to be continued as well.
                news = true;
            }
        }
    }
}

/// Resolves when the run is over or waits.
async fn over(mut progress: watch::Receiver<Progress>) {
    while progress.changed().await.is_ok() {}
}

/// What a message says that is brought up to date instead of growing, with the text it holds.
fn draft(language: Language, progress: &Progress, shown: &str) -> super::blocks::Message {
    let mut lines: Vec<String> = progress.tasks.iter().map(text::task_line).collect();
    if lines.is_empty() && shown.trim().is_empty() {
        return outbox::render(language, &crate::domain::post::Post::thinking());
    }
    lines.insert(0, text!("⏳ Working on it").to(language));
    let message = super::blocks::Message::new(lines.join("\n"));
    if shown.trim().is_empty() {
        return message;
    }
    message.block(super::blocks::markdown(shown))
}
