//! Answers from a database: look which tables there are, look into them, ask, and tell.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::plan::{Call, Move, last};
use super::table::{Grid, escaped};
use super::talk;
use super::toolbox::Connection;
use super::transcript::{Outcome, Turn};
use super::words::{fit, words};

mod answer;
mod condition;
mod figure;
mod narrow;
mod place;
mod query;
mod question;
mod schema;
mod sql;

use answer::{answer, bullets, columns_text, no_column, no_table, tables_text};
use query::{Plan, Planner};
use question::{Ask, Question};
use schema::{Column, Table};

/// The tools of a database, without the connection.
pub const EXECUTE: &str = "execute_sql";
const LIST: &str = "list_tables";
const SCHEMA: &str = "get_schema";

/// The next move towards the answer.
pub fn next(turn: &Turn<'_>, connection: &Connection<'_>) -> Move {
    if let Some(sql) = written_sql(turn.question) {
        return run(turn, connection, &sql, |grid| {
            let findings = bullets(&grid.findings());
            format!("Here is what it gives:\n\n{}{findings}", grid.markdown())
        });
    }
    if !connection.has(LIST) {
        return Move::Say(talk::say(
            "I cannot see which tables there are. Write the query yourself, starting with `select`.",
        ));
    }
    let list = connection.tool(LIST);
    let tables = match last(turn, &list).map(|step| (step, &step.outcome)) {
        None => {
            let text = format!("Let me see what is in `{}`.", connection.name);
            return Move::call(text, list, json!({}));
        }
        Some((step, Outcome::Failed(reason))) => return Move::Say(talk::failed(step, reason)),
        Some((_, Outcome::Data(data))) => schema::tables(data),
    };
    let schemas = known_schemas(turn, connection);
    let question = question(turn.question, connection, &tables);
    let planner = Planner {
        question,
        tables: &tables,
        schemas: &schemas,
    };
    let unseen = |table: &String| schemas.get(table).is_some_and(Vec::is_empty);
    match planner.plan() {
        Plan::Tables => Move::Say(talk::say(&tables_text(&tables, connection))),
        Plan::Columns(table) | Plan::NoColumn(table, _) if unseen(&table) => {
            Move::Say(unreadable(turn, connection, &table))
        }
        Plan::Columns(table) => Move::Say(columns_text(&table, &schemas)),
        Plan::Look(wanted) => look(wanted, turn, connection),
        Plan::Query(query) => run(turn, connection, &query.select.to_string(), |grid| {
            answer(&query, grid, &tables)
        }),
        Plan::NoTable => Move::Say(no_table(&tables, connection)),
        Plan::NoColumn(table, words) => Move::Say(no_column(&table, &words, &schemas)),
    }
}

/// The question without the connection's own name, unless that is a table's too.
fn question(text: &str, connection: &Connection<'_>, tables: &[Table]) -> Question {
    let mut question = Question::parse(text);
    let own = words(connection.name);
    let is_table = |noun: &String| {
        tables
            .iter()
            .any(|table| fit(&table.name, std::slice::from_ref(noun)) > 100)
    };
    question
        .nouns
        .retain(|noun| !own.contains(noun) || is_table(noun));
    if question.nouns.is_empty() && matches!(question.ask, Ask::Rows | Ask::Schema) {
        question.ask = Ask::Tables;
    }
    question
}

/// A query that the person wrote, alone or in backticks.
fn written_sql(text: &str) -> Option<String> {
    let text = text.trim();
    let text = match text.split_once('`') {
        Some((_, code)) => code.trim_start_matches('`').split('`').next()?,
        None => text,
    };
    let text = text.trim().trim_start_matches("sql\n").trim();
    let (first, rest) = text.split_once(char::is_whitespace)?;
    let is_select = first.eq_ignore_ascii_case("select") && rest.to_lowercase().contains("from ");
    let is_with = first.eq_ignore_ascii_case("with") && rest.to_lowercase().contains("select ");
    (is_select || is_with).then(|| text.trim_end_matches(';').trim_end().to_owned())
}

fn known_schemas(turn: &Turn<'_>, connection: &Connection<'_>) -> BTreeMap<String, Vec<Column>> {
    let tool = connection.tool(SCHEMA);
    turn.calls(&tool)
        .filter_map(|step| {
            let table = step.arguments.get("table")?.as_str()?.to_owned();
            let columns = match &step.outcome {
                Outcome::Data(data) => schema::columns(data),
                Outcome::Failed(_) => Vec::new(),
            };
            Some((table, columns))
        })
        .collect()
}

/// Looks into tables, all at once.
fn look(wanted: Vec<String>, turn: &Turn<'_>, connection: &Connection<'_>) -> Move {
    let tool = connection.tool(SCHEMA);
    let seen = |table: &String| {
        let mut calls = turn.calls(&tool);
        calls.any(|step| step.arguments.get("table").and_then(Value::as_str) == Some(table))
    };
    if !connection.has(SCHEMA) || wanted.iter().all(seen) {
        return Move::Say(talk::say(
            "I cannot see which columns there are. Write the query yourself, starting with `select`.",
        ));
    }
    let names: Vec<String> = wanted
        .iter()
        .map(|table| format!("`{}`", escaped(table)))
        .collect();
    Move::Call {
        text: format!("Let me look into {}.", names.join(", ")),
        calls: wanted
            .into_iter()
            .map(|table| Call {
                name: tool.clone(),
                arguments: json!({ "table": table }),
            })
            .collect(),
    }
}

/// Runs a query, or tells what came of it.
fn run(
    turn: &Turn<'_>,
    connection: &Connection<'_>,
    sql: &str,
    tell: impl Fn(&Grid) -> String,
) -> Move {
    let tool = connection.tool(EXECUTE);
    let done = turn
        .calls(&tool)
        .filter(|step| step.arguments.get("query").and_then(Value::as_str) == Some(sql))
        .last();
    let Some(step) = done else {
        return Move::call("Now I can ask.", tool.clone(), json!({ "query": sql }));
    };
    let grid = match &step.outcome {
        Outcome::Failed(reason) => return Move::Say(talk::failed(step, reason)),
        Outcome::Data(data) => Grid::of_query(data),
    };
    Move::Say(match grid {
        Some(grid) => {
            let sql = sql.replace('`', "'");
            let text = tell(&grid);
            talk::say(&format!(
                "{}\n\nI ran `{sql}` on `{}`.",
                text.trim_end(),
                connection.name
            ))
        }
        None => talk::failed(step, "its result is no list of rows"),
    })
}

/// Why the columns of a table are not known.
fn unreadable(turn: &Turn<'_>, connection: &Connection<'_>, table: &str) -> String {
    let tool = connection.tool(SCHEMA);
    let step = turn
        .calls(&tool)
        .find(|step| step.arguments.get("table").and_then(Value::as_str) == Some(table));
    match step.map(|step| (step, &step.outcome)) {
        Some((step, Outcome::Failed(reason))) => talk::failed(step, reason),
        _ => talk::say(&format!(
            "`{}` has no columns that I may see.",
            escaped(table)
        )),
    }
}
