//! How a run's message looks, whatever it says.

use serde_json::Value;

use super::pages;
use crate::domain::post::{ApprovalRequest, Post, Withdrawn};
use crate::domain::tool::Risk;
use crate::ids::RunId;
use crate::slack::actions;
use crate::slack::blocks::{Message, Style, actions as row, button, context, section};
use crate::slack::mrkdwn::{code, code_block, escape};

/// Characters of arguments in one block: escaped, they may become five times as many.
const ARGUMENTS_PER_BLOCK: usize = 590;
/// What to do about a call that may have run.
const BEFORE_RETRY: &str = " before you retry";

/// How a run's message looks.
pub fn render(post: &Post) -> Message {
    match post {
        Post::Working { note } => Message::new(format!("⏳ {}", escape(note))),
        Post::AskApproval(request) => approval(request),
        Post::Answer {
            markdown,
            receipt,
            outdated,
        } => pages::answer(markdown, 0, false, receipt, *outdated).0,
        Post::Failed {
            message,
            hint,
            reference,
            unknown,
            run,
        } => {
            let mut text = format!("⚠️ {}", escape(message));
            if let Some(hint) = hint {
                text.push_str(&format!("\n{}", escape(hint)));
            }
            text.push_str(&may_have_run(unknown, BEFORE_RETRY));
            Message::new(text)
                .block(row(vec![retry(run)]))
                .block(context(&format!("Reference {}", escape(reference))))
        }
        Post::Stopped { by, unknown, run } => {
            let by = by.as_ref().map(|user| format!(" by <@{user}>"));
            let text = format!("⏹️ Stopped{}.", by.unwrap_or_default());
            ended_early(&text, unknown, run)
        }
        Post::Withdrawn { why, unknown } => {
            let what = match why {
                Withdrawn::Edited => {
                    "✏️ The question was edited before I had answered it, so I stopped. I answer the new words below."
                }
                Withdrawn::TakenBack => {
                    "✏️ The question was edited before I had answered it, so I stopped."
                }
                Withdrawn::Deleted => "🗑️ The question was deleted, so I stopped.",
            };
            Message::new(format!("{what}{}", may_have_run(unknown, "")))
        }
        Post::Interrupted { unknown, run } => {
            ended_early("⚠️ I was interrupted before I could answer.", unknown, run)
        }
    }
}

fn ended_early(what: &str, unknown: &[String], run: &RunId) -> Message {
    Message::new(format!("{what}{}", may_have_run(unknown, BEFORE_RETRY)))
        .block(row(vec![retry(run)]))
}

/// Calls that were sent and never came back are named: only the person can look.
fn may_have_run(unknown: &[String], before: &str) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let names: Vec<String> = unknown.iter().map(|name| code(name)).collect();
    format!(
        "\n{} may have run; I did not repeat it. Please check{before}.",
        names.join(", ")
    )
}

fn retry(run: &RunId) -> Value {
    button("Retry", actions::RETRY, run.as_str(), Style::Primary)
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
    let characters: Vec<char> = visible(&arguments).chars().collect();
    let shown = characters
        .chunks(ARGUMENTS_PER_BLOCK)
        .map(|part| part.iter().collect::<String>());
    shown
        .fold(Message::new(title), |message, part| {
            message.block(section(&code_block(&part)))
        })
        .block(row(vec![
            button("Approve", actions::APPROVE, request.id.as_str(), style),
            button("Deny", actions::DENY, request.id.as_str(), Style::Plain),
        ]))
        .block(context(
            "Only the person who asked can decide. It runs once, exactly as shown.",
        ))
}

/// Characters that hide or reorder others, spelled out: what is approved must be what is read.
pub(super) fn visible(text: &str) -> String {
    let hides = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{ad}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars()
        .map(|c| {
            if hides(c) {
                c.escape_unicode().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}
