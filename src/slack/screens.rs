//! What the bot says outside runs: one function a screen, from plain data to a message in the
//! language of whoever reads it.

use super::blocks::{Message, Style, actions, button, confirmed, context, section, section_with};
use super::mrkdwn::{code, escape};
use crate::domain::connection::Connection;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::error::{Error, Kind};
use crate::{counted, text};

/// As many connections as fit Slack's 50 blocks a message.
const MOST_CONNECTIONS: usize = 20;

/// A failure: what happened, what to do, and what to quote when it was our fault.
pub fn failure(language: Language, error: &Error) -> Message {
    let message = went_wrong(language, error.message(), error.next_step());
    match error.kind() {
        Kind::Internal | Kind::Unavailable | Kind::Upstream => {
            let reference = error.reference().to_string();
            message.block(context(&self::reference(language, &reference)))
        }
        _ => message,
    }
}

/// What happened and what to do now.
pub fn went_wrong(language: Language, message: &Text, hint: Option<&Text>) -> Message {
    let mut words = format!("⚠️ {}", escape(&message.to(language)));
    if let Some(hint) = hint {
        words.push('\n');
        words.push_str(&escape(&hint.to(language)));
    }
    Message::new(words)
}

/// What to quote to an admin.
pub fn reference(language: Language, reference: &str) -> String {
    text!("Reference {reference}", reference = escape(reference)).to(language)
}

/// The bot was stopped between the acknowledgement and the outcome.
pub fn interrupted_command(language: Language, wanted: &Text) -> Message {
    let words = text!(
        "⚠️ I was restarted before I could finish {wanted}.\nPlease do it again.",
        wanted = escape(&wanted.to(language))
    );
    Message::new(words.to(language))
}

/// A mention without a question.
pub fn nothing_asked(language: Language, command: &str) -> Message {
    let words = text!(
        "Ask me something in the same message, such as _show me all customers from my database_.\n\
         `{command} connect` connects a service; `{command} help` lists the rest.",
        command
    );
    Message::new(words.to(language))
}

/// A message that no model should be given.
pub fn too_long(language: Language) -> Message {
    let words = text!(
        "⚠️ That message is too long for me.\nPlease shorten it to at most 12,000 characters."
    );
    Message::new(words.to(language))
}

/// A message that is one too many of those that nobody addressed to the bot.
pub fn too_many(language: Language) -> Message {
    let words = text!(
        "⏸️ I have answered many messages here that nobody mentioned me in, so I pause.\nMention me, and I go on."
    );
    Message::new(words.to(language))
}

/// After a connection was made: `noun` is "database", `count` the real number of its tools. The
/// advice is what its owner should know of it.
pub fn connected(
    language: Language,
    connection: &Connection,
    noun: &str,
    advice: Option<&Text>,
) -> Message {
    let done = counted!(
        connection.tools.len(),
        "✅ Connected! {count} {noun} tool now available",
        "✅ Connected! {count} {noun} tools now available",
        noun = escape(&Text::of_card(noun).to(language))
    );
    let tools: Vec<String> = connection.tools.iter().map(|tool| code(tool)).collect();
    let whose = text!(
        "{connection} can use {tools} for your questions, and for nobody else's.",
        connection = code(connection.name.as_str()),
        tools = tools.join(", ")
    );
    let message = Message::new(done.to(language)).block(context(&whose.to(language)));
    match advice {
        Some(advice) => message.block(section(&escape(&advice.to(language)))),
        None => message,
    }
}

/// Before a connection is removed.
pub fn ask_disconnect(language: Language, connection: &Connection) -> Message {
    let id = connection.id.as_str();
    let question = text!(
        "Disconnect {connection}? Its tools stop working at once and its credential is deleted.",
        connection = code(connection.name.as_str())
    );
    let (yes, no) = (text!("Disconnect"), text!("Keep it"));
    Message::new(question.to(language)).block(actions(vec![
        button(
            &yes.to(language),
            super::actions::DISCONNECT,
            id,
            Style::Danger,
        ),
        button(&no.to(language), super::actions::DISMISS, id, Style::Plain),
    ]))
}

/// After a connection was removed.
pub fn disconnected(language: Language, name: &str) -> Message {
    let done = text!(
        "✅ Disconnected {name}. Its credential is deleted.",
        name = code(name)
    );
    Message::new(done.to(language))
}

/// The offer to connect, for those who have nothing yet.
pub fn nothing_connected(language: Language, command: &str) -> Message {
    let nothing = text!(
        "You have no connections yet. Connect a service with `{command} connect`.",
        command
    );
    Message::new(nothing.to(language)).block(actions(vec![button(
        &text!("Connect a service").to(language),
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
    language: Language,
    title: &str,
    connections: &[Connection],
    line: impl Fn(&Connection) -> String,
) -> Message {
    each(language, title, connections, |message, connection| {
        message
            .block(section(&line(connection)))
            .block(connection_buttons(language, connection))
    })
}

/// Which connection to remove: each with that one button, for nothing else was asked.
pub fn which_to_disconnect(
    language: Language,
    connections: &[Connection],
    line: impl Fn(&Connection) -> String,
) -> Message {
    let title = text!("*Which one should be removed?*").to(language);
    each(language, &title, connections, |message, connection| {
        message.block(section_with(
            &line(connection),
            disconnect(language, connection),
        ))
    })
}

fn each(
    language: Language,
    title: &str,
    connections: &[Connection],
    add: impl Fn(Message, &Connection) -> Message,
) -> Message {
    let shown = connections.iter().take(MOST_CONNECTIONS);
    let message = shown.fold(Message::new(title), add);
    match connections.len().saturating_sub(MOST_CONNECTIONS) {
        0 => message,
        more => {
            let more = text!("And {more} more; name one to see it.", more);
            message.block(context(&more.to(language)))
        }
    }
}

/// The buttons beside a connection.
pub fn connection_buttons(language: Language, connection: &Connection) -> serde_json::Value {
    let id = connection.id.as_str();
    let (test, tools) = (text!("Test"), text!("Tools"));
    actions(vec![
        button(&test.to(language), super::actions::TEST, id, Style::Plain),
        button(&tools.to(language), super::actions::TOOLS, id, Style::Plain),
        disconnect(language, connection),
    ])
}

/// The button that removes a connection, once its owner has said so twice.
fn disconnect(language: Language, connection: &Connection) -> serde_json::Value {
    let id = connection.id.as_str();
    let label = text!("Disconnect").to(language);
    let button = button(&label, super::actions::DISCONNECT, id, Style::Danger);
    let title = text!("Disconnect {name}?", name = connection.name.as_str());
    let question = text!(
        "{name} stops working at once and its credential is deleted.",
        name = connection.name.as_str()
    );
    let (title, question) = (title.to(language), question.to(language));
    confirmed(language, button, &title, &question, &label)
}

/// A paragraph that stands alone.
pub fn note(mrkdwn: &str) -> Message {
    Message {
        text: mrkdwn.to_owned(),
        blocks: vec![section(mrkdwn)],
    }
}
