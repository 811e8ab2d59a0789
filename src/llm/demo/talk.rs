//! What the demo model says when it has no rows to show: who it is, what it can do, what failed.

use serde_json::Value;

use super::table::Grid;
use super::toolbox::Connection;
use super::transcript::Step;
use super::words::words;
use crate::domain::tool::{NOT_ALLOWED, NOT_ALLOWED_IN_TIME};

/// How much of a result is written out as it came.
const RAW_LIMIT: usize = 2_000;

/// What every answer ends with.
const NOTE: &str = "_Written by the demo model: fixed rules, not a language model. Your admin can set a key for a real one._";

const GREETINGS: &str = "hello hi hey hallo hej hola bonjour salut ciao good morning afternoon \
    evening day there thanks thank you thx cheers bye ok okay yo patchbay";

const HELP: &str = "help what can could you do who are is how does this work commands examples example \
    me show i ask a bot patchbay your name";

/// An answer with its note.
pub fn say(text: &str) -> String {
    format!("{}\n\n{NOTE}", text.trim())
}

/// An answer to a greeting or a call for help; nothing when the question is about something.
pub fn small_talk(question: &str, connections: &[Connection<'_>]) -> Option<String> {
    let words = words(question);
    let only = |known: &str| {
        words
            .iter()
            .all(|word| known.split_whitespace().any(|known| known == word))
    };
    if !question.is_empty() && words.is_empty() {
        return Some(say(&format!(
            "I found no words in that. {}",
            abilities(connections)
        )));
    }
    if words
        .iter()
        .any(|word| word.starts_with("thank") || word == "thx")
        && only(GREETINGS)
    {
        return Some(say("You are welcome."));
    }
    if only(GREETINGS) {
        return Some(say(&format!("Hello. {}", abilities(connections))));
    }
    let asks_help = ["help", "commands", "examples", "who", "can", "work"];
    if only(HELP) && words.iter().any(|word| asks_help.contains(&word.as_str())) {
        return Some(say(&abilities(connections)));
    }
    None
}

/// What it can do with these connections, in examples.
fn abilities(connections: &[Connection<'_>]) -> String {
    let mut examples = Vec::new();
    if let Some(database) = connections
        .iter()
        .find(|connection| connection.has("execute_sql"))
    {
        examples.push(format!("- which tables are in `{}`", database.name));
        examples.push("- how many orders are there, or orders by status".to_owned());
        examples
            .push("- top 5 products by price, latest orders, average total per country".to_owned());
    }
    if connections
        .iter()
        .any(|connection| connection.has("search_repos"))
    {
        examples.push("- search repos for rust parsers".to_owned());
        examples.push("- open issues of owner/name".to_owned());
    }
    let any = connections
        .iter()
        .find(|connection| !connection.name.is_empty())
        .and_then(|connection| Some(connection.tool(connection.tools.first()?)));
    match (examples.is_empty(), any) {
        (false, _) => format!(
            "You can ask me things like these:\n\n{}",
            examples.join("\n")
        ),
        // What a card of one's own offers, no rule knows.
        (true, Some(tool)) => {
            format!("I run a tool that you name, with its arguments as JSON: `{tool} {{…}}`.")
        }
        (true, None) => format!(
            "You have no connection I can use yet. {}",
            next_connection()
        ),
    }
}

fn next_connection() -> &'static str {
    "Type `/mcp connect` and pick one: `/mcp connect sqlite` brings a sample shop to try things on."
}

/// Words that want something changed where they begin a question.
const CHANGES: [&str; 9] = [
    "alter", "delete", "drop", "insert", "remove", "rename", "truncate", "update", "add",
];

/// For a wish to change something in a database: that is only read.
pub fn would_change(question: &str) -> Option<String> {
    let words = words(question);
    let first = words.iter().find(|word| *word != "please")?;
    CHANGES.contains(&first.as_str()).then(|| {
        say("I only read databases here, so I change nothing. Ask me for rows instead, such as: show me the latest orders.")
    })
}

/// For a question that no tool fits.
pub fn no_tool(question: &str, connections: &[Connection<'_>]) -> String {
    let is_foreign = !question.chars().any(|c| c.is_ascii_alphanumeric());
    let reason = match is_foreign {
        true => "I understand only simple questions in English.",
        false => "I have no tool for that.",
    };
    let connect = match connections.is_empty() {
        true => String::new(),
        false => format!("\n\n{}", next_connection()),
    };
    say(&format!("{reason} {}{connect}", abilities(connections)))
}

/// For a call that did not work.
pub fn failed(step: &Step<'_>, reason: &str) -> String {
    let named = match step.name.split_once("__") {
        Some((connection, tool)) => format!("`{tool}` on `{connection}`"),
        None => format!("`{}`", step.name),
    };
    if reason.contains(NOT_ALLOWED) {
        return say(&format!(
            "You did not allow {named}, so I did not run it. Nothing was changed."
        ));
    }
    if reason.contains(NOT_ALLOWED_IN_TIME) {
        return say(&format!(
            "Nobody allowed {named} in time, so I did not run it. Nothing was changed."
        ));
    }
    let test = match step.name.split_once("__") {
        Some((connection, _)) => format!("Try `/mcp test {connection}`, or ask in other words."),
        None => "Try again, or ask in other words.".to_owned(),
    };
    let reason = reason.trim_end_matches('.').replace('\n', " ");
    say(&format!("{named} did not work: {reason}.\n\n{test}"))
}

/// For a turn that leads nowhere.
pub fn stuck() -> String {
    say("I am going in circles with this one. Ask for less at once, or in other words.")
}

/// A result of any tool, as a table where it is one.
pub fn shown(tool: &str, data: &Value) -> String {
    if let Some(grid) = Grid::of_query(data) {
        return say(&format!("`{tool}` gave this back:\n\n{}", grid.markdown()));
    }
    let raw = serde_json::to_string_pretty(data).unwrap_or_default();
    say(&format!("`{tool}` gave this back:\n\n{}", code(&raw)))
}

/// A text as it is, in a block it cannot leave.
pub fn code(text: &str) -> String {
    let mut text = text.replace("```", "'''");
    if let Some((end, _)) = text.char_indices().nth(RAW_LIMIT) {
        text.truncate(end);
        text.push_str("\n…");
    }
    format!("```\n{text}\n```")
}
