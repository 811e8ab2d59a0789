//! What a person sees: messages and views, with the questions a test asks of them.

use serde::Serialize;
use serde_json::Value;

use crate::blocks;

/// A message on a person's screen.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The channel it is in.
    pub channel: String,
    /// Its timestamp, which is its name in the channel.
    pub ts: String,
    /// Who wrote it.
    pub user: String,
    /// That user's name.
    pub username: String,
    /// Set when an app wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<String>,
    /// Its text, which blocks replace on the screen.
    pub text: String,
    /// Its blocks.
    pub blocks: Vec<Value>,
    /// Its attachments of the old kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Value>,
    /// The files in it, as Slack's JSON has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Value>,
    /// The first message of its thread, for a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
    /// How many replies its thread has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_count: Option<usize>,
    /// Who replied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_users: Option<Vec<String>>,
    /// Whether only this person sees it.
    pub ephemeral: bool,
    /// `in_progress`, `completed`, `stopped` or `expired` for a message that grows or grew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming: Option<String>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// Reactions given to it.
    pub reactions: Vec<Reaction>,
    /// What the app attached for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// `thread_broadcast` for a reply that also shows in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
}

/// One emoji under a message.
#[derive(Clone, Debug, Serialize)]
pub struct Reaction {
    /// The emoji's name without colons.
    pub name: String,
    /// Who gave it.
    pub users: Vec<String>,
}

/// A modal or an App Home as Slack's JSON has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct View(pub Value);

impl Message {
    /// Everything a person reads in it: its blocks if there are any, else its text.
    pub fn all_text(&self) -> String {
        if self.blocks.is_empty() {
            return self.text.clone();
        }
        blocks::all_texts(&Value::Array(self.blocks.clone()))
    }

    /// Whether an app wrote it.
    pub fn is_from_bot(&self) -> bool {
        self.bot_id.is_some()
    }

    /// Whether the app may still add to it.
    pub fn is_growing(&self) -> bool {
        self.streaming.as_deref() == Some("in_progress")
    }

    /// The words on its buttons.
    pub fn buttons(&self) -> Vec<String> {
        blocks::buttons(&self.blocks)
    }
}

impl View {
    /// Its id.
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap_or_default()
    }

    /// Its title.
    pub fn title(&self) -> &str {
        self.0["title"]["text"].as_str().unwrap_or_default()
    }

    /// The name the app gave to what happens on submission.
    pub fn callback_id(&self) -> &str {
        self.0["callback_id"].as_str().unwrap_or_default()
    }

    /// What the app keeps in it for itself.
    pub fn private_metadata(&self) -> &str {
        self.0["private_metadata"].as_str().unwrap_or_default()
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[Value] {
        self.0["blocks"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Everything a person reads in its blocks.
    pub fn all_text(&self) -> String {
        blocks::all_texts(&self.0["blocks"])
    }

    /// The words on the buttons among its blocks.
    pub fn buttons(&self) -> Vec<String> {
        blocks::buttons(self.blocks())
    }
}
