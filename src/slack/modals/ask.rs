//! "Ask Patchbay about this": a message is quoted, a question asked, and the answer goes to its thread.

use serde_json::{Value, json};

use super::{Opened, refuse_other};
use crate::app::App;
use crate::domain::chat::about_a_message;
use crate::domain::run::{Run, RunState};
use crate::ids::RunId;
use crate::slack::blocks::{clipped, context, plain, section};
use crate::slack::inbound::{Shortcut, ShortcutMessage, Submission};
use crate::slack::mrkdwn::{escape, readable};
use crate::slack::screens;
use crate::text;

/// The form's name.
pub const CALLBACK: &str = "ask";
const QUESTION: &str = "question";
/// Characters of the message that are kept: a form remembers 3,000 in all, escapes included.
const MOST_QUOTED: usize = 1_000;
const LONGEST_QUESTION: usize = 3_000;

/// The form, with the message it is about; `name` is what people call a user.
pub fn view(
    shortcut: &Shortcut,
    message: &ShortcutMessage,
    name: impl Fn(&str) -> String,
) -> Value {
    let language = shortcut.caller.language;
    let words = readable(&message.text, name);
    let quote = clipped(words.trim(), MOST_QUOTED);
    let opened = Opened {
        about: Some(quote.clone()),
        thread: Some(message.thread.clone()),
        ..Opened::by(&shortcut.caller, None)
    };
    let quoted: Vec<String> = escape(&quote)
        .lines()
        .map(|line| format!("> {line}"))
        .collect();
    let shown = if quote.is_empty() {
        text!("_A message without text_").to(language)
    } else {
        quoted.join("\n")
    };
    let where_to =
        text!("The answer is posted in the thread of this message, made with your connections.");
    json!({
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(&text!("Ask about this").to(language)),
        "submit": plain(&text!("Ask").to(language)),
        "close": plain(&text!("Cancel").to(language)),
        "private_metadata": opened.metadata(),
        "blocks": [
            section(&shown),
            {
                "type": "input",
                "block_id": QUESTION,
                "label": plain(&text!("Your question").to(language)),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "value",
                    "multiline": true,
                    "max_length": LONGEST_QUESTION,
                    "placeholder": plain(&text!("What should I find out?").to(language)),
                },
            },
            context(&where_to.to(language)),
        ],
    })
}

/// The question that was asked, or what the form says instead of closing.
pub fn read(app: &App, submission: &Submission) -> Result<Run, Value> {
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    let language = submission.caller.language;
    let refused = |error: crate::error::Error| {
        let blocks = screens::failure(language, &error).blocks;
        json!({ "response_action": "update", "view": super::notice(language, &text!("Ask about this"), blocks) })
    };
    refuse_other(opened.by, &submission.caller).map_err(refused)?;
    let question = submission
        .values
        .get(QUESTION)
        .map_or("", |text| text.trim());
    if question.is_empty() {
        let errors = json!({ QUESTION: text!("Write what you want to know.").to(language) });
        return Err(json!({ "response_action": "errors", "errors": errors }));
    }
    let (Some(channel), Some(thread)) = (opened.channel, opened.thread) else {
        let error = crate::error::Error::new(
            crate::error::Kind::NotFound,
            text!("I no longer know which message this is about."),
        );
        let again = text!("Open the form again from the message.");
        return Err(refused(error.hint(again)));
    };
    let question = match opened.about.filter(|about| !about.is_empty()) {
        Some(about) => about_a_message(question, &about),
        None => question.to_owned(),
    };
    Ok(Run {
        id: RunId::generate(),
        asker: submission.caller.person.clone(),
        channel,
        thread,
        question,
        asked: None,
        state: RunState::Queued,
        created_at: app.clock.now(),
        trace: None,
    })
}
