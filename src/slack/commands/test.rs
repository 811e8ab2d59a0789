//! `/mcp test [connection]` — check that a connection still works; all of them when none is named.

use futures_util::future;

use crate::app::App;
use crate::connections::Report;
use crate::domain::connection::Connection;
use crate::domain::language::Language;
use crate::error::Result;
use crate::slack::blocks::{Message, Style, actions, button, section};
use crate::slack::commands::{Meant, meant};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::{actions as ids, screens};
use crate::{counted, text};

pub async fn run(app: &App, caller: &Caller, name: Option<&str>) -> Result<Reply> {
    let connections = match meant(app, caller, name).await? {
        Meant::None => {
            return Ok(Reply::Private(screens::nothing_connected(
                caller.language,
                &app.config.slack.command,
            )));
        }
        Meant::These(connections) => connections,
    };
    let tests = connections
        .iter()
        .map(|connection| app.connections.test(connection));
    let reports = future::try_join_all(tests).await?;
    let tested = connections.iter().zip(&reports);
    Ok(Reply::Private(screen(caller.language, tested)))
}

/// As many as fit Slack's 50 blocks, each with a button.
const MOST_SHOWN: usize = 24;

/// What came of testing these connections.
pub fn screen<'a>(
    language: Language,
    tested: impl Iterator<Item = (&'a Connection, &'a Report)>,
) -> Message {
    let mut message = Message::default();
    for (connection, report) in tested.take(MOST_SHOWN) {
        let line = line(language, connection, report);
        if message.text.is_empty() {
            message.text.clone_from(&line);
        }
        message = message.block(section(&line));
        if report.outcome.is_err() {
            let label = text!("Try again").to(language);
            let again = button(&label, ids::TEST, connection.id.as_str(), Style::Plain);
            message = message.block(actions(vec![again]));
        }
    }
    message
}

fn line(language: Language, connection: &Connection, report: &Report) -> String {
    let name = code(connection.name.as_str());
    let line = match &report.outcome {
        Ok(()) => counted!(
            connection.tools.len(),
            "✅ {name} works: {count} tool, {took} ms",
            "✅ {name} works: {count} tools, {took} ms",
            name,
            took = report.took.as_millis().to_string()
        ),
        Err(error) => text!(
            "⚠️ {name} does not work: {why}",
            name,
            why = escape(&error.sentence_in(language))
        ),
    };
    line.to(language)
}
