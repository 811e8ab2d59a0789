//! Brings every run's message to Slack: posted once, then kept up to date.

mod abandoned;
mod file;
mod looks;
mod pages;
mod receipt;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::blocks::Message;
use super::client::{CallError, SessionStatus, StreamEnd};
use super::standing::is_about_the_token;
use super::{elsewhere, people};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::post::{Post, Withdrawn};
use crate::domain::split::closing;
use crate::error::Result;
use crate::ids::MessageTs;
use crate::signals::Span;
use crate::signals::traces::SpanKind;
use crate::store::{FileState, Outgoing, Then};

pub(super) use abandoned::end_abandoned;
pub use looks::render;
pub(super) use receipt::lines as receipt_lines;

/// How many messages are sent at once.
pub const SENDERS: usize = 4;
/// After that many unheard tries, about two hours of them, a message is given up.
const MOST_ATTEMPTS: i64 = 120;
/// The longest time between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Slack's codes for blocks that it will never take.
pub(super) const NOT_AS_BLOCKS: [&str; 4] = [
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_too_long",
    "msg_blocks_too_long",
];
/// Slack's codes for a message that cannot be brought up to date any more.
const NO_LONGER_OURS_TO_EDIT: [&str; 3] = [
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
];
/// Slack's code for a message that takes no update while it streams.
const STILL_A_STREAM: &str = "streaming_state_conflict";
/// Slack's `metadata.event_type` of our messages.
const EVENT_TYPE: &str = "patchbay_run";

/// Sends what is due until the app stops, and then the last words of the runs that still end.
pub async fn send(app: Arc<App>) {
    loop {
        match send_one(&app).await {
            Ok(true) => continue,
            Ok(false) if app.tasks.is_stopping() && app.runs.is_idle() => return,
            Ok(false) => {}
            Err(_) if app.tasks.is_stopping() => return,
            Err(error) => {
                tracing::warn!(error.cause = ?error.cause(), "could not look for messages to send");
            }
        }
        tokio::select! {
            () = app.changed.notified() => {}
            () = tokio::time::sleep(app.config.runs.poll) => {}
        }
    }
}

async fn send_one(app: &App) -> Result<bool> {
    if app.slack.standing().refused().is_some() {
        return Ok(false);
    }
    let now = app.clock.now();
    let lease = app.config.runs.lease;
    let until = now + lease;
    let Some(outgoing) = app.store.claim_outgoing(now, until).await? else {
        return Ok(false);
    };
    let mut span = span(app, &outgoing, "message");
    // Dropped well before the lease ends: two processes never send the same message at once.
    let sent = tokio::time::timeout(lease.mul_f32(0.8), deliver(app, &outgoing)).await;
    match sent.unwrap_or(Err(CallError::Unheard("time-out"))) {
        Ok(message) => {
            app.store.mark_sent(&outgoing, &message).await?;
            app.signals.metrics.message("sent");
            drop(span);
            say_that_it_is_over(app, &outgoing).await;
        }
        Err(error) => {
            span.fail(error.name());
            let mut then = then(&error, outgoing.attempts, app.clock.now());
            if then == Then::GiveUp && elsewhere::is_closed_to_us(&error) {
                match elsewhere::turn(app, &outgoing).await? {
                    Ok(true) => {
                        tracing::warn!(run.id = %outgoing.run, "an outcome goes to its asker directly: {error}");
                        app.signals.metrics.message("redirected");
                        return Ok(true);
                    }
                    Ok(false) => {}
                    Err(later) => then = self::then(&later, outgoing.attempts, app.clock.now()),
                }
            }
            if then == Then::GiveUp {
                tracing::error!(run.id = %outgoing.run, "a message was given up: {error}");
                app.signals.metrics.message("given_up");
            } else {
                tracing::info!(run.id = %outgoing.run, "a message was not sent yet: {error}");
                app.signals.metrics.message("put_off");
            }
            app.store
                .mark_unsent(&outgoing, then, &error.to_string())
                .await?;
        }
    }
    Ok(true)
}

/// A message on its way to Slack, in the trace of its run.
pub(super) fn span(app: &App, outgoing: &Outgoing, how: &'static str) -> Span {
    let (traces, parent) = (&app.signals.traces, outgoing.trace.as_ref());
    let mut span = traces.begin(SpanKind::Producer, format_args!("slack.deliver"), parent);
    span.set("patchbay.post", outgoing.post.name());
    span.set("patchbay.as", how);
    span.set_with("patchbay.run.id", || outgoing.run.to_string());
    span
}

/// Brings one message to Slack as it should look now, whatever state it is in there.
pub(super) async fn deliver(
    app: &App,
    outgoing: &Outgoing,
) -> std::result::Result<MessageTs, CallError> {
    let mut outgoing = outgoing.clone();
    if outgoing.streaming
        && let Some(ts) = outgoing.message.clone()
    {
        end_abandoned(app, &mut outgoing, &ts).await?;
    }
    let resumed = outgoing.file_state == FileState::Uploaded;
    file::upload(app, &mut outgoing).await?;
    let language = people::language(app, &outgoing.asker).await;
    loop {
        let (ts, next) = send_page(app, language, &outgoing).await?;
        outgoing.stands_at(&ts);
        if file::is_to_be_shared(&outgoing) {
            file::share(app, language, &mut outgoing, resumed).await?;
            if !file::holds(&outgoing) {
                // The same message, as the first of several.
                continue;
            }
        }
        let Some(next) = next else {
            return Ok(ts);
        };
        // From here on it is the next message that is the run's.
        outgoing.goes_on_below(next);
        noted(app.store.next_message(&outgoing).await)?;
    }
}

/// What was to be noted in the store: without it, nothing else is sent.
fn noted(noted: Result<bool>) -> std::result::Result<(), CallError> {
    match noted {
        Ok(true) => Ok(()),
        Ok(false) => Err(CallError::Unheard("somebody else has the message")),
        Err(error) => {
            tracing::warn!(error.cause = ?error.cause(), "how far a message is was not noted");
            Err(CallError::Unheard("storage"))
        }
    }
}

/// Brings one message there, as plain text where Slack does not take its blocks; and where in the
/// answer the next one begins.
async fn send_page(
    app: &App,
    language: Language,
    outgoing: &Outgoing,
) -> std::result::Result<(MessageTs, Option<i64>), CallError> {
    let mut page = pages::page(language, outgoing);
    let sent = match send_as(app, outgoing, &page.message).await {
        Err(CallError::Refused(code)) if NOT_AS_BLOCKS.contains(&code.as_str()) => {
            tracing::warn!(run.id = %outgoing.run, code, "Slack does not take these blocks; sending plain text");
            page = pages::plain(language, outgoing);
            send_as(app, outgoing, &page.message).await
        }
        outcome => outcome,
    };
    Ok((sent?, page.next))
}

/// Ends a stream that nobody writes to any more, with these last chunks: a message that streams
/// takes no update.
pub(super) async fn end_stream(
    app: &App,
    outgoing: &Outgoing,
    ts: &MessageTs,
    chunks: &[Value],
) -> std::result::Result<(), CallError> {
    let end = StreamEnd {
        chunks,
        blocks: &[],
        status: session_status(&outgoing.post.0),
        metadata: Some(metadata(outgoing)),
    };
    match app.slack.stop_stream(&outgoing.channel, ts, end).await {
        Ok(()) => Ok(()),
        // It is over already: Slack ended it, or a person did. The session is still ours to end.
        Err(CallError::Refused(_)) => {
            let (channel, thread) = (&outgoing.channel, &outgoing.thread);
            let status = session_status(&outgoing.post.0);
            match app.slack.set_session_status(channel, thread, status).await {
                Ok(()) | Err(CallError::Refused(_)) => Ok(()),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// What a stream of these words is ended with where it leaves code open.
pub(super) fn closing_chunk(words: &str) -> Option<Value> {
    let closes = closing(words);
    (!closes.is_empty()).then(|| json!({ "type": "markdown_text", "text": closes }))
}

/// Says that the agent waits or is done where a message was brought up to date after a decision or
/// a Retry, or is below others: a run that ended sooner than it could be shown as it goes left its
/// thread as it was, and so did a message that was left to stand.
async fn say_that_it_is_over(app: &App, outgoing: &Outgoing) {
    let status = session_status(&outgoing.post.0);
    let is_the_first = outgoing.message.is_none() && outgoing.above.is_none();
    if !is_the_first && !outgoing.streaming && status != SessionStatus::Processing {
        say_status(app, outgoing, status).await;
    }
}

/// Says what the agent does where no stream says it, so that people can stop it.
pub(super) async fn say_status(app: &App, outgoing: &Outgoing, status: SessionStatus) {
    let (channel, thread) = (&outgoing.channel, &outgoing.thread);
    let said = app.slack.set_session_status(channel, thread, status).await;
    // A matter of comfort: the message says it as well.
    if let Err(error) = said {
        tracing::debug!(run.id = %outgoing.run, "the status of a session was not set: {error}");
    }
}

/// What the agent does while a message looks like this.
pub(super) fn session_status(post: &Post) -> SessionStatus {
    match post {
        // The same thread goes on with the new words.
        Post::Working { .. }
        | Post::Withdrawn {
            why: Withdrawn::Edited,
            ..
        } => SessionStatus::Processing,
        Post::AskApproval(_) => SessionStatus::Suspended,
        Post::Answer { .. }
        | Post::Failed { .. }
        | Post::Stopped { .. }
        | Post::Withdrawn { .. }
        | Post::Interrupted { .. } => SessionStatus::Active,
    }
}

/// What a run's message is known by.
pub(super) fn metadata(outgoing: &Outgoing) -> Value {
    json!({ "event_type": EVENT_TYPE, "event_payload": { "run_id": outgoing.run } })
}

async fn send_as(
    app: &App,
    outgoing: &Outgoing,
    message: &Message,
) -> std::result::Result<MessageTs, CallError> {
    let posted = match &outgoing.message {
        Some(ts) => Some(ts.clone()),
        // An earlier try may have been heard although we did not hear back.
        None if outgoing.attempts > 1 => find(app, outgoing).await?,
        None => None,
    };
    if let Some(ts) = posted {
        match app.slack.update(&outgoing.channel, &ts, message).await {
            // A stream whose beginning nobody noted.
            Err(CallError::Refused(code)) if code == STILL_A_STREAM => {
                end_stream(app, outgoing, &ts, &[]).await?;
                return app
                    .slack
                    .update(&outgoing.channel, &ts, message)
                    .await
                    .map(|()| ts);
            }
            Err(CallError::Refused(code)) if NO_LONGER_OURS_TO_EDIT.contains(&code.as_str()) => {
                // What was only to be marked as old is not said again.
                if let Post::Answer { outdated: true, .. } = outgoing.post.0 {
                    return Ok(ts);
                }
            }
            outcome => return outcome.map(|()| ts),
        }
    }
    app.slack
        .post(
            &outgoing.channel,
            outgoing.thread(),
            message,
            Some(metadata(outgoing)),
        )
        .await
}

/// What a stream is known by until it ends: its first task, which no other message of the run has.
pub(super) fn first_task(outgoing: &Outgoing) -> String {
    match &outgoing.above {
        None => outgoing.run.to_string(),
        Some(above) => format!("{}.{above}", outgoing.run),
    }
}

/// The message of this run in its thread, below what stands as it is, if it is there. Where Slack
/// will not tell, a second message is better than none.
///
/// A stream cannot be given metadata before it ends: it is known by its first task.
pub(super) async fn find(
    app: &App,
    outgoing: &Outgoing,
) -> std::result::Result<Option<MessageTs>, CallError> {
    let below = |message: &Value| {
        let above = outgoing.above.as_ref().map(MessageTs::as_str);
        message["ts"].as_str() > above
    };
    let is_the_runs = |message: &Value| {
        let blocks = message["blocks"].as_array().map_or(&[][..], Vec::as_slice);
        message["metadata"]["event_payload"]["run_id"] == json!(outgoing.run)
            || blocks
                .iter()
                .any(|block| block["task_id"] == json!(first_task(outgoing)))
    };
    let found = app
        .slack
        .find_message(&outgoing.channel, outgoing.thread(), |message| {
            below(message) && is_the_runs(message)
        })
        .await;
    match found {
        Ok(message) => Ok(message.and_then(|message| message["ts"].as_str().map(MessageTs::new))),
        Err(CallError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What to do about a message that was not sent: only a final "no" ends it early.
pub(super) fn then(error: &CallError, attempts: i64, now: DateTime<Utc>) -> Then {
    let doubled = Duration::from_millis(500 << attempts.clamp(0, 7)).min(LONGEST_WAIT);
    let again = Then::Again { at: now + doubled };
    match error {
        CallError::RateLimited(wait) => Then::Later { at: now + *wait },
        // It says nothing about the message, which waits until the token is taken again.
        CallError::Refused(code) if is_about_the_token(code) => Then::Later {
            at: now + LONGEST_WAIT,
        },
        _ if attempts >= MOST_ATTEMPTS => Then::GiveUp,
        error if error.passes() => again,
        CallError::Unheard(_) | CallError::Refused(_) => Then::GiveUp,
    }
}
