//! `/mcp channel [choice]` — when I answer in this channel, and how answers are shown.

use clap::ValueEnum;

use crate::app::App;
use crate::domain::channel::{Answers, Choice, Listens};
use crate::error::{Error, Kind, Result};
use crate::slack::inbound::Caller;
use crate::slack::places;
use crate::slack::router::Reply;
use crate::text;

/// What can be chosen in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// Answer mentions.
    Mentions,
    /// Answer in threads as well.
    Threads,
    /// Answer everything.
    All,
    /// Answers grow.
    Stream,
    /// Answers come whole.
    Final,
    /// As it was at first.
    Default,
}

impl Word {
    /// All of them, as they are typed.
    pub const WORDS: [&str; 6] = ["mentions", "threads", "all", "stream", "final", "default"];

    fn choices(self) -> Vec<Choice> {
        match self {
            Self::Mentions => vec![Choice::Listens(Some(Listens::Mentions))],
            Self::Threads => vec![Choice::Listens(Some(Listens::Threads))],
            Self::All => vec![Choice::Listens(Some(Listens::All))],
            Self::Stream => vec![Choice::Answers(Some(Answers::Stream))],
            Self::Final => vec![Choice::Answers(Some(Answers::Final))],
            Self::Default => vec![Choice::Listens(None), Choice::Answers(None)],
        }
    }
}

pub async fn run(app: &App, caller: &Caller, word: Option<Word>) -> Result<Reply> {
    let Some(channel) = &caller.channel else {
        let where_else = text!(
            "Type `{command} channel` in the channel itself.",
            command = &app.config.slack.command
        );
        return Err(Error::new(
            Kind::Invalid,
            text!("I do not know which channel you mean."),
        )
        .hint(where_else));
    };
    if let Some(word) = word {
        places::choose(app, &caller.person, channel, &word.choices()).await?;
    }
    let (language, person) = (caller.language, &caller.person);
    let screen = places::screen(app, language, person, channel, word.is_some()).await?;
    Ok(Reply::Private(screen))
}
