//! `/mcp test [connection]` — check that a connection still works; all of them when none is named.

use futures_util::future;

use crate::app::App;
use crate::connections::Report;
use crate::domain::connection::Connection;
use crate::error::Result;
use crate::slack::blocks::{Message, Style, actions, button, section};
use crate::slack::commands::{Meant, meant};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::{actions as ids, screens};

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
    Ok(Reply::Private(screen(connections.iter().zip(&reports))))
}

/// As many as fit Slack's 50 blocks, each with a button.
const MOST_SHOWN: usize = 24;

/// What came of testing these connections.
pub fn screen<'a>(tested: impl Iterator<Item = (&'a Connection, &'a Report)>) -> Message {
    let mut message = Message::default();
    for (connection, report) in tested.take(MOST_SHOWN) {
        let line = line(connection, report);
        if message.text.is_empty() {
            message.text.clone_from(&line);
        }
        message = message.block(section(&line));
        if report.outcome.is_err() {
            let again = button("Try again", ids::TEST, connection.id.as_str(), Style::Plain);
            message = message.block(actions(vec![again]));
        }
    }
    message
}

fn line(connection: &Connection, report: &Report) -> String {
    let name = code(connection.name.as_str());
    let took = report.took.as_millis();
    match &report.outcome {
        Ok(()) => {
            let tools = connection.tools.len();
            format!(
                "✅ {name} works: {tools} {}, {took} ms",
                screens::plural(tools, "tool")
            )
        }
        Err(error) => format!("⚠️ {name} does not work: {}", escape(&error.sentence())),
    }
}
