//! The table: what is wanted, and who does it; and the one way a failure is shown.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::json;
use tokio::time::Instant;

use super::client::{CallError, SessionStatus, UNANSWERED};
use super::inbound::{Caller, Inbound, Question, Stop, Unanswerable};
use super::receive::Ack;
use super::{actions, blocks, commands, home, modals, outbox, people, screens, shortcuts};
use crate::app::App;
use crate::domain::trace::TraceParent;
use crate::error::{Error, Kind, Result};
use crate::ids::{ChannelId, InboxId, LeaseToken};
use crate::signals::traces::SpanKind;
use crate::slack::blocks::Message;
use crate::text;

/// What a handler wants shown to the one who asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A private message.
    Private(Message),
    /// A private message in the place of the one that was clicked.
    Replace(Message),
    /// Nothing more: it is on the screen already, or will be.
    Shown,
}

/// Works on a delivery in the background, within its time, to exactly one visible outcome.
pub fn start(
    app: &Arc<App>,
    id: InboxId,
    lease: LeaseToken,
    mut inbound: Inbound,
    trace: Option<TraceParent>,
) {
    let work = {
        let app = app.clone();
        async move {
            if let Some(caller) = inbound.caller_mut() {
                caller.language = people::language(&app, &caller.person.user).await;
            }
            let (name, traces) = (format_args!("slack.handle"), &app.signals.traces);
            let mut span = traces.begin(SpanKind::Internal, name, trace.as_ref());
            let limit = app.config.slack.handler_timeout.mul_f32(0.8);
            let started = Instant::now();
            // A panic is an outcome as well: whoever asked is told.
            let handled = AssertUnwindSafe(handle(&app, &inbound)).catch_unwind();
            let outcome = match tokio::time::timeout(limit, handled).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_panic)) => Err(Error::internal(anyhow::anyhow!("a handler panicked"))),
                Err(_elapsed) => Err(too_slow()),
            };
            if outcome.is_err() {
                span.fail("failed");
            }
            if started.elapsed() > limit / 2 && taken_over(&app, &id, &lease).await {
                return;
            }
            show(&app, &inbound, outcome).await;
            if let Err(error) = app.store.finish_delivery(&id, app.clock.now()).await {
                tracing::warn!(error.cause = ?error.cause(), "a delivery was not marked as finished");
            }
            if let Some(caller) = inbound.caller() {
                home::refresh(&app, &caller.person).await;
            }
        }
    };
    app.tasks.spawn("slack.handle", work);
}

/// Whether somebody else has taken the delivery for abandoned and tells its sender so. Early on
/// nobody can have, and the commit is saved.
async fn taken_over(app: &App, id: &InboxId, lease: &LeaseToken) -> bool {
    let until = app.clock.now() + app.config.slack.handler_timeout;
    match app.store.hold_delivery(id, lease, until).await {
        Ok(held) => !held,
        // Storage is down, so nobody can take it over now: better a word too many.
        Err(_) => false,
    }
}

async fn handle(app: &Arc<App>, inbound: &Inbound) -> Result<Reply> {
    match inbound {
        Inbound::Command(command) => commands::run(app, command).await,
        Inbound::Action(action) => actions::run(app, action).await,
        Inbound::Submission(submission) => modals::submit(app, submission).await,
        Inbound::Shortcut(shortcut) => shortcuts::run(app, shortcut).await,
        Inbound::Question(question) => unanswerable(app, question).await,
        Inbound::Stop(stop) => stopped(app, stop).await,
        Inbound::Overheard(_) | Inbound::Change(_) | Inbound::Notice(_) | Inbound::Ignored(_) => {
            Ok(Reply::Shown)
        }
    }
}

/// What was stopped says so in its own message. Slack shows the agent at work until it is told
/// otherwise, also where nothing is left to stop.
async fn stopped(app: &App, stop: &Stop) -> Result<Reply> {
    let Stop {
        by,
        channel,
        thread,
    } = stop;
    if !app.runs.stop(by, channel, thread).await? {
        app.slack
            .set_session_status(channel, thread, SessionStatus::Active)
            .await?;
    }
    Ok(Reply::Shown)
}

/// A message that cannot be a question gets a reason, in its thread.
async fn unanswerable(app: &App, question: &Question) -> Result<Reply> {
    let language = people::language(app, &question.asker.user).await;
    let message = match &question.text {
        Ok(_) => return Ok(Reply::Shown),
        Err(Unanswerable::Empty) => screens::nothing_asked(language, &app.config.slack.command),
        Err(Unanswerable::TooLong) => screens::too_long(language),
        Err(Unanswerable::TooMany) => screens::too_many(language),
    };
    app.slack
        .post(&question.channel, Some(&question.thread), &message, None)
        .await?;
    Ok(Reply::Shown)
}

/// Shows what came of it; whoever addressed the bot reads an answer or a reason.
async fn show(app: &App, inbound: &Inbound, outcome: Result<Reply>) {
    let failed = outcome.is_err();
    let language = inbound.language();
    let (message, replace) = match outcome {
        Ok(Reply::Shown) => return,
        Ok(Reply::Private(message)) => (message, false),
        Ok(Reply::Replace(message)) => (message, true),
        Err(error) => {
            log(&error);
            (screens::failure(language, &error), false)
        }
    };
    if let Inbound::Submission(submission) = inbound {
        return modals::show(app, submission, &message, failed).await;
    }
    if let Inbound::Action(action) = inbound
        && modals::show_click(app, action, &message).await
    {
        return;
    }
    let Some(caller) = inbound.caller() else {
        return;
    };
    if let Err(error) = answer(app, caller, &message, replace).await {
        tracing::error!(error.cause = ?error.cause(), "an answer could not be shown");
    }
}

/// Answers the caller privately: in the thread they are in, else through the URL that came along, else
/// in the channel, else in their conversation with the bot.
pub async fn answer(app: &App, caller: &Caller, message: &Message, replace: bool) -> Result<()> {
    // Through such a URL it would stand in the channel, away from what was clicked.
    let in_thread = caller.thread.is_some() && !replace;
    let url = caller.response_url.as_ref();
    if let Some(url) = url.filter(|_| !in_thread) {
        match app.slack.respond(url, message, replace).await {
            Ok(()) => return Ok(()),
            // It may be shown by now: another way would show it twice.
            Err(error @ CallError::Unheard(UNANSWERED)) => return Err(error.into()),
            // Such a URL works for half an hour and five times: the ways below do not end.
            Err(error) => tracing::debug!("a response_url was not taken: {error}"),
        }
    }
    match (answer_there(app, caller, message).await, url) {
        (Ok(()), _) => Ok(()),
        (Err(error @ CallError::Unheard(UNANSWERED)), _) => Err(error.into()),
        // Better away from what was clicked than nowhere.
        (Err(error), Some(url)) if in_thread => {
            tracing::debug!("a person is not answered in the thread: {error}");
            Ok(app.slack.respond(url, message, replace).await?)
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// Answers without the URL, in words alone where Slack does not take the blocks.
async fn answer_there(
    app: &App,
    caller: &Caller,
    message: &Message,
) -> std::result::Result<(), CallError> {
    match post_there(app, caller, message).await {
        Err(CallError::Refused(code)) if outbox::NOT_AS_BLOCKS.contains(&code.as_str()) => {
            tracing::warn!(code, "Slack does not take these blocks; answering in words");
            post_there(app, caller, &message.without_blocks()).await
        }
        posted => posted,
    }
}

async fn post_there(
    app: &App,
    caller: &Caller,
    message: &Message,
) -> std::result::Result<(), CallError> {
    let (user, thread) = (&caller.person.user, caller.thread.as_ref());
    match &caller.channel {
        // A conversation with the bot alone is private as it is. Through the URL the answer would
        // stand outside the thread, which is all that such a conversation shows at a time.
        Some(channel) if thread.is_some() && channel.as_str().starts_with('D') => {
            app.slack.post(channel, thread, message, None).await?;
        }
        Some(channel) => {
            app.slack
                .post_ephemeral(channel, user, thread, message)
                .await?;
        }
        // A person's own identifier, as a channel, is their conversation with the bot.
        None => {
            let channel = ChannelId::new(user.as_str());
            app.slack.post(&channel, None, message, None).await?;
        }
    }
    Ok(())
}

/// The answer when nothing could be stored, and so nothing was started.
pub fn storage_is_down(inbound: &Inbound, error: &Error) -> Ack {
    let language = inbound.language();
    let message = screens::failure(language, error);
    match inbound {
        Inbound::Command(_) => Ack::Body(json!({
            "response_type": "ephemeral", "text": message.text, "blocks": message.blocks,
        })),
        Inbound::Submission(_) => Ack::Body(json!({
            "response_action": "push",
            "view": modals::notice(language, &text!("Not connected"), vec![blocks::section(&message.text)]),
        })),
        // A click's acknowledgement carries nothing; without one Slack marks the click as failed.
        Inbound::Action(_)
        | Inbound::Shortcut(_)
        | Inbound::Notice(_)
        | Inbound::Question(_)
        | Inbound::Overheard(_)
        | Inbound::Change(_)
        | Inbound::Stop(_)
        | Inbound::Ignored(_) => Ack::Refused,
    }
}

/// Logged once, here: what we broke as an error, what the outside did as a notice.
fn log(error: &Error) {
    let cause = error.cause().map(|cause| format!("{cause:#}"));
    let what = error.message().in_general();
    match error.kind() {
        Kind::Internal | Kind::Unavailable => {
            tracing::error!(error.r#ref = %error.reference(), error.cause = cause, "{what}");
        }
        _ => tracing::info!(error.r#ref = %error.reference(), error.cause = cause, "{what}"),
    }
}

fn too_slow() -> Error {
    Error::new(Kind::Timeout, text!("This took too long, so I stopped.")).hint(text!("Try again."))
}
