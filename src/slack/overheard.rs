//! What is said without addressing the bot: a question or not, as was chosen for the channel; and
//! kept for later questions where it is said in a thread in which the bot was asked.

use futures_util::TryFutureExt as _;

use super::inbound::{Change, Overheard, Question, Unanswerable};
use crate::app::App;
use crate::channels::Room;
use crate::domain::channel::Listens;
use crate::domain::thread::{Heard, Thread};
use crate::error::Result;
use crate::ids::MessageTs;
use crate::store::in_time;

/// The question that a message is, if it is one. No network call but to storage.
pub async fn heed(app: &App, said: Overheard) -> Result<Option<Question>> {
    bounded(app, decide(app, said)).await
}

/// What was said in a thread and then edited or deleted is kept as it is now.
pub async fn follow(app: &App, change: &Change) -> Result<()> {
    let said = change.overheard();
    bounded(app, async {
        if keeps(app) && was_asked_in(app, &said.thread).await? {
            keep(app, &said.thread, &said.heard, &said.version).await?;
        }
        Ok(())
    })
    .await
}

fn bounded<T>(app: &App, work: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
    in_time(app.config.slack.store_timeout, work).inspect_err(|error| {
        tracing::warn!(error.cause = ?error.cause(), "a message could not be heeded");
    })
}

async fn decide(app: &App, said: Overheard) -> Result<Option<Question>> {
    let in_thread = said.in_thread();
    let Overheard {
        thread,
        heard,
        version,
        question,
    } = said;
    let question = question.filter(|question| question.text != Err(Unanswerable::Empty));
    let listens = match question {
        Some(_) => {
            let settings = app.channels.settings(&thread.team, &thread.channel).await?;
            settings.listens()
        }
        None => Listens::Mentions,
    };
    // Asked of the store once: every message of every channel comes by here.
    let mut asked_there = None;
    let wanted = match listens {
        Listens::Mentions => false,
        Listens::Threads if in_thread => *asked_there.insert(was_asked_in(app, &thread).await?),
        Listens::Threads => false,
        Listens::All => true,
    };
    if let Some(question) = question.filter(|_| wanted)
        && let Some(question) = with_room(app, question)
    {
        return Ok(Some(question));
    }
    if in_thread && keeps(app) {
        let kept = async {
            let asked_there = match asked_there {
                Some(known) => known,
                None => was_asked_in(app, &thread).await?,
            };
            match asked_there {
                true => keep(app, &thread, &heard, &version).await,
                false => Ok(()),
            }
        };
        // It asks nothing: without storage it is not known later, and Slack need not send it again.
        if let Err(error) = kept.await {
            tracing::warn!(error.cause = ?error.cause(), "a message of a thread was not kept");
        }
    }
    Ok(None)
}

fn keeps(app: &App) -> bool {
    app.config.agent.thread_messages > 0
}

async fn was_asked_in(app: &App, thread: &Thread) -> Result<bool> {
    app.store
        .was_asked_in(&thread.team, &thread.channel, &thread.ts)
        .await
}

async fn keep(app: &App, thread: &Thread, heard: &Heard, version: &MessageTs) -> Result<()> {
    let most = app.config.agent.thread_messages;
    let now = app.clock.now();
    app.store
        .keep_heard(thread, heard, version, most, now)
        .await
}

/// The question, unless too many came; the first that is too many gets a word about it.
fn with_room(app: &App, question: Question) -> Option<Question> {
    let (team, message) = (&question.asker.team, &question.asked.message);
    let room = app
        .channels
        .take_unaddressed(team, &question.channel, message);
    match room {
        Room::Free => Some(question),
        Room::JustFull => Some(Question {
            text: Err(Unanswerable::TooMany),
            ..question
        }),
        Room::Full => None,
    }
}
