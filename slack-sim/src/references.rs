//! What Slack would make of what an app sent, besides words: mentions, broadcasts, links, pictures.
//!
//! A judge for tests: whatever is not in the list notifies nobody, leads nowhere and loads nothing.
//! Where Slack's documentation leaves open how a text is read, it is read in the way that finds more:
//! references count inside code as well, and a field that is not known to be plain is read as mrkdwn.

mod honesty;
mod markdown;
mod mrkdwn;
mod rich;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::log::{Call, Entry};
use crate::seen::{Message, View};

/// One thing in a text that is more than words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// What Slack would make of it.
    pub kind: ReferenceKind,
    /// Whom or what it means: an id, an address, `here`, a time.
    pub target: String,
    /// What is shown instead of the target, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Whether Slack itself found it in plain text, such as an address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Where it is, as a JSON pointer.
    pub at: String,
}

/// The kinds of [`Reference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// A person: `<@U1>`.
    User,
    /// A user group: `<!subteam^S1>`.
    Group,
    /// A channel: `<#C1>`.
    Channel,
    /// Everybody: `<!here>`, `<!channel>`, `<!everyone>`.
    Broadcast,
    /// An address to follow.
    Link,
    /// An address to write to.
    Email,
    /// A picture that is loaded.
    Image,
    /// A time: `<!date^…>`.
    Date,
    /// Something between angle brackets in mrkdwn that is none of the above.
    Unknown,
}

/// Everything in a message, a view, a list of blocks or the arguments of a call.
pub fn references(body: &Value) -> Vec<Reference> {
    let mut found = Found::default();
    found.read(body, String::new());
    found.list
}

impl Message {
    /// What Slack would make of it, its text and all its blocks.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Found::default();
        match (&self.streaming, self.blocks.is_empty()) {
            // What a stream says is Markdown.
            (Some(_), _) => found.markdown(&self.text, "/text"),
            (None, alone) => found.mrkdwn(&self.text, alone.then_some(Automatic::Links), "/text"),
        }
        found.all(&self.blocks, "/blocks");
        found.all(&self.attachments, "/attachments");
        found.list
    }
}

impl View {
    /// What Slack would make of it.
    pub fn references(&self) -> Vec<Reference> {
        references(&self.0)
    }
}

impl Call {
    /// What Slack would make of its arguments, the chunks of a stream among them.
    pub fn references(&self) -> Vec<Reference> {
        references(&self.body)
    }
}

impl Entry {
    /// What Slack would make of it, if the app sent it.
    pub fn references(&self) -> Vec<Reference> {
        match self.direction {
            "from_app" => references(&self.body),
            _ => Vec::new(),
        }
    }
}

/// What Slack looks for in plain text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Automatic {
    /// Addresses.
    Links,
    /// Those, names of channels, and `@here` and its like: a text object that is not `verbatim`.
    Everything,
}

/// Fields that are not shown, or shown as they are.
const SILENT: [&str; 28] = [
    "type",
    "action_id",
    "block_id",
    "callback_id",
    "external_id",
    "private_metadata",
    "value",
    "id",
    "task_id",
    "view_id",
    "user_id",
    "trigger_id",
    "status",
    "style",
    "hash",
    "ts",
    "thread_ts",
    "envelope_id",
    "token",
    "user",
    "channel",
    "channel_id",
    "metadata",
    "alt_text",
    "initial_value",
    "response_type",
    "response_action",
    "task_display_mode",
];

/// Fields whose address is loaded, not followed.
const PICTURES: [&str; 5] = [
    "image_url",
    "thumb_url",
    "icon_url",
    "author_icon",
    "footer_icon",
];

/// Fields whose address is followed on a click.
const ADDRESSES: [&str; 6] = [
    "url",
    "title_url",
    "video_url",
    "title_link",
    "author_link",
    "from_url",
];

#[derive(Default)]
struct Found {
    list: Vec<Reference>,
}

impl Found {
    fn add(&mut self, kind: ReferenceKind, target: &str, words: Option<&str>, at: &str) {
        self.list.push(Reference {
            kind,
            target: target.to_owned(),
            words: words.map(str::to_owned),
            automatic: false,
            at: at.to_owned(),
        });
    }

    fn all(&mut self, items: &[Value], at: &str) {
        for (index, item) in items.iter().enumerate() {
            self.read(item, format!("{at}/{index}"));
        }
    }

    fn read(&mut self, value: &Value, at: String) {
        match value {
            Value::Array(items) => self.all(items, &at),
            Value::Object(fields) => self.object(fields, &at),
            Value::String(text) => self.mrkdwn(text, None, &at),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, at: &str) {
        let text = fields
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match fields
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
        {
            "plain_text" | "raw_text" => {}
            "mrkdwn" => {
                let verbatim = fields.get("verbatim").and_then(Value::as_bool);
                let automatic = (verbatim != Some(true)).then_some(Automatic::Everything);
                self.mrkdwn(text, automatic, at);
            }
            "markdown" | "markdown_text" => self.markdown(text, at),
            "rich_text" => self.rich(fields, at),
            _ => self.fields(fields, at),
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, at: &str) {
        let words = words_of(fields);
        for (name, field) in fields {
            let here = format!("{at}/{name}");
            match field {
                _ if SILENT.contains(&name.as_str()) => {}
                Value::String(url) if PICTURES.contains(&name.as_str()) => {
                    self.add(ReferenceKind::Image, url, None, &here);
                }
                Value::String(url) if ADDRESSES.contains(&name.as_str()) => {
                    self.add(ReferenceKind::Link, url, words, &here);
                }
                Value::String(text) if name == "markdown_text" => self.markdown(text, &here),
                // The text of a message is shown where it has no blocks.
                Value::String(text) if name == "text" && !fields.contains_key("blocks") => {
                    self.mrkdwn(text, Some(Automatic::Links), &here);
                }
                _ => self.read(field, here),
            }
        }
    }
}

/// The words on a button, an option or a source.
fn words_of(fields: &Map<String, Value>) -> Option<&str> {
    let text = fields.get("text").or_else(|| fields.get("title"))?;
    text.as_str().or_else(|| text["text"].as_str())
}

#[cfg(test)]
mod tests;
