//! What the bot says outside runs: one function a screen, from plain data to a message.

use super::blocks::{Message, Style, actions, button, confirmed, context, section, section_with};
use super::mrkdwn::{code, escape};
use crate::domain::connection::Connection;
use crate::error::{Error, Kind};

/// As many connections as fit Slack's 50 blocks a message.
const MOST_CONNECTIONS: usize = 20;

/// A failure: what happened, what to do, and what to quote when it was our fault.
pub fn failure(error: &Error) -> Message {
    let mut text = format!("⚠️ {}", escape(error.message()));
    if let Some(hint) = error.next_step() {
        text.push('\n');
        text.push_str(&escape(hint));
    }
    let message = Message::new(text);
    match error.kind() {
        Kind::Internal | Kind::Unavailable | Kind::Upstream => {
            message.block(context(&format!("Reference {}", error.reference())))
        }
        _ => message,
    }
}

/// The bot was stopped between the acknowledgement and the outcome.
pub fn interrupted_command(wanted: &str) -> Message {
    Message::new(format!(
        "⚠️ I was restarted before I could finish {}.\nPlease do it again.",
        escape(wanted)
    ))
}

/// A mention without a question.
pub fn nothing_asked(command: &str) -> Message {
    Message::new(format!(
        "Ask me something in the same message, such as _show me all customers from my database_.\n\
         `{command} connect` connects a service; `{command} help` lists the rest."
    ))
}

/// A message that no model should be given.
pub fn too_long() -> Message {
    Message::new(
        "⚠️ That message is too long for me.\nPlease shorten it to at most 12,000 characters.",
    )
}

/// A message that is one too many of those that nobody addressed to the bot.
pub fn too_many() -> Message {
    Message::new(
        "⏸️ I have answered many messages here that nobody mentioned me in, so I pause.\nMention me, and I go on.",
    )
}

/// After a connection was made: `noun` is "database", `count` the real number of its tools.
pub fn connected(connection: &Connection, noun: &str) -> Message {
    let count = connection.tools.len();
    let tools = plural(count, "tool");
    let text = format!(
        "✅ Connected! {count} {} {tools} now available",
        escape(noun)
    );
    let tools: Vec<String> = connection.tools.iter().map(|tool| code(tool)).collect();
    Message::new(text).block(context(&format!(
        "{} can use {} for your questions, and for nobody else's.",
        code(connection.name.as_str()),
        tools.join(", ")
    )))
}

/// Before a connection is removed.
pub fn ask_disconnect(connection: &Connection) -> Message {
    let id = connection.id.as_str();
    Message::new(format!(
        "Disconnect {}? Its tools stop working at once and its credential is deleted.",
        code(connection.name.as_str())
    ))
    .block(actions(vec![
        button("Disconnect", super::actions::DISCONNECT, id, Style::Danger),
        button("Keep it", super::actions::DISMISS, id, Style::Plain),
    ]))
}

/// After a connection was removed.
pub fn disconnected(name: &str) -> Message {
    Message::new(format!(
        "✅ Disconnected {}. Its credential is deleted.",
        code(name)
    ))
}

/// The offer to connect, for those who have nothing yet.
pub fn nothing_connected(command: &str) -> Message {
    Message::new(format!(
        "You have no connections yet. Connect a service with `{command} connect`."
    ))
    .block(actions(vec![button(
        "Connect a service",
        super::actions::CONNECT,
        "",
        Style::Primary,
    )]))
}

/// The way to a form for those who cannot be shown one at once: a mention opens nothing.
pub fn open_by_button(text: &str, label: &str, action: &str, value: &str) -> Message {
    Message::new(text).block(actions(vec![button(label, action, value, Style::Primary)]))
}

/// A message that lists connections, each with its line and its buttons.
pub fn with_connections(
    title: &str,
    connections: &[Connection],
    line: impl Fn(&Connection) -> String,
) -> Message {
    each(title, connections, |message, connection| {
        message
            .block(section(&line(connection)))
            .block(connection_buttons(connection))
    })
}

/// Which connection to remove: each with that one button, for nothing else was asked.
pub fn which_to_disconnect(
    connections: &[Connection],
    line: impl Fn(&Connection) -> String,
) -> Message {
    let title = "*Which one should be removed?*";
    each(title, connections, |message, connection| {
        message.block(section_with(&line(connection), disconnect(connection)))
    })
}

fn each(
    title: &str,
    connections: &[Connection],
    add: impl Fn(Message, &Connection) -> Message,
) -> Message {
    let shown = connections.iter().take(MOST_CONNECTIONS);
    let message = shown.fold(Message::new(title), add);
    match connections.len().saturating_sub(MOST_CONNECTIONS) {
        0 => message,
        more => message.block(context(&format!("And {more} more; name one to see it."))),
    }
}

/// The buttons beside a connection.
pub fn connection_buttons(connection: &Connection) -> serde_json::Value {
    let id = connection.id.as_str();
    actions(vec![
        button("Test", super::actions::TEST, id, Style::Plain),
        button("Tools", super::actions::TOOLS, id, Style::Plain),
        disconnect(connection),
    ])
}

/// The button that removes a connection, once its owner has said so twice.
fn disconnect(connection: &Connection) -> serde_json::Value {
    let id = connection.id.as_str();
    let button = button("Disconnect", super::actions::DISCONNECT, id, Style::Danger);
    let name = &connection.name;
    confirmed(
        button,
        "Disconnect",
        &format!("{name} stops working at once and its credential is deleted."),
        "Disconnect",
    )
}

/// A paragraph that stands alone.
pub fn note(mrkdwn: &str) -> Message {
    Message {
        text: mrkdwn.to_owned(),
        blocks: vec![section(mrkdwn)],
    }
}

/// `tool` or `tools`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}
