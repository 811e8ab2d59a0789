//! Edits and deletions: what they mean for the question that stood in the message.

use std::sync::Arc;

use super::{Ack, Seen, ask, handle};
use crate::app::App;
use crate::domain::post::Withdrawn;
use crate::slack::inbound::{self, Command, Inbound, Question, Unanswerable};
use crate::slack::{commands, overheard};
use crate::store::{Arrival, Change, Stored};

/// Takes one of them in: whatever works on the old words ends, and the new words are asked, or done
/// where they are a command.
pub(super) async fn receive(
    app: &Arc<App>,
    key: String,
    change: inbound::Change,
    seen: &mut Seen,
) -> Ack {
    let Ok(text) = words(app, &change).await else {
        // Slack sends it again, when storage may answer.
        return Ack::Refused;
    };
    let inbound::Change {
        original,
        question,
        deleted,
        addressed_before,
        addressed,
        ..
    } = change;
    let change = |why| Change {
        team: question.asker.team.clone(),
        channel: question.channel.clone(),
        original: original.clone(),
        asked: question.asked.clone(),
        why,
        // Words that never named the bot may still be known as a question to it.
        only_if_known: !(addressed || addressed_before),
    };
    match text {
        Err(why @ (Unanswerable::TooLong | Unanswerable::TooMany)) => {
            let change = change(Withdrawn::TakenBack);
            let question = Question {
                text: Err(why),
                ..question
            };
            handle(app, key, Inbound::Question(question), Some(&change), seen).await
        }
        Err(Unanswerable::Empty) => {
            let change = change(match deleted {
                true => Withdrawn::Deleted,
                false => Withdrawn::TakenBack,
            });
            let team = question.asker.team.clone();
            let delivery = super::delivery(app, key, team, "change", serde_json::json!({}));
            match super::store(app, &delivery, Arrival::Done, Some(&change)).await {
                Ok(stored) => {
                    seen.new = stored == Stored::New;
                    Ack::Empty
                }
                Err(_) => Ack::Refused,
            }
        }
        Ok(text) if commands::is_spoken(&text) => {
            let change = change(Withdrawn::TakenBack);
            let command = Inbound::Command(Command::spoken(question));
            handle(app, key, command, Some(&change), seen).await
        }
        Ok(text) => {
            let run = super::run(app, &question, text);
            ask(app, key, run, Some(&change(Withdrawn::Edited)), seen).await
        }
    }
}

/// What the message asks the bot now. Without its mention it may still do so, as was chosen for the
/// channel; and what it was known to ask without one, it asks until it turns to somebody else.
async fn words(
    app: &App,
    change: &inbound::Change,
) -> crate::error::Result<Result<String, Unanswerable>> {
    if change.deleted || (!change.addressed && change.for_others) {
        return Ok(Err(Unanswerable::Empty));
    }
    if change.addressed || !change.addressed_before {
        return Ok(change.question.text.clone());
    }
    let heeded = overheard::heed(app, change.overheard()).await?;
    Ok(heeded.map_or(Err(Unanswerable::Empty), |question| question.text))
}
