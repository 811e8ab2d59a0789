//! How the bot behaves in one channel.

use serde::{Deserialize, Serialize};

/// Which messages of people the bot takes as questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Listens {
    /// Those that mention it.
    #[default]
    Mentions,
    /// Those as well that are said in a thread where it was asked before.
    Threads,
    /// All of them.
    All,
}

/// How an answer is shown while it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Answers {
    /// It grows as the model writes.
    Stream,
    /// A note says what is going on, and the answer comes whole.
    Final,
}

/// What was chosen for a channel; nothing is chosen anywhere at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Which messages are questions; `None` is mentions.
    pub listens: Option<Listens>,
    /// How answers are shown; `None` is as the installation is configured.
    pub answers: Option<Answers>,
}

/// One choice for a channel; `None` goes back to the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Which messages are questions.
    Listens(Option<Listens>),
    /// How answers are shown.
    Answers(Option<Answers>),
}

impl ChannelSettings {
    /// Which messages are questions here.
    pub fn listens(&self) -> Listens {
        self.listens.unwrap_or_default()
    }
}
