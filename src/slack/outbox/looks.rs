//! How a run's message looks, whatever it says.

use serde_json::Value;

use super::pages;
use crate::domain::hidden::spelled;
use crate::domain::language::Language;
use crate::domain::post::{ApprovalRequest, Post, Withdrawn};
use crate::domain::preview::{PreviewPart, table};
use crate::domain::text::Text;
use crate::domain::tool::Risk;
use crate::ids::RunId;
use crate::slack::actions;
use crate::slack::blocks::{Message, Style, actions as row, button, context, section};
use crate::slack::mrkdwn::{code, code_block, escape};
use crate::slack::screens::{reference as to_quote, went_wrong};
use crate::text;

/// Characters in one block: escaped, they may become five times as many.
const CHARACTERS_PER_BLOCK: usize = 590;

/// How a run's message looks to whoever asked.
pub fn render(language: Language, post: &Post) -> Message {
    match post {
        Post::Working { note } => Message::new(format!("⏳ {}", escape(&note.to(language)))),
        Post::AskApproval(request) => approval(language, request),
        Post::Answer {
            markdown,
            receipt,
            outdated,
        } => pages::answer(language, markdown, 0, false, receipt, *outdated).0,
        Post::Failed {
            message,
            hint,
            reference,
            unknown,
            run,
        } => {
            let words = went_wrong(language, message, hint.as_ref()).text;
            Message::new(words + &may_have_run(language, unknown, true))
                .block(row(vec![retry(language, run)]))
                .block(context(&to_quote(language, reference)))
        }
        Post::Stopped { by, unknown, run } => {
            let what = match by {
                Some(user) => text!("⏹️ Stopped by {user}.", user = format!("<@{user}>")),
                None => text!("⏹️ Stopped."),
            };
            ended_early(language, &what, unknown, run)
        }
        Post::Withdrawn { why, unknown } => {
            let what = match why {
                Withdrawn::Edited => {
                    text!(
                        "✏️ The question was edited before I had answered it, so I stopped. I answer the new words below."
                    )
                }
                Withdrawn::TakenBack => {
                    text!("✏️ The question was edited before I had answered it, so I stopped.")
                }
                Withdrawn::Deleted => text!("🗑️ The question was deleted, so I stopped."),
            };
            Message::new(what.to(language) + &may_have_run(language, unknown, false))
        }
        Post::Interrupted { unknown, run } => {
            let what = text!("⚠️ I was interrupted before I could answer.");
            ended_early(language, &what, unknown, run)
        }
    }
}

fn ended_early(language: Language, what: &Text, unknown: &[String], run: &RunId) -> Message {
    Message::new(what.to(language) + &may_have_run(language, unknown, true))
        .block(row(vec![retry(language, run)]))
}

/// Calls that were sent and never came back are named: only the person can look.
fn may_have_run(language: Language, unknown: &[String], retry: bool) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let names: Vec<String> = unknown.iter().map(|name| code(name)).collect();
    let calls = names.join(", ");
    let words = if retry {
        text!(
            "{calls} may have run; I did not repeat it. Please check before you retry.",
            calls
        )
    } else {
        text!(
            "{calls} may have run; I did not repeat it. Please check.",
            calls
        )
    };
    format!("\n{}", words.to(language))
}

fn retry(language: Language, run: &RunId) -> Value {
    let label = text!("Retry").to(language);
    button(&label, actions::RETRY, run.as_str(), Style::Primary)
}

fn approval(language: Language, request: &ApprovalRequest) -> Message {
    let (tool, connection) = (code(&spelled(&request.tool)), code(&request.connection));
    let title = match request.risk {
        Risk::Read => text!(
            "🔒 May I run {tool} on {connection}? It reads.",
            tool,
            connection
        ),
        Risk::Write => text!(
            "🔒 May I run {tool} on {connection}? It changes something.",
            tool,
            connection
        ),
        Risk::Destructive => text!(
            "🔒 May I run {tool} on {connection}? It removes something.",
            tool,
            connection
        ),
    };
    let style = match request.risk {
        Risk::Read | Risk::Write => Style::Primary,
        Risk::Destructive => Style::Danger,
    };
    let arguments = serde_json::to_string_pretty(&request.arguments).unwrap_or_default();
    let message = exactly(Message::new(title.to(language)), &arguments);
    let parts = request.preview.iter().flat_map(|preview| &preview.parts);
    let message = parts.fold(message, |message, part| match part {
        PreviewPart::Note(note) => message.block(section(&escape(&spelled(&note.to(language))))),
        PreviewPart::Exact(text) => exactly(message, text),
        PreviewPart::Rows { columns, rows } => exactly(message, &table(columns, rows)),
    });
    let message = match request.cost {
        Some(cost) => message.block(context(
            &text!("It costs {cost}.", cost = cost.to_string()).to(language),
        )),
        None => message,
    };
    message
        .block(row(vec![
            button(
                &text!("Approve").to(language),
                actions::APPROVE,
                request.id.as_str(),
                style,
            ),
            button(
                &text!("Deny").to(language),
                actions::DENY,
                request.id.as_str(),
                Style::Plain,
            ),
        ]))
        .block(context(
            &text!("Only the person who asked can decide. It runs once, exactly as shown.")
                .to(language),
        ))
}

/// All of a text, however long: what cannot be seen must not be approved.
fn exactly(message: Message, text: &str) -> Message {
    let characters: Vec<char> = spelled(text).chars().collect();
    let shown = characters
        .chunks(CHARACTERS_PER_BLOCK)
        .map(|part| part.iter().collect::<String>());
    shown.fold(message, |message, part| {
        message.block(section(&code_block(&part)))
    })
}
