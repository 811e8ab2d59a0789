//! What is said about tables, columns and rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::query::{Query, Shape};
use super::question::Figure;
use super::schema::{self, Column, Table};
use crate::llm::demo::table::{Grid, cell, escaped, number, spoken};
use crate::llm::demo::talk;
use crate::llm::demo::toolbox::Connection;

/// What the rows of a query say, and how the question was read.
pub fn answer(query: &Query, grid: &Grid, tables: &[Table]) -> String {
    let table = escaped(&query.select.table);
    let told = match &query.shape {
        Shape::Count => {
            let count = grid.single().map_or_else(|| "no".to_owned(), cell);
            format!("There are **{count}** rows in `{table}`{}.", fitting(query))
        }
        Shape::Figure(figure, column) => figure_text(*figure, column, &table, grid),
        _ if grid.rows.is_empty() => {
            format!("There are no rows in `{table}`{}.", fitting(query))
        }
        Shape::Groups(add_up) => {
            // What the limit has cut off belongs to the whole, too.
            let is_whole = *add_up
                && query
                    .select
                    .limit
                    .is_some_and(|limit| grid.rows.len() < limit);
            let share = grid.largest_share().filter(|_| is_whole);
            let share = share.map_or_else(String::new, |share| format!("\n{share}"));
            let count = grid.rows.len();
            let groups = match query.select.limit {
                _ if count == 1 => "one group".to_owned(),
                Some(limit) if count >= limit => format!("{count} groups, and there may be more"),
                _ => format!("{count} groups"),
            };
            format!("`{table}` in {groups}:\n\n{}{share}", grid.markdown())
        }
        Shape::Rows => rows_text(query, grid, tables),
    };
    let mut parts = vec![told.trim_end().to_owned()];
    if grid.truncated {
        parts.push("There were more rows than could be taken.".to_owned());
    }
    parts.extend(query.notes.iter().cloned());
    parts.join("\n\n")
}

fn rows_text(query: &Query, grid: &Grid, tables: &[Table]) -> String {
    let fitting = fitting(query);
    let known = tables.iter().find(|table| table.name == query.select.table);
    let all = known.and_then(|table| table.rows);
    let of = match all.filter(|all| fitting.is_empty() && *all > grid.rows.len() as u64) {
        Some(all) => format!(" of {all}"),
        None => String::new(),
    };
    let count = grid.rows.len();
    let rows = if count == 1 && of.is_empty() {
        "row"
    } else {
        "rows"
    };
    let mut findings = bullets(&grid.findings());
    if !of.is_empty() && !findings.is_empty() {
        findings.insert_str(0, &format!("\nAmong these {count}:\n"));
    }
    format!(
        "{count}{of} {rows} of `{}`{fitting}:\n\n{}{}",
        escaped(&query.select.table),
        grid.markdown(),
        findings
    )
}

/// Whether the question has a condition of its own.
fn fitting(query: &Query) -> &'static str {
    let mut conditions = query.select.conditions.iter();
    match conditions.any(|condition| !condition.ends_with("is not null")) {
        true => " that fit",
        false => "",
    }
}

fn figure_text(figure: Figure, column: &str, table: &str, grid: &Grid) -> String {
    let column = escaped(column);
    let what = match figure {
        Figure::Average => "average of",
        Figure::Sum => "sum of",
        Figure::Most => "highest",
        Figure::Least => "lowest",
    };
    match grid.single().filter(|value| !value.is_null()) {
        Some(value) => {
            let value = number(value).map_or_else(|| cell(value), spoken);
            format!(
                "The {what} `{column}` in `{table}` is **{}**.",
                escaped(&value)
            )
        }
        None => format!("`{table}` has no values in `{column}`."),
    }
}

/// Lines of a list.
pub fn bullets(findings: &[String]) -> String {
    let lines = findings.iter().map(|finding| format!("\n- {finding}"));
    lines.collect()
}

/// Which tables there are.
pub fn tables_text(tables: &[Table], connection: &Connection<'_>) -> String {
    let name = connection.name;
    if tables.is_empty() {
        return format!("`{name}` has no tables that I may see.");
    }
    let rows: Vec<Value> = tables
        .iter()
        .map(|table| json!({"table": table.name, "kind": table.kind, "rows": table.rows}))
        .collect();
    let grid = Grid::of_objects(&rows, &["table", "kind", "rows"]);
    let largest = tables.iter().max_by_key(|table| table.rows.unwrap_or(0));
    let next = largest.map_or_else(String::new, |table| {
        format!(
            "\nAsk for one, such as: show me the {}.",
            escaped(&table.name)
        )
    });
    format!(
        "`{name}` has {} tables:\n\n{}{next}",
        tables.len(),
        grid.markdown()
    )
}

/// Which columns a table has.
pub fn columns_text(table: &str, schemas: &BTreeMap<String, Vec<Column>>) -> String {
    let columns = schemas.get(table).map(Vec::as_slice).unwrap_or_default();
    let table = escaped(table);
    let rows: Vec<Value> = columns
        .iter()
        .map(|column| {
            let references = column.references.as_ref();
            let references = references.map(|(table, column)| format!("{table}.{column}"));
            let key = column.key.then_some("primary key");
            json!({"column": column.name, "type": column.kind, "key": key, "references": references})
        })
        .collect();
    let grid = Grid::of_objects(&rows, &["column", "type", "key", "references"]);
    talk::say(&format!(
        "`{table}` has {} columns:\n\n{}",
        columns.len(),
        grid.markdown()
    ))
}

/// That no table fits, and which there are.
pub fn no_table(tables: &[Table], connection: &Connection<'_>) -> String {
    talk::say(&format!(
        "No table sounds like your question. {}",
        tables_text(tables, connection)
    ))
}

/// That no column fits, and which there are.
pub fn no_column(table: &str, words: &[String], schemas: &BTreeMap<String, Vec<Column>>) -> String {
    let columns = schemas.get(table).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = schema::shown(columns)
        .iter()
        .map(|column| format!("`{}`", escaped(&column.name)))
        .collect();
    let (table, names) = (escaped(table), names.join(", "));
    talk::say(&match words {
        [] => format!("Say which column of `{table}` to go by: {names}."),
        words => {
            let words = words.join(" ");
            format!(
                "I found no fitting column for \"{words}\" in `{table}`. Name one of these: {names}."
            )
        }
    })
}
