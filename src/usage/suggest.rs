//! Advice that follows from what somebody used: each rule has its threshold and its words here.

use chrono::{DateTime, Utc};

use crate::counted;
use crate::domain::connection::Connection;
use crate::domain::money::NanoDollars;
use crate::domain::text::Text;
use crate::error::quotable;
use crate::llm::prices::Prices;
use crate::store::{ModelRecord, ToolRecord};
use crate::text;

/// More than so many queries through a service's API are worth a connection to its database.
const DATABASE_QUERIES: i64 = 10;
/// What queries of a database are called, on whatever card.
const QUERIES: [&str; 6] = [
    "execute_sql",
    "list_tables",
    "get_schema",
    "insert_data",
    "update_data",
    "delete_data",
];
/// From so many calls on a tool is told to fail, where at least every second did.
const FAILING_CALLS: i64 = 5;
/// From so many tokens a call on, over so many calls, a result is long.
const LONG_RESULT: i64 = 8_000;
const LONG_RESULTS: i64 = 5;
/// From so many questions and so much money on a cheaper model is worth a word.
const QUESTIONS: i64 = 20;
const WORTH: NanoDollars = NanoDollars(1_000_000_000);
/// It must cost no more than this part of what the present one does.
const CHEAPER: i64 = 3;

/// What is known of somebody's use.
pub struct Facts<'a> {
    /// From when on.
    pub since: DateTime<Utc>,
    /// Their connections.
    pub connections: &'a [Connection],
    /// What the tools of those did, the most used first.
    pub tools: &'a [ToolRecord],
    /// What models did, the dearest first.
    pub models: &'a [ModelRecord],
    /// The model that answers them.
    pub model: &'a str,
    /// The models that could.
    pub others: &'a [String],
    /// What models cost.
    pub prices: &'a Prices,
    /// Whether a tool of a card, or all of the card, speaks to a database itself.
    pub is_direct: &'a dyn Fn(&str, Option<&str>) -> bool,
}

/// One piece of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A tool fails more often than not.
    Failing {
        /// The connection it is of.
        connection: String,
        /// Which.
        tool: String,
        /// How often it was called lately.
        calls: i64,
        /// Of those, the ones that failed.
        failed: i64,
    },
    /// Queries of a database take the way through an API.
    Direct {
        /// The connection they go through.
        connection: String,
        /// How many.
        queries: i64,
    },
    /// Results are long.
    Narrower {
        /// The connection.
        connection: String,
        /// The tool.
        tool: String,
        /// About how many tokens one has.
        tokens: i64,
    },
    /// Another model would cost much less.
    Cheaper {
        /// Which.
        model: String,
        /// What was paid.
        paid: NanoDollars,
        /// What that would have cost.
        instead: NanoDollars,
    },
    /// Connections that nobody used.
    Unused {
        /// Which.
        connections: Vec<String>,
    },
}

/// All that follows, the most useful first.
pub fn suggestions(facts: &Facts<'_>) -> Vec<Suggestion> {
    let rules = [failing, direct, narrower, cheaper, unused];
    rules.iter().filter_map(|rule| rule(facts)).collect()
}

fn failing(facts: &Facts<'_>) -> Option<Suggestion> {
    let mut failing = facts.tools.iter().filter(|tool| {
        tool.recent >= FAILING_CALLS && tool.recent_failed.saturating_mul(2) >= tool.recent
    });
    failing.next().map(|tool| Suggestion::Failing {
        connection: tool.connection.to_string(),
        tool: tool.tool.clone(),
        calls: tool.recent,
        failed: tool.recent_failed,
    })
}

/// Whoever has a direct connection as well does so on purpose.
fn direct(facts: &Facts<'_>) -> Option<Suggestion> {
    let mut cards = facts.connections.iter().map(|it| it.card.as_str());
    if cards.any(|card| (facts.is_direct)(card, None)) {
        return None;
    }
    let mut queries: Vec<(&str, i64)> = Vec::new();
    let through_an_api = facts.tools.iter().filter(|tool| {
        QUERIES.contains(&tool.tool.as_str()) && !(facts.is_direct)(&tool.service, Some(&tool.tool))
    });
    for tool in through_an_api {
        let connection = tool.connection.as_str();
        match queries.iter_mut().find(|(name, _)| *name == connection) {
            Some((_, count)) => *count += tool.calls,
            None => queries.push((connection, tool.calls)),
        }
    }
    let most = queries.into_iter().max_by_key(|(_, count)| *count)?;
    (most.1 > DATABASE_QUERIES).then(|| Suggestion::Direct {
        connection: most.0.to_owned(),
        queries: most.1,
    })
}

fn narrower(facts: &Facts<'_>) -> Option<Suggestion> {
    let long = facts.tools.iter().filter_map(|tool| {
        let each = tool.result_tokens.checked_div(tool.calls)?;
        (tool.calls >= LONG_RESULTS && each >= LONG_RESULT).then_some((each, tool))
    });
    long.max_by_key(|(each, _)| *each)
        .map(|(tokens, tool)| Suggestion::Narrower {
            connection: tool.connection.to_string(),
            tool: tool.tool.clone(),
            tokens,
        })
}

/// Of the models that would have cost a fraction, the dearest: it is likely the best of them.
fn cheaper(facts: &Facts<'_>) -> Option<Suggestion> {
    let used = facts.models.iter().find(|it| it.model == facts.model)?;
    let paid = used.cost.filter(|paid| *paid >= WORTH)?;
    if used.questions < QUESTIONS {
        return None;
    }
    let others = facts.others.iter().filter_map(|other| {
        let instead = facts.prices.cost(other, &used.tokens).amount()?;
        let fits = instead.0 > 0 && instead.0.saturating_mul(CHEAPER) <= paid.0;
        fits.then_some((instead, other))
    });
    others
        .max_by_key(|(instead, _)| *instead)
        .map(|(instead, model)| Suggestion::Cheaper {
            model: model.clone(),
            paid,
            instead,
        })
}

fn unused(facts: &Facts<'_>) -> Option<Suggestion> {
    let unused = facts.connections.iter().filter(|connection| {
        let last = connection.last_used.unwrap_or(connection.created_at);
        connection.created_at < facts.since && last < facts.since
    });
    let connections: Vec<String> = unused.map(|it| it.name.to_string()).collect();
    (!connections.is_empty()).then_some(Suggestion::Unused { connections })
}

impl Suggestion {
    /// What a person reads; `command` is the slash command.
    pub fn text(&self, command: &str) -> Text {
        match self {
            Self::Failing {
                connection,
                tool,
                calls,
                failed,
            } => text!(
                "`{tool}` of `{connection}` failed {failed} of {calls} times in the last 7 days. See why: `{command} test {connection}`.",
                tool = quotable(tool),
                connection,
                failed = *failed,
                calls = *calls,
                command
            ),
            Self::Direct {
                connection,
                queries,
            } => text!(
                "Consider adding a direct database connection: {queries} queries went through `{connection}` in the last 30 days. `{command} connect postgres` makes one; it answers faster, and with SQL.",
                queries = *queries,
                connection,
                command
            ),
            Self::Narrower {
                connection,
                tool,
                tokens,
            } => text!(
                "Results of `{tool}` of `{connection}` are long, about {tokens} tokens each. Ask for fewer rows or columns, or your admin may let its card keep less.",
                tool = quotable(tool),
                connection,
                tokens = *tokens
            ),
            Self::Cheaper {
                model,
                paid,
                instead,
            } => text!(
                "`{model}` would have answered your questions of the last 30 days for about {instead} instead of {paid}, though maybe not as well. Try it: `{command} model {model}`.",
                model = model.replace('`', "'"),
                instead = instead.to_string(),
                paid = paid.to_string(),
                command
            ),
            Self::Unused { connections } => {
                let names: Vec<String> = connections.iter().map(|it| format!("`{it}`")).collect();
                counted!(
                    connections.len(),
                    "{count} connection was not used for 30 days: {names}. If you do not need it any more: `{command} disconnect`.",
                    "{count} connections were not used for 30 days: {names}. If you do not need them any more: `{command} disconnect`.",
                    names = names.join(", "),
                    command
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
