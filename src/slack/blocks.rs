//! Block Kit, as little of it as the screens need: pure functions to JSON.

use serde_json::{Value, json};

use crate::domain::language::Language;
use crate::text;

/// Slack's limits, in characters.
const SECTION_TEXT: usize = 3_000;
const BUTTON_TEXT: usize = 75;
/// The most text of a message without blocks: more may be posted, but not be brought up to date.
pub const PLAIN_TEXT: usize = 4_000;
/// The most Markdown that one message of ours holds.
pub const MARKDOWN_TEXT: usize = 11_500;

/// A message: blocks, and the text that notifications and screen readers get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// For notifications; never empty.
    pub text: String,
    /// What is shown.
    pub blocks: Vec<Value>,
}

impl Message {
    /// A message of one paragraph; `mrkdwn` is written by us, with whatever came from elsewhere
    /// escaped.
    pub fn new(mrkdwn: impl Into<String>) -> Self {
        let text = mrkdwn.into();
        Self {
            blocks: vec![section(&text)],
            text,
        }
    }

    /// The same as text alone: what its blocks say, as much of it as Slack takes.
    pub fn without_blocks(&self) -> Self {
        let said: Vec<String> = self.blocks.iter().filter_map(words).collect();
        let text = match said.is_empty() {
            true => &self.text,
            false => &said.join("\n"),
        };
        Self::plain(text)
    }

    /// A message of mrkdwn that has no blocks.
    pub fn plain(mrkdwn: &str) -> Self {
        Self {
            text: clipped(mrkdwn, PLAIN_TEXT),
            blocks: Vec::new(),
        }
    }

    /// Adds a block.
    pub fn block(mut self, block: Value) -> Self {
        self.blocks.push(block);
        self
    }
}

/// What a block says, as mrkdwn; nothing for one that has something to click.
fn words(block: &Value) -> Option<String> {
    let said = match block["type"].as_str()? {
        "section" => block["text"]["text"].as_str()?.to_owned(),
        "markdown" => super::mrkdwn::escape(block["text"].as_str()?),
        "context" => {
            let elements = block["elements"].as_array()?.iter();
            let texts: Vec<&str> = elements.filter_map(|it| it["text"].as_str()).collect();
            texts.join(" ")
        }
        _ => return None,
    };
    Some(said)
}

/// A paragraph of mrkdwn.
pub fn section(mrkdwn: &str) -> Value {
    json!({ "type": "section", "text": marked_up(mrkdwn) })
}

/// A paragraph with a button beside it.
pub fn section_with(mrkdwn: &str, accessory: Value) -> Value {
    let mut block = section(mrkdwn);
    block["accessory"] = accessory;
    block
}

/// A heading.
pub fn header(text: &str) -> Value {
    json!({ "type": "header", "text": plain(&clipped(text, 150)) })
}

/// A line between two parts.
pub fn divider() -> Value {
    json!({ "type": "divider" })
}

/// Small grey text.
pub fn context(mrkdwn: &str) -> Value {
    json!({ "type": "context", "elements": [marked_up(mrkdwn)] })
}

/// Slack is told to make nothing of it but what its markup says: an address, `@here` or a channel's
/// name that came from elsewhere stays text.
fn marked_up(mrkdwn: &str) -> Value {
    json!({ "type": "mrkdwn", "text": clipped(mrkdwn, SECTION_TEXT), "verbatim": true })
}

/// Standard Markdown that a model wrote, with its power to notify people taken away.
pub fn markdown(text: &str) -> Value {
    json!({ "type": "markdown", "text": clipped(&super::markdown::harmless(text), MARKDOWN_TEXT) })
}

/// A row of buttons.
pub fn actions(elements: Vec<Value>) -> Value {
    json!({ "type": "actions", "elements": elements })
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain.
    Plain,
    /// The one most people want.
    Primary,
    /// Removes something.
    Danger,
}

/// A button.
pub fn button(text: &str, action_id: &str, value: &str, style: Style) -> Value {
    let mut button = json!({
        "type": "button",
        "text": plain(&clipped(text, BUTTON_TEXT)),
        "action_id": action_id,
        "value": value,
    });
    match style {
        Style::Plain => {}
        Style::Primary => button["style"] = json!("primary"),
        Style::Danger => button["style"] = json!("danger"),
    }
    button
}

/// The same button, which asks once more before it does it. The button that says yes has its style.
pub fn confirmed(
    language: Language,
    mut button: Value,
    title: &str,
    question: &str,
    yes: &str,
) -> Value {
    button["confirm"] = json!({
        "title": plain(title),
        "text": plain(&clipped(question, 300)),
        "confirm": plain(yes),
        "deny": plain(&text!("Cancel").to(language)),
    });
    if let Some(style) = button.get("style").cloned() {
        button["confirm"]["style"] = style;
    }
    button
}

/// Plain text.
pub fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": true })
}

/// The first `most` characters, with a mark where something was cut.
pub fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most - 1).collect();
    kept.push('…');
    kept
}
