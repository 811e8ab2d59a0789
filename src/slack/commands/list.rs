//! `/mcp list` — your connections, and what to do with each.

use crate::app::App;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::language::Language;
use crate::error::Result;
use crate::slack::blocks::Message;
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::screens;

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
    let title = format!(
        "*You have {count} {}*",
        screens::plural(count, "connection")
    );
    screens::with_connections(language, &title, connections, |connection| {
        line(app, connection)
    })
}

/// A connection in two lines.
pub fn line(app: &App, connection: &Connection) -> String {
    let card = app.cards.get(&connection.card);
    let (icon, title) = card.map_or_else(
        || (String::new(), connection.card.clone()),
        |card| (card.icon.clone(), card.title.clone()),
    );
    let status = match connection.status {
        ConnectionStatus::Active => "✅ works",
        ConnectionStatus::Failing => "⚠️ did not work when last tried",
    };
    let used = match connection.last_used {
        Some(at) => format!(
            "used {} {}, last <!date^{}^{{date_short_pretty}} {{time}}|{}>",
            connection.usage_count,
            screens::plural(connection.usage_count as usize, "time"),
            at.timestamp(),
            at.format("%Y-%m-%d %H:%M UTC"),
        ),
        None => "not used yet".to_owned(),
    };
    let tools = connection.tools.len();
    format!(
        "{icon} *{}*  {}\n{status} · {tools} {} · {used}",
        code(connection.name.as_str()),
        escape(&title),
        screens::plural(tools, "tool"),
    )
}
