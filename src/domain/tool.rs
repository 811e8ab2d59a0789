//! Tools: what a model may call, what it called, and what came back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What calling a tool can do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Reads only.
    Read,
    /// Creates or changes something.
    Write,
    /// Removes something, or cannot be undone.
    Destructive,
}

impl Risk {
    /// Its name in cards, metrics and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// `connection__tool`: letters, digits, `_` and `-`, at most 64 characters.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments: an object schema.
    pub parameters: Value,
    bytes: usize,
}

impl ToolSpec {
    /// A tool, measured once.
    pub fn new(name: String, description: String, parameters: Value) -> Self {
        Self {
            bytes: name.len() + description.len() + parameters.to_string().len(),
            name,
            description,
            parameters,
        }
    }

    /// How many bytes a model reads of it, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A model's wish to call a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's identifier of this call; unique within a run.
    pub id: String,
    /// The name from [`ToolSpec`].
    pub name: String,
    /// The arguments. Not an object when the model sent invalid JSON: then the raw text.
    pub arguments: Value,
    /// What the provider wants back unchanged with the result, such as thought signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_data: Option<Value>,
}

/// What a tool gave back, before it is capped and wrapped for the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The text for the model: JSON where the tool has structure.
    pub text: String,
    /// Rows or items in the result, where that means something.
    pub rows: Option<u64>,
    /// Whether more was there than was taken.
    pub truncated: bool,
    /// Bytes of the service's answer that shaping left out, where that is known.
    #[serde(default)]
    pub left_out: usize,
}

impl ToolOutput {
    /// The same, made out of so many bytes of a service's answer.
    pub fn out_of(mut self, bytes: usize) -> Self {
        self.left_out = bytes.saturating_sub(self.text.len());
        self
    }
}

/// What a model reads where the person said no.
pub const NOT_ALLOWED: &str = "The person did not allow this call. Do not try it again.";
/// What it reads where the person said nothing in time.
pub const NOT_ALLOWED_IN_TIME: &str =
    "The person did not allow this call in time. Do not try it again.";

/// Why a call was not made although it could have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The person said no.
    Denied,
    /// The person did not answer in time.
    Expired,
    /// Our own rules.
    #[default]
    Skipped,
}

/// How a tool call ended; this is what the model and the journal keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ToolOutcome {
    /// It ran.
    Done {
        /// Capped, redacted and wrapped text for the model.
        content: String,
        /// Rows in the result, where that means something.
        rows: Option<u64>,
        /// How long it ran.
        millis: u64,
    },
    /// It did not run, or failed: the sentence says what to do.
    Failed {
        /// For the model and the person.
        message: String,
    },
    /// It was not made.
    Refused {
        /// Why.
        #[serde(default)]
        why: Refusal,
        /// For the model and the person.
        message: String,
    },
}
