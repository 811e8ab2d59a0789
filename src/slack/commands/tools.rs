//! `/mcp tools [connection]` — what your connections can do.

use crate::app::App;
use crate::domain::card::CardTool;
use crate::domain::connection::Connection;
use crate::domain::language::Language;
use crate::domain::text::Text;
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
use crate::tools::BoundTool;
use crate::{counted, text};

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
        let tools = app.tools.all_of(&caller.person).await?;
        let screen = screen(caller.language, &connections, tools.all());
        return Ok(Reply::Private(screen));
    };
    let place = connections.first().map(Place::first);
    let view = browser::view(app, caller.language, &caller.person, place.as_ref()).await?;
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}

/// The tools of these connections.
fn screen(language: Language, connections: &[Connection], tools: &[BoundTool]) -> Message {
    let lines: Vec<String> = connections
        .iter()
        .flat_map(|meant| tools.iter().filter(|tool| tool.connection.id == meant.id))
        .map(|tool| line(language, tool))
        .collect();
    let count = lines.len();
    let title = counted!(count, "*{count} tool*", "*{count} tools*").to(language);
    let shown = lines.iter().take(MOST_TOOLS);
    let browse = connections.first().map_or("", |first| first.id.as_str());
    let label = text!("Browse and switch").to(language);
    let browse = button(&label, TOOLS, browse, Style::Plain);
    let message = shown.fold(Message::new(title), |message, line| {
        message.block(section(line))
    });
    let message = message.block(actions(vec![browse]));
    match count.checked_sub(MOST_TOOLS) {
        Some(more) if more > 0 => {
            let more = text!(
                "And {more} more; name one connection to see its tools.",
                more
            );
            message.block(context(&more.to(language)))
        }
        Some(_) | None => message,
    }
}

fn line(
    language: Language,
    BoundTool {
        connection, tool, ..
    }: &BoundTool,
) -> String {
    let risk = match tool.risk {
        Risk::Read if tool.asks_first() => text!("👁 reads; asks first"),
        Risk::Read => text!("👁 reads"),
        Risk::Write => text!("✏️ changes; asks first"),
        Risk::Destructive => text!("🔥 removes; asks first"),
    };
    format!(
        "{} {}  {}\n{}",
        code(connection.name.as_str()),
        code(&tool.name),
        risk.to(language),
        escape(&summary(language, tool))
    )
}

/// What a tool does, for people: the first sentence of what models are told.
pub(in crate::slack) fn summary(language: Language, tool: &CardTool) -> String {
    let description = Text::of_card(&tool.description).to(language);
    first_sentence(&description).to_owned()
}

/// Up to a full stop that something new begins behind; "e.g." is none.
fn first_sentence(text: &str) -> &str {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut stops = line.match_indices(". ").map(|(at, stop)| at + stop.len());
    let ends = |at: &usize| !line[*at..].starts_with(char::is_lowercase);
    let end = stops.find(ends).unwrap_or(line.len());
    line[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_is_whole() {
        assert_eq!(
            first_sentence("Reads a file. Use it late."),
            "Reads a file."
        );
        assert_eq!(
            first_sentence("Takes e.g. a name. Then"),
            "Takes e.g. a name."
        );
        assert_eq!(first_sentence("\nGets it.\n\nArgs:\n  a"), "Gets it.");
        assert_eq!(first_sentence("Öffnet. Ändert"), "Öffnet.");
        assert_eq!(first_sentence(" "), "");
    }
}
