//! Checks of the blocks that agents answer with: tasks, plans, feedback and charts.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{items, problem, required};
use super::texts::{Kind, at_most, text};

const CONTEXT_ACTIONS: usize = 5;
/// Segments of a pie, or series of another chart.
const SERIES: usize = 12;
const CATEGORIES: usize = 20;
/// In one message.
const CHARTS: usize = 2;

pub(super) fn task_card(block: &Value, at: &str) -> Vec<String> {
    let mut problems = named(block, "task_id", at, 255);
    problems.extend(named(block, "title", at, 255));
    let known = ["pending", "in_progress", "complete", "error"];
    let status = &block["status"];
    if !status.is_null() && !status.as_str().is_some_and(|word| known.contains(&word)) {
        problems.push(problem("unsupported status", &format!("{at}/status")));
    }
    for field in ["details", "output"] {
        if !block[field].is_null() && block[field]["type"] != "rich_text" {
            problems.push(problem("must be rich_text", &format!("{at}/{field}")));
        }
    }
    problems
}

pub(super) fn plan(block: &Value, at: &str) -> Vec<String> {
    let mut problems = named(block, "title", at, 255);
    for (index, task) in listed(block, "tasks").enumerate() {
        problems.extend(task_card(task, &format!("{at}/tasks/{index}")));
    }
    problems
}

pub(super) fn context_actions(block: &Value, at: &str) -> Vec<String> {
    let mut problems = items(block, "elements", at, CONTEXT_ACTIONS);
    for (index, element) in listed(block, "elements").enumerate() {
        let here = format!("{at}/elements/{index}");
        match element["type"].as_str() {
            Some("feedback_buttons") => {
                for side in ["positive_button", "negative_button"] {
                    let there = format!("{here}/{side}");
                    problems.extend(text(&element[side], "text", &there, Kind::Plain, 75));
                    problems.extend(named(&element[side], "value", &there, 2_000));
                }
            }
            Some("icon_button") => {
                problems.extend(named(element, "icon", &here, 255));
                problems.extend(text(element, "text", &here, Kind::Plain, 75));
            }
            _ => problems.push(problem("unsupported type", &format!("{here}/type"))),
        }
    }
    problems
}

pub(super) fn data_visualization(block: &Value, at: &str) -> Vec<String> {
    let mut problems = named(block, "title", at, 50);
    let (chart, here) = (&block["chart"], format!("{at}/chart"));
    match chart["type"].as_str() {
        Some("pie") => {
            problems.extend(items(chart, "segments", &here, SERIES));
            for (index, segment) in listed(chart, "segments").enumerate() {
                let there = format!("{here}/segments/{index}");
                problems.extend(named(segment, "label", &there, 20));
                if segment["value"].as_f64().is_none_or(|value| value <= 0.0) {
                    problems.push(problem("must be more than 0", &format!("{there}/value")));
                }
            }
        }
        Some("bar" | "area" | "line") => problems.extend(series_chart(chart, &here)),
        _ => problems.push(problem("unsupported type", &format!("{here}/type"))),
    }
    problems
}

/// A chart with axes: every series has one number for each category.
fn series_chart(chart: &Value, at: &str) -> Vec<String> {
    let (axis, there) = (&chart["axis_config"], format!("{at}/axis_config"));
    let mut problems = items(chart, "series", at, SERIES);
    problems.extend(items(axis, "categories", &there, CATEGORIES));
    problems.extend(at_most(axis, "x_label", &there, 50));
    problems.extend(at_most(axis, "y_label", &there, 50));
    let categories: HashSet<&str> = listed(axis, "categories")
        .filter_map(Value::as_str)
        .collect();
    let mut names = HashSet::new();
    for (index, series) in listed(chart, "series").enumerate() {
        let here = format!("{at}/series/{index}");
        problems.extend(named(series, "name", &here, 20));
        if !names.insert(series["name"].as_str()) {
            problems.push(problem("series names must be unique", &here));
        }
        let numbered = listed(series, "data").filter(|point| point["value"].is_number());
        let labels: Vec<&str> = numbered
            .filter_map(|point| point["label"].as_str())
            .collect();
        let all: HashSet<&str> = labels.iter().copied().collect();
        if all != categories || labels.len() != categories.len() {
            let what = "must have exactly one value for each category";
            problems.push(problem(what, &format!("{here}/data")));
        }
    }
    problems
}

/// What may not stand together in one message.
pub(super) fn together(blocks: &[Value], at: &str) -> Vec<String> {
    let count = |kind: &str| blocks.iter().filter(|block| block["type"] == kind).count();
    let mut problems = Vec::new();
    if count("data_visualization") > CHARTS {
        let what = format!("no more than {CHARTS} data_visualization blocks allowed");
        problems.push(problem(&what, at));
    }
    if count("plan") > 0 && count("task_card") > 0 {
        problems.push(problem("plan and task_card cannot be combined", at));
    }
    problems
}

/// A plain field that has to be there, as a string that is not too long.
fn named(parent: &Value, field: &str, at: &str, limit: usize) -> Vec<String> {
    let missing = required(parent, field, at);
    let long = at_most(parent, field, at, limit);
    missing.into_iter().chain(long).collect()
}

fn listed<'a>(parent: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    parent[field].as_array().into_iter().flatten()
}
