//! What a person is shown for a run, in no chat program's dialect; edges render it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::fingerprint::fingerprint;
use super::money::NanoDollars;
use super::preview::Preview;
use super::text::Text;
use super::tool::{Refusal, Risk};
use crate::ids::{ApprovalId, ConnectionId, RunId, UserId};
use crate::text;

/// The one message of a run, as it should look now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "post", rename_all = "snake_case")]
pub enum Post {
    /// Still at it.
    Working {
        /// What is going on, such as "Running `sales__list_tables`".
        note: Text,
    },
    /// Waiting for the asker's decision.
    AskApproval(ApprovalRequest),
    /// The answer.
    Answer {
        /// Markdown, written by a model: hostile until rendered.
        markdown: String,
        /// Where it came from and what it cost.
        receipt: Receipt,
        /// Whether the question has other words by now.
        #[serde(default)]
        outdated: bool,
    },
    /// It ended without an answer.
    Failed {
        /// What happened.
        message: Text,
        /// What to do now.
        hint: Option<Text>,
        /// What to quote to an admin.
        reference: String,
        /// Tools that may or may not have run and were not repeated.
        #[serde(default)]
        unknown: Vec<String>,
        /// What Retry would ask again.
        run: RunId,
    },
    /// A person stopped it.
    Stopped {
        /// Who, where it was not the one who asked.
        by: Option<UserId>,
        /// Tools that may or may not have run and were not repeated.
        unknown: Vec<String>,
        /// What Retry would ask again.
        run: RunId,
    },
    /// Its question was edited or deleted before there was an answer.
    Withdrawn {
        /// Which of it.
        why: Withdrawn,
        /// Tools that may or may not have run and were not repeated.
        unknown: Vec<String>,
    },
    /// The bot stopped in the middle.
    Interrupted {
        /// Tools that may or may not have run and were not repeated.
        unknown: Vec<String>,
        /// What Retry would ask again.
        run: RunId,
    },
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawn {
    /// It has other words now, which are answered anew.
    Edited,
    /// It was edited and asks the agent nothing any more: it is a command now, or for others.
    TakenBack,
    /// Its message is gone.
    Deleted,
}

impl Post {
    /// Its name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Working { .. } => "working",
            Self::AskApproval(_) => "ask_approval",
            Self::Answer { .. } => "answer",
            Self::Failed { .. } => "failed",
            Self::Stopped { .. } => "stopped",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// How every run's message begins.
    pub fn thinking() -> Self {
        Self::Working {
            note: text!("Thinking"),
        }
    }

    /// The answer's Markdown, where it is one.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Answer { markdown, .. } => Some(markdown),
            Self::Working { .. }
            | Self::AskApproval(_)
            | Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Withdrawn { .. }
            | Self::Interrupted { .. } => None,
        }
    }

    /// How the message of a run that is over looks once its question was edited or deleted; `None`
    /// when nothing about it changes.
    pub fn withdrawn(&self, why: Withdrawn) -> Option<Self> {
        match (self, why) {
            (Self::Answer { .. }, Withdrawn::Edited) => {
                let mut post = self.clone();
                if let Self::Answer { outdated, .. } = &mut post {
                    *outdated = true;
                }
                Some(post)
            }
            // What asks to be retried would ask what nobody asks any more.
            (
                Self::Failed { unknown, .. }
                | Self::Stopped { unknown, .. }
                | Self::Interrupted { unknown, .. },
                _,
            ) => Some(Self::Withdrawn {
                why,
                unknown: unknown.clone(),
            }),
            (Self::Answer { .. } | Self::Withdrawn { .. }, _)
            | (Self::Working { .. } | Self::AskApproval(_), _) => None,
        }
    }
}

/// A decision asked of a person: exactly this call, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The decision.
    pub id: ApprovalId,
    /// The connection: its name may be given to another one while the question waits.
    pub connection_id: ConnectionId,
    /// The connection's name.
    pub connection: String,
    /// The tool's name without the connection.
    pub tool: String,
    /// What it can do.
    pub risk: Risk,
    /// The exact arguments.
    pub arguments: Value,
    /// What the call would do, where its source can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// What the service charges for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<NanoDollars>,
}

impl ApprovalRequest {
    /// Over the connection, the tool, what it can do, the arguments and the preview: what is run must have
    /// the fingerprint of what was shown.
    pub fn arguments_hash(&self) -> String {
        let mut call =
            serde_json::json!([self.connection_id, self.tool, self.risk, self.arguments]);
        if let (Some(preview), Some(parts)) = (&self.preview, call.as_array_mut()) {
            parts.push(serde_json::json!(preview));
        }
        fingerprint(call)
    }
}

/// Where an answer came from and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Each tool call in order.
    pub tools: Vec<ToolReceipt>,
    /// The model that answered.
    pub model: String,
    /// The model that the asker chose, where it did not answer and this one did instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// Tokens in and out over all completions.
    pub tokens: i64,
    /// The estimated cost where every completion has a price.
    pub cost: Option<NanoDollars>,
    /// What was asked, where no message says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedUnseen>,
    /// What people decided on the way, in the order in which they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decided>,
}

/// A decision that a person made: the question is gone from the thread, this stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Who decided.
    pub by: UserId,
    /// Whether they allowed it.
    pub allowed: bool,
    /// The connection's name.
    pub connection: String,
    /// The tool's name without the connection.
    pub tool: String,
    /// The exact arguments as JSON on one line, cut off after [`Decided::MOST_ARGUMENTS`].
    pub arguments: String,
}

impl Decided {
    /// The most characters of arguments that are kept.
    pub const MOST_ARGUMENTS: usize = 300;

    /// That decision on what was asked.
    pub fn new(by: UserId, allowed: bool, request: &ApprovalRequest) -> Self {
        let arguments = request.arguments.to_string();
        Self {
            by,
            allowed,
            connection: request.connection.clone(),
            tool: request.tool.clone(),
            arguments: match arguments.char_indices().nth(Self::MOST_ARGUMENTS) {
                Some((end, _)) => format!("{}…", &arguments[..end]),
                None => arguments,
            },
        }
    }
}

/// A question that was asked in a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedUnseen {
    /// Who asked.
    pub by: UserId,
    /// In their own words.
    pub question: String,
}

/// One tool call in a receipt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolReceipt {
    /// The name from the tool list, `connection__tool`.
    pub name: String,
    /// How it ended; older receipts know only whether it ran.
    #[serde(alias = "ok", deserialize_with = "known_end")]
    pub end: CallEnd,
    /// Rows it returned, where that means something.
    pub rows: Option<u64>,
    /// How long it took.
    pub millis: u64,
}

/// How a tool call ended, for its receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// It ran.
    Ran,
    /// It did not work.
    Failed,
    /// It was not made.
    NotMade(Refusal),
}

fn known_end<'de, D: Deserializer<'de>>(stored: D) -> Result<CallEnd, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Known {
        End(CallEnd),
        Ran(bool),
    }
    Ok(match Known::deserialize(stored)? {
        Known::End(end) => end,
        Known::Ran(true) => CallEnd::Ran,
        Known::Ran(false) => CallEnd::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn receipts_of_older_versions_are_read() {
        let check = |field: &str, stored: Value, expected: CallEnd| {
            let mut receipt = json!({ "name": "shop__sell", "rows": null, "millis": 1 });
            receipt[field] = stored;
            let read: ToolReceipt = serde_json::from_value(receipt).unwrap();
            assert_eq!(read.end, expected);
            let again = serde_json::to_value(&read).unwrap();
            assert_eq!(serde_json::from_value::<ToolReceipt>(again).unwrap(), read);
        };
        check("ok", json!(true), CallEnd::Ran);
        check("ok", json!(false), CallEnd::Failed);
        check("end", json!("ran"), CallEnd::Ran);
        let denied = json!({ "not_made": "denied" });
        check("end", denied, CallEnd::NotMade(Refusal::Denied));
    }
}
