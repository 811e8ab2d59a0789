//! Brings every run's message to Slack: posted once, then kept up to date.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::blocks::{Message, Style, actions, button, context, markdown, section};
use super::client::CallError;
use super::mrkdwn::{code, code_block, escape};
use crate::app::App;
use crate::domain::post::{ApprovalRequest, Post, Receipt};
use crate::domain::tool::Risk;
use crate::error::Result;
use crate::ids::{MessageTs, RunId};
use crate::store::Outgoing;

/// How many messages are sent at once.
pub const SENDERS: usize = 4;
/// After that many failures a message is given up.
const MOST_ATTEMPTS: i64 = 8;
/// Characters of arguments in one block: escaped, they may become five times as many.
const ARGUMENTS_PER_BLOCK: usize = 590;
/// Slack's `metadata.event_type` of our messages.
const EVENT_TYPE: &str = "patchbay_run";

/// Sends what is due until the app stops.
pub async fn send(app: Arc<App>) {
    loop {
        match send_one(&app).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = app.changed.notified() => {}
                    () = tokio::time::sleep(app.config.runs.poll) => {}
                }
            }
            Err(error) => {
                tracing::warn!(error.cause = ?error.cause(), "could not look for messages to send");
                tokio::time::sleep(app.config.runs.poll).await;
            }
        }
    }
}

async fn send_one(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let lease = app.config.runs.lease;
    let until = now + lease;
    let Some(outgoing) = app.store.claim_outgoing(now, until).await? else {
        return Ok(false);
    };
    // Dropped well before the lease ends: two processes never send the same message at once.
    let sent = tokio::time::timeout(lease.mul_f32(0.8), deliver(app, &outgoing)).await;
    match sent.unwrap_or(Err(CallError::Unheard("time-out"))) {
        Ok(message) => app.store.mark_sent(&outgoing, &message).await?,
        Err(error) => {
            let wait = wait_after(&error, outgoing.attempts);
            match wait {
                Some(wait) => {
                    tracing::info!(run.id = %outgoing.run, "a message was not sent, trying again in {wait:?}: {error}");
                }
                None => tracing::error!(run.id = %outgoing.run, "a message was given up: {error}"),
            }
            let next_at = wait.map(|wait| app.clock.now() + wait);
            app.store
                .mark_unsent(&outgoing, next_at, &error.to_string())
                .await?;
        }
    }
    Ok(true)
}

async fn deliver(app: &App, outgoing: &Outgoing) -> std::result::Result<MessageTs, CallError> {
    let message = render(&outgoing.post.0);
    let posted = match &outgoing.message {
        Some(ts) => Some(ts.clone()),
        // An earlier try may have been heard although we did not hear back.
        None if outgoing.attempts > 1 => find(app, outgoing).await?,
        None => None,
    };
    if let Some(ts) = posted {
        match app.slack.update(&outgoing.channel, &ts, &message).await {
            Err(CallError::Refused(code)) if code == "message_not_found" => {}
            outcome => return outcome.map(|()| ts),
        }
    }
    let metadata = json!({ "event_type": EVENT_TYPE, "event_payload": { "run_id": outgoing.run } });
    app.slack
        .post(
            &outgoing.channel,
            Some(&outgoing.thread),
            &message,
            Some(metadata),
        )
        .await
}

/// The message of this run in its thread, if it is there.
async fn find(app: &App, outgoing: &Outgoing) -> std::result::Result<Option<MessageTs>, CallError> {
    let ours = |metadata: &Value| metadata["event_payload"]["run_id"] == json!(outgoing.run);
    app.slack
        .find_reply(&outgoing.channel, &outgoing.thread, ours)
        .await
}

/// When to try again; never when Slack will not change its mind.
fn wait_after(error: &CallError, attempts: i64) -> Option<Duration> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let doubled = || Duration::from_millis(500 << attempts.clamp(0, 7));
    match error {
        CallError::RateLimited(wait) => Some(*wait),
        CallError::Unheard(_) => Some(doubled()),
        CallError::Refused(code) => match code.as_str() {
            "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "ratelimited" => Some(doubled()),
            _ => None,
        },
    }
}

/// How a run's message looks.
pub fn render(post: &Post) -> Message {
    match post {
        Post::Working { note } => Message::new(format!("⏳ {}", escape(note))),
        Post::AskApproval(request) => approval(request),
        Post::Answer {
            markdown: text,
            receipt,
        } => Message {
            text: super::blocks::clipped(&escape(text), 3_000),
            blocks: vec![markdown(text), context(&receipt_line(receipt))],
        },
        Post::Failed {
            message,
            hint,
            reference,
            run,
        } => {
            let hint = hint
                .as_deref()
                .map(|hint| format!("\n{}", escape(hint)))
                .unwrap_or_default();
            Message::new(format!("⚠️ {}{hint}", escape(message)))
                .block(actions(vec![retry(run)]))
                .block(context(&format!("Reference {}", escape(reference))))
        }
        Post::Interrupted { unknown, run } => interrupted(unknown, run),
    }
}

fn interrupted(unknown: &[String], run: &RunId) -> Message {
    let mut text = "⚠️ I was interrupted before I could answer.".to_owned();
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.iter().map(|name| code(name)).collect();
        text.push_str(&format!(
            "\n{} may have run; I did not repeat it. Please check before you retry.",
            names.join(", ")
        ));
    }
    Message::new(text).block(actions(vec![retry(run)]))
}

fn retry(run: &RunId) -> Value {
    button("Retry", super::actions::RETRY, run.as_str(), Style::Primary)
}

fn approval(request: &ApprovalRequest) -> Message {
    let (what, style) = match request.risk {
        Risk::Read => ("reads", Style::Primary),
        Risk::Write => ("changes something", Style::Primary),
        Risk::Destructive => ("removes something", Style::Danger),
    };
    let arguments = serde_json::to_string_pretty(&request.arguments).unwrap_or_default();
    let title = format!(
        "🔒 May I run {} on {}? It {what}.",
        code(&request.tool),
        code(&request.connection)
    );
    // All of it, however long: what cannot be seen must not be approved.
    let characters: Vec<char> = arguments.chars().collect();
    let shown = characters
        .chunks(ARGUMENTS_PER_BLOCK)
        .map(|part| part.iter().collect::<String>());
    shown
        .fold(Message::new(title), |message, part| {
            message.block(section(&code_block(&part)))
        })
        .block(actions(vec![
            button(
                "Approve",
                super::actions::APPROVE,
                request.id.as_str(),
                style,
            ),
            button(
                "Deny",
                super::actions::DENY,
                request.id.as_str(),
                Style::Plain,
            ),
        ]))
        .block(context(
            "Only the person who asked can decide. It runs once, exactly as shown.",
        ))
}

fn receipt_line(receipt: &Receipt) -> String {
    let mut parts: Vec<String> = receipt.tools.iter().take(8).map(tool_part).collect();
    if receipt.tools.len() > 8 {
        parts.push(format!("{} more", receipt.tools.len() - 8));
    }
    parts.push(escape(&receipt.model));
    parts.push(format!("{} tokens", receipt.tokens));
    parts.push(
        receipt
            .cost
            .map_or("unpriced".to_owned(), |cost| cost.to_string()),
    );
    parts.join(" · ")
}

fn tool_part(tool: &crate::domain::post::ToolReceipt) -> String {
    let mark = if tool.ok { "" } else { " failed" };
    let rows = tool
        .rows
        .map(|rows| format!(" ({rows} {})", super::screens::plural(rows as usize, "row")));
    format!("{}{mark}{}", code(&tool.name), rows.unwrap_or_default())
}
