//! Block Kit, as little of it as the screens need: pure functions to JSON.

use serde_json::{Number, Value, json};

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

    /// Its blocks where no chart may be: the numbers of charts in words.
    pub fn blocks_without_charts(&self) -> Vec<Value> {
        let in_words = |block: &Value| match block["type"] == "data_visualization" {
            true => words(block).map_or_else(|| block.clone(), |words| section(&words)),
            false => block.clone(),
        };
        self.blocks.iter().map(in_words).collect()
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
        "data_visualization" => {
            let series = block["chart"]["series"].as_array()?.iter();
            let lines = series.map(|series| {
                let name = series["name"].as_str().unwrap_or_default();
                let points = series["data"].as_array().map_or(&[][..], Vec::as_slice);
                let points = points.iter().map(|point| {
                    format!(
                        "{} {}",
                        point["label"].as_str().unwrap_or(""),
                        point["value"]
                    )
                });
                format!("{name}: {}", points.collect::<Vec<_>>().join(", "))
            });
            let title = block["title"].as_str()?;
            let lines = std::iter::once(title.to_owned()).chain(lines);
            super::mrkdwn::escape(&lines.collect::<Vec<_>>().join("\n"))
        }
        _ => return None,
    };
    Some(said)
}

/// A chart of bars, which Slack draws in the reader's colours: for each label a number of every series.
/// Only messages may have one, and two at most.
pub fn bars(title: &str, labels: &[String], series: &[(String, Vec<Number>)]) -> Value {
    let series = series.iter().map(|(name, numbers)| {
        let points = labels.iter().zip(numbers);
        let points = points.map(|(label, value)| json!({ "label": label, "value": value }));
        json!({ "name": clipped(name, 20), "data": points.collect::<Vec<_>>() })
    });
    json!({
        "type": "data_visualization",
        "title": clipped(title, 50),
        "chart": {
            "type": "bar",
            "series": series.collect::<Vec<_>>(),
            "axis_config": { "categories": labels },
        },
    })
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
