//! `/mcp tools [connection]` — what your connections can do.

use crate::app::App;
use crate::domain::connection::Connection;
use crate::domain::tool::Risk;
use crate::error::Result;
use crate::slack::actions::TOOLS;
use crate::slack::blocks::{Message, Style, actions, button, context, section};
use crate::slack::commands::{Meant, meant};
use crate::slack::inbound::Caller;
use crate::slack::modals::browser::{self, Place};
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::screens;

/// As many tools as fit a message beside their headings; the rest is counted.
const MOST_TOOLS: usize = 40;

pub async fn run(app: &App, caller: &Caller, name: Option<&str>) -> Result<Reply> {
    let connections = match meant(app, caller, name).await? {
        Meant::None => {
            let nothing = screens::nothing_connected(caller.language, &app.config.slack.command);
            return Ok(Reply::Private(nothing));
        }
        Meant::These(connections) => connections,
    };
    // A mention opens no form: it gets the list, and a button that opens the browser.
    let Some(trigger) = caller.trigger.as_deref() else {
        return Ok(Reply::Private(screen(app, &connections)));
    };
    let place = connections.first().map(Place::first);
    let view = browser::view(app, caller.language, &caller.person, place.as_ref()).await?;
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}

/// The tools of these connections.
fn screen(app: &App, connections: &[Connection]) -> Message {
    let lines: Vec<String> = connections
        .iter()
        .flat_map(|connection| lines(app, connection))
        .collect();
    let count = lines.len();
    let title = format!("*{count} {}*", screens::plural(count, "tool"));
    let shown = lines.iter().take(MOST_TOOLS);
    let browse = connections.first().map_or("", |first| first.id.as_str());
    let browse = button("Browse and switch", TOOLS, browse, Style::Plain);
    let message = shown.fold(Message::new(title), |message, line| {
        message.block(section(line))
    });
    let message = message.block(actions(vec![browse]));
    match count.checked_sub(MOST_TOOLS) {
        Some(more) if more > 0 => message.block(context(&format!(
            "And {more} more; name one connection to see its tools."
        ))),
        Some(_) | None => message,
    }
}

fn lines(app: &App, connection: &Connection) -> Vec<String> {
    let Some(card) = app.cards.get(&connection.card) else {
        return Vec::new();
    };
    let line = |tool: &crate::domain::card::CardTool| {
        let risk = match tool.risk {
            Risk::Read => "👁 reads",
            Risk::Write => "✏️ changes; asks first",
            Risk::Destructive => "🔥 removes; asks first",
        };
        let first_sentence = tool
            .description
            .split_inclusive(". ")
            .next()
            .unwrap_or_default();
        format!(
            "{} {}  {risk}\n{}",
            code(connection.name.as_str()),
            code(&tool.name),
            escape(first_sentence.trim())
        )
    };
    card.tools.iter().map(line).collect()
}
