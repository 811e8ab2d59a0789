//! What is said without addressing the bot: a question or not, as was chosen for the channel.

use super::inbound::{Overheard, Question, Unanswerable};
use crate::app::App;
use crate::channels::Room;
use crate::domain::channel::Listens;
use crate::error::{Error, Kind, Result};

/// The question that a message is, if it is one. No network call but to storage, and that seldom.
pub async fn heed(app: &App, said: Overheard) -> Result<Option<Question>> {
    if said.for_others || said.question.text == Err(Unanswerable::Empty) {
        return Ok(None);
    }
    let limit = app.config.slack.store_timeout;
    let decided = tokio::time::timeout(limit, is_question(app, &said)).await;
    let decided = decided
        .unwrap_or_else(|_| Err(Error::new(Kind::Unavailable, "My storage does not answer.")));
    match decided {
        Ok(true) => Ok(with_room(app, said.question)),
        Ok(false) => Ok(None),
        Err(error) => {
            tracing::warn!(error.cause = ?error.cause(), "whether a message is a question is not known");
            Err(error)
        }
    }
}

async fn is_question(app: &App, said: &Overheard) -> Result<bool> {
    let Question {
        asker,
        channel,
        thread,
        ..
    } = &said.question;
    let settings = app.channels.settings(&asker.team, channel).await?;
    match settings.listens() {
        Listens::Mentions => Ok(false),
        Listens::All => Ok(true),
        Listens::Threads if !said.in_thread => Ok(false),
        Listens::Threads => {
            app.channels
                .was_asked_in(&asker.team, channel, thread)
                .await
        }
    }
}

/// The question, unless too many came; the first that is too many gets a word about it.
fn with_room(app: &App, question: Question) -> Option<Question> {
    let room = app
        .channels
        .take_unaddressed(&question.asker.team, &question.channel);
    match room {
        Room::Free => Some(question),
        Room::JustFull => Some(Question {
            text: Err(Unanswerable::TooMany),
            ..question
        }),
        Room::Full => None,
    }
}
