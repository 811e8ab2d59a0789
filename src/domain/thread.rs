//! What is said in a thread around the questions to the bot.

use crate::ids::{ChannelId, MessageTs, TeamId, UserId};

/// A thread of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The workspace.
    pub team: TeamId,
    /// Where.
    pub channel: ChannelId,
    /// The message that it hangs from.
    pub ts: MessageTs,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// Somebody.
    Person(UserId),
    /// Another app, under the name it goes by.
    App(String),
    /// The bot, to somebody else.
    Bot,
}

/// A message of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which message, and so when.
    pub at: MessageTs,
    /// Who wrote it.
    pub author: Author,
    /// What it says, with Slack's marks for people and channels; empty when it was deleted.
    pub words: String,
}

/// The same as a model is told: with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which message, and so when.
    pub at: MessageTs,
    /// Who wrote it.
    pub author: Author,
    /// What others call the author.
    pub name: String,
    /// What it says, as people read it.
    pub words: String,
}
