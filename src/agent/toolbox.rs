//! Which tools a model reads: all of them, or where they are too many, a way to find those that it needs.
//!
//! What it reads only grows within a run, at its end: providers keep the beginning of a prompt for less.
//! All of it follows from the question, its thread and the journal, so that whoever takes a run up
//! again reads the same.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::chat::ChatMessage;
use crate::domain::tool::{ToolCall, ToolOutcome, ToolSpec};
use crate::domain::usage::BYTES_PER_TOKEN;
use crate::tools::Listing;

/// The tool that finds tools. No tool of a connection has such a name: theirs hold two underscores.
pub const FIND_TOOLS: &str = "find_tools";

/// The most tools that one search finds.
const MOST_FOUND: usize = 8;

/// How many of the tools that have to do with the question are there from the start.
const MOST_FIRST: usize = 10;

/// The most connections that are named in the description of the tool.
const MOST_NAMED: usize = 30;

/// The tools that a model reads in one round.
pub(super) struct Toolbox {
    /// In the order in which they came to be there.
    specs: Vec<Arc<ToolSpec>>,
    /// What is not among them, where that is not everything.
    rest: Option<Rest>,
}

struct Rest {
    listing: Arc<Listing>,
    /// Bytes of all tools there are.
    whole: usize,
    /// Bytes that may still be added.
    room: usize,
}

/// What a search found, as the model reads it and the journal keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    /// Tools that can be called from now on.
    found: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What a toolbox is filled from.
pub(super) struct Needs<'a> {
    /// What was asked.
    pub(super) question: &'a str,
    /// The tools that were used before in the thread, the first one first.
    pub(super) used: &'a [String],
    /// Those that were found or called in this run, in that order.
    pub(super) met: &'a [String],
}

/// Whether a model may read all tools of a list.
pub(super) fn fits(listing: &Listing, most_tokens: usize) -> bool {
    bytes(listing.specs()) <= most_tokens.saturating_mul(BYTES_PER_TOKEN)
}

impl Toolbox {
    /// All tools of a list.
    pub(super) fn with_all(listing: &Listing) -> Self {
        Self {
            specs: listing.specs().cloned().collect(),
            rest: None,
        }
    }

    /// Those of a list that are needed, and one that finds others.
    pub(super) fn with(listing: Arc<Listing>, needs: &Needs<'_>, most_tokens: usize) -> Self {
        let most = most_tokens.saturating_mul(BYTES_PER_TOKEN);
        let finder = Arc::new(finder(&listing));
        let mut specs = vec![finder];
        let mut room = most.saturating_sub(bytes(&specs));
        let mut add = |spec: &Arc<ToolSpec>, keep: usize| {
            let is_there = specs.iter().any(|there| there.name == spec.name);
            if !is_there && spec.bytes().saturating_add(keep) <= room {
                room -= spec.bytes();
                specs.push(spec.clone());
            }
        };
        let named = |names: &[String]| {
            names
                .iter()
                .filter_map(|name| listing.spec(name))
                .cloned()
                .collect::<Vec<_>>()
        };
        // Some room is kept for what is found later.
        named(needs.used)
            .iter()
            .for_each(|spec| add(spec, most / 2));
        let likely = listing.search(needs.question).take(MOST_FIRST);
        likely.for_each(|spec| add(spec, most / 4));
        named(needs.met).iter().for_each(|spec| add(spec, 0));
        let rest = Rest {
            whole: bytes(listing.specs()),
            room,
            listing,
        };
        Self {
            specs,
            rest: Some(rest),
        }
    }

    /// The tools.
    pub(super) fn specs(&self) -> &[Arc<ToolSpec>] {
        &self.specs
    }

    /// The tools.
    pub(super) fn into_specs(self) -> Vec<Arc<ToolSpec>> {
        self.specs
    }

    /// The tokens that a model would read besides if it read all tools, less those of the searches among
    /// its messages: an estimate.
    pub(super) fn spares(&self, messages: &[ChatMessage]) -> i64 {
        let Some(rest) = &self.rest else {
            return 0;
        };
        tokens(rest.whole) - tokens(bytes(&self.specs)) - tokens(of_searches(messages))
    }

    /// What comes of a call, if it is one that searches.
    pub(super) fn answer(&self, call: &ToolCall) -> Option<ToolOutcome> {
        let rest = self.rest.as_ref().filter(|_| call.name == FIND_TOOLS)?;
        let query = call.arguments["query"].as_str().unwrap_or_default().trim();
        if query.is_empty() {
            return Some(ToolOutcome::Failed {
                message: "Say in `query` what the tool should do.".to_owned(),
            });
        }
        let mut room = rest.room;
        let (mut found, mut full) = (Vec::new(), false);
        for spec in rest.listing.search(query).take(MOST_FOUND) {
            let is_there = self.specs.iter().any(|there| there.name == spec.name);
            let takes = if is_there { 0 } else { spec.bytes() };
            if takes > room {
                full = true;
                continue;
            }
            room -= takes;
            found.push(spec.name.clone());
        }
        let note = match (found.is_empty(), full) {
            (_, true) => Some("There is no room for more tools: go on with those that you have."),
            (true, false) => {
                Some("No tool has these words. Try others, in the language of its service.")
            }
            (false, false) => None,
        };
        let rows = u64::try_from(found.len()).ok();
        let found = Found {
            found,
            note: note.map(str::to_owned),
        };
        Some(ToolOutcome::Done {
            content: json!(found).to_string(),
            rows,
            millis: 0,
        })
    }
}

/// The names in what a search found.
pub(super) fn found_in(content: &str) -> Vec<String> {
    serde_json::from_str::<Found>(content).map_or_else(|_| Vec::new(), |found| found.found)
}

/// The bytes of searches and of what they found, among these messages.
fn of_searches(messages: &[ChatMessage]) -> usize {
    let mut searches = Vec::new();
    let mut bytes = 0;
    for message in messages {
        match message {
            ChatMessage::User { .. } => {}
            ChatMessage::Assistant(said) => {
                for call in said
                    .tool_calls
                    .iter()
                    .filter(|call| call.name == FIND_TOOLS)
                {
                    searches.push(&call.id);
                    bytes += call.name.len() + call.arguments.to_string().len();
                }
            }
            ChatMessage::Tool { call_id, content } if searches.contains(&call_id) => {
                bytes += content.len();
            }
            ChatMessage::Tool { .. } => {}
        }
    }
    bytes
}

fn finder(listing: &Listing) -> ToolSpec {
    let mut connections: Vec<(&str, &str, usize)> = Vec::new();
    for tool in listing.all().iter().filter(|tool| tool.on) {
        let name = tool.connection.name.as_str();
        match connections.last_mut() {
            Some((last, _, count)) if *last == name => *count += 1,
            _ => connections.push((name, &tool.card.title, 1)),
        }
    }
    let all: usize = connections.iter().map(|(_, _, count)| count).sum();
    let named = connections.iter().take(MOST_NAMED);
    let mut named: Vec<String> = named
        .map(|(name, title, count)| format!("`{name}` ({title}, {count})"))
        .collect();
    if connections.len() > MOST_NAMED {
        named.push(format!("{} more", connections.len() - MOST_NAMED));
    }
    let description = format!(
        "Finds tools by what they do. The person has {all} tools, too many to list, over these connections: {}. \
         Search before you say that something cannot be done; what is found can be called in your next reply.",
        named.join(", ")
    );
    ToolSpec::new(
        FIND_TOOLS.to_owned(),
        description,
        json!({
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "What the tool should do, in a few words, such as `list pull requests`.",
                },
            },
            "required": ["query"],
        }),
    )
}

fn bytes<'a>(specs: impl IntoIterator<Item = &'a Arc<ToolSpec>>) -> usize {
    specs.into_iter().map(|spec| spec.bytes()).sum()
}

fn tokens(bytes: usize) -> i64 {
    i64::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(i64::MAX)
}
