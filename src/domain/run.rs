//! A run: one question to the agent, from the moment it is stored to its one visible outcome.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::chat::ChatReply;
use super::principal::Principal;
use super::tool::{Risk, ToolOutcome};
use super::trace::TraceParent;
use crate::ids::{ChannelId, MessageTs, RunId};

/// One question and where its answer goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// Who asked: the run acts with this person's connections and nobody else's.
    pub asker: Principal,
    /// Where.
    pub channel: ChannelId,
    /// The thread the answer goes to.
    pub thread: MessageTs,
    /// What was asked.
    pub question: String,
    /// The message it was asked in; `None` when it was asked in a form.
    pub asked: Option<Asked>,
    /// Where it stands.
    pub state: RunState,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// Where in a trace it belongs, if that is recorded.
    pub trace: Option<TraceParent>,
}

/// The message that a question stands in. Slack's times order what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which message.
    pub message: MessageTs,
    /// When its words were written or last changed.
    pub wording: MessageTs,
}

impl Asked {
    /// A message as it was first written.
    pub fn first(message: &MessageTs) -> Self {
        Self {
            message: message.clone(),
            wording: message.clone(),
        }
    }
}

/// Where a run stands. `Queued`, `Running` and `Waiting` end in one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RunState {
    /// Stored, and free to be claimed.
    Queued,
    /// Claimed by a worker whose lease holds.
    Running,
    /// Waiting for a person's decision; holds no memory.
    Waiting,
    /// Answered.
    Done,
    /// Ended with an error the person was told.
    Failed,
    /// It ended in the middle: the worker died, or a person stopped it. The asker may retry.
    Interrupted,
}

impl RunState {
    /// Whether there is still something to come of it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Waiting => true,
            Self::Done | Self::Failed | Self::Interrupted => false,
        }
    }
}

/// One line of a run's journal. An effect's intent is written before it happens, its outcome after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A model's reply was received: bought, so never asked for again.
    ModelReplied {
        /// The whole reply.
        reply: ChatReply,
    },
    /// A tool call is about to be sent.
    ToolSent {
        /// Which call.
        call_id: String,
        /// The name from the tool list.
        name: String,
        /// What it can do: an unfinished call that only reads did no harm.
        risk: Risk,
    },
    /// A tool call ended.
    ToolEnded {
        /// Which call.
        call_id: String,
        /// How.
        outcome: ToolOutcome,
    },
}

/// An earlier question of the same person in the same thread, with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Where it stands in its thread: the message with the question, or else with the answer.
    pub at: Option<MessageTs>,
    /// What others said before it, as the model is told; empty where nothing is.
    pub heard: String,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
}
