//! What the demo model does next: one look at the conversation, one move.

use serde_json::{Map, Value};

use super::toolbox::{self, Connection};
use super::transcript::{Outcome, Step, Turn, result};
use super::{database, github, talk};
use crate::domain::chat::{ChatRequest, own_words};

/// After so many calls something goes in circles.
const CALLS: usize = 16;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Answer.
    Say(String),
    /// Ask for tools.
    Call {
        /// What to say meanwhile.
        text: String,
        /// Which ones.
        calls: Vec<Call>,
    },
}

/// A wish to call a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `connection__tool`.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

impl Move {
    /// One call.
    pub fn call(text: impl Into<String>, name: String, arguments: Value) -> Self {
        Self::Call {
            text: text.into(),
            calls: vec![Call { name, arguments }],
        }
    }
}

/// The next move in a conversation.
pub fn next(request: &ChatRequest) -> Move {
    let turn = Turn::of(request);
    let question = without_mentions(own_words(turn.question));
    let turn = Turn {
        question: &question,
        ..turn
    };
    let connections = toolbox::connections(&request.tools);
    if turn.steps.len() >= CALLS {
        return Move::Say(talk::stuck());
    }
    if let Some(tool) = named_tool(&connections, turn.question) {
        return direct(&turn, tool);
    }
    if let Some(text) = talk::small_talk(turn.question, &connections) {
        return Move::Say(text);
    }
    if let Some(connection) = github::connection(&connections, turn.question) {
        return github::next(&turn, connection);
    }
    if let Some(text) = talk::would_change(turn.question) {
        return Move::Say(text);
    }
    if let Some(connection) = toolbox::pick(&connections, database::EXECUTE, turn.question) {
        return database::next(&turn, connection);
    }
    Move::Say(talk::no_tool(turn.question, &connections))
}

/// The question without the names of those it is addressed to.
fn without_mentions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("<@") {
        let (before, mention) = rest.split_at(start);
        plain.push_str(before);
        rest = match mention.find('>') {
            Some(end) => &mention[end + 1..],
            None => "",
        };
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

/// The tool whose full name is in the question, for people who know what they want.
fn named_tool(connections: &[Connection<'_>], question: &str) -> Option<String> {
    connections
        .iter()
        .filter(|connection| !connection.name.is_empty())
        .flat_map(|connection| connection.tools.iter().map(|tool| connection.tool(tool)))
        .filter(|tool| question.contains(tool.as_str()))
        .max_by_key(String::len)
}

/// Calls a tool with the JSON that the question has for it, and shows what comes back.
fn direct(turn: &Turn<'_>, tool: String) -> Move {
    let Some(step) = turn.calls(&tool).last() else {
        let arguments = match result(turn.question) {
            Some(Value::Object(arguments)) => arguments,
            _ => Map::new(),
        };
        let text = format!("Running `{tool}`.");
        return Move::call(text, tool, Value::Object(arguments));
    };
    Move::Say(match &step.outcome {
        Outcome::Data(data) => talk::shown(&tool, data),
        Outcome::Failed(reason) => talk::failed(step, reason),
    })
}

/// The last call of a tool, if it has been made.
pub fn last<'a, 'b>(turn: &'b Turn<'a>, tool: &'b str) -> Option<&'b Step<'a>> {
    turn.calls(tool).last()
}
