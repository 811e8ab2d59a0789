//! `/mcp list` — your connections, and what to do with each.

use crate::app::App;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::language::Language;
use crate::error::Result;
use crate::slack::blocks::Message;
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape, moment};
use crate::slack::router::Reply;
use crate::slack::screens;
use crate::{counted, text};

pub async fn run(app: &App, caller: &Caller) -> Result<Reply> {
    let connections = app.connections.list(&caller.person).await?;
    if connections.is_empty() {
        return Ok(Reply::Private(screens::nothing_connected(
            caller.language,
            &app.config.slack.command,
        )));
    }
    Ok(Reply::Private(screen(app, caller.language, &connections)))
}

fn screen(app: &App, language: Language, connections: &[Connection]) -> Message {
    let count = connections.len();
    let title = counted!(
        count,
        "*You have {count} connection*",
        "*You have {count} connections*"
    );
    screens::with_connections(language, &title.to(language), connections, |connection| {
        line(app, language, connection)
    })
}

/// A connection in two lines.
pub fn line(app: &App, language: Language, connection: &Connection) -> String {
    let card = app.cards.of(&connection.owner.team).get(&connection.card);
    let (icon, title) = card.map_or_else(
        || (String::new(), connection.card.clone()),
        |card| (card.icon.clone(), card.title.clone()),
    );
    let status = match connection.status {
        ConnectionStatus::Active => text!("✅ works"),
        ConnectionStatus::Failing => text!("⚠️ did not work when last tried"),
    };
    let used = match connection.last_used {
        Some(at) => counted!(
            connection.usage_count,
            "used {count} time, last {when}",
            "used {count} times, last {when}",
            when = moment(at)
        ),
        None => text!("not used yet"),
    };
    let tools = counted!(connection.tools.len(), "{count} tool", "{count} tools");
    format!(
        "{icon} *{}*  {}\n{} · {} · {}",
        code(connection.name.as_str()),
        escape(&title),
        status.to(language),
        tools.to(language),
        used.to(language),
    )
}
