//! Everything that was used, as a file: for a person their own, for an admin their workspace's.

use chrono::{DateTime, Utc};

use super::blocks::Message;
use super::home;
use super::inbound::Caller;
use super::mrkdwn::moment;
use super::router::Reply;
use super::screens::note;
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::store::{Span, UseOf};
use crate::usage::{Columns, export};
use crate::{counted, text};

/// Lines of one file: about ten megabytes.
const MOST_LINES: usize = 50_000;

/// Sends somebody what they used themselves.
pub async fn own(app: &App, caller: &Caller) -> Result<Reply> {
    let of = UseOf::Person(&caller.person);
    let title = text!("What you used");
    send(app, caller, of, Columns::OfOne, &title).await
}

/// Sends an admin what everybody in their workspace used: who, when and how much, and no words.
pub async fn workspace(app: &App, caller: &Caller) -> Result<Reply> {
    let instead = text!("Ask one of them, or choose a model for yourself.");
    home::only_admins(app, &caller.person, instead).await?;
    let of = UseOf::Workspace(&caller.person.team);
    let title = text!("What this workspace used");
    send(app, caller, of, Columns::OfEverybody, &title).await
}

/// The file goes to the conversation that the one who asked has with the bot, wherever they asked.
async fn send(
    app: &App,
    caller: &Caller,
    of: UseOf<'_>,
    columns: Columns,
    title: &Text,
) -> Result<Reply> {
    // A handler's time limit ends the waiting.
    let _turn = app.exports.acquire().await.map_err(Error::internal)?;
    let now = app.clock.now();
    let span = Span {
        of: Some(of),
        from: DateTime::UNIX_EPOCH,
        to: now,
    };
    let mut lines = String::new();
    let take = |part: &str| lines.push_str(part);
    let (count, rest) = export(&app.store, span, columns, MOST_LINES, take).await?;
    if count == 0 {
        return Err(Error::new(
            Kind::NotFound,
            text!("There is nothing to export: nothing was used yet."),
        )
        .hint(text!("Ask me something, and it is counted.")));
    }
    let direct = app.slack.open_direct(&caller.person.user).await?;
    let name = format!("usage-{}.csv", now.format("%Y-%m-%d"));
    let file = app.slack.upload(&name, lines.as_bytes()).await?;
    let title = title.to(caller.language);
    app.slack.share_file(&direct, None, &file, &title).await?;
    Ok(Reply::Private(sent(caller.language, count, rest)))
}

fn sent(language: Language, count: usize, rest: Option<DateTime<Utc>>) -> Message {
    let sent = counted!(
        count,
        "✅ I sent you the file in our direct messages. It has {count} line.",
        "✅ I sent you the file in our direct messages. It has {count} lines."
    );
    let mut words = sent.to(language);
    if let Some(at) = rest {
        let rest = text!(
            "That is as much as I send. From {at} on there is more: an operator gets it with `patchbay usage export`.",
            at = moment(at)
        );
        words = format!("{words}\n{}", rest.to(language));
    }
    note(&words)
}
