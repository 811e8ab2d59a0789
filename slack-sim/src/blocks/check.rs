//! What Slack refuses in blocks, with the words and pointers it uses to say so.

use std::collections::HashSet;

use serde_json::Value;

use super::agents;
use super::elements::{BLOCKS, ELEMENTS, has_action, value_fields};
use super::find::located_elements;
use super::texts::{Kind, optional_text, text};

pub(super) use super::texts::at_most;

const ACTION_ELEMENTS: usize = 25;
const CONTEXT_ELEMENTS: usize = 10;
const SECTION_FIELDS: usize = 10;
const OPTIONS: usize = 100;
const MARKDOWN: usize = 12_000;
const TABLE_ROWS: usize = 100;
const TABLE_COLUMNS: usize = 20;
/// Over all tables of one message.
const TABLE_TEXT: usize = 10_000;

/// One complaint in Slack's form.
pub(super) fn problem(what: &str, pointer: &str) -> String {
    format!("[ERROR] {what} [json-pointer:{pointer}]")
}

/// Everything wrong with a list of blocks at `at`.
pub(super) fn blocks(blocks: &[Value], at: &str, limit: usize) -> Vec<String> {
    let mut problems = Vec::new();
    if blocks.len() > limit {
        problems.push(problem(&format!("no more than {limit} items allowed"), at));
    }
    let mut names = HashSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let here = format!("{at}/{index}");
        problems.extend(self::block(block, &here));
        problems.extend(at_most(block, "block_id", &here, 255));
        if let Some(name) = block["block_id"].as_str().filter(|name| !name.is_empty())
            && !names.insert(name)
        {
            problems.push(problem(&format!("block_id {name} already exists"), &here));
        }
    }
    problems.extend(agents::together(blocks, at));
    if tables_text(blocks) > TABLE_TEXT {
        problems.push(problem(
            "table blocks hold more than 10000 characters together",
            at,
        ));
    }
    problems
}

/// Everything wrong with the frame of a modal: its title and its two buttons.
pub(super) fn modal_frame(view: &Value) -> Vec<String> {
    let mut problems = text(view, "title", "/view", Kind::Plain, 24);
    problems.extend(optional_text(view, "submit", "/view", Kind::Plain, 24));
    problems.extend(optional_text(view, "close", "/view", Kind::Plain, 24));
    let has_input = view["blocks"]
        .as_array()
        .is_some_and(|blocks| super::find::inputs(blocks).next().is_some());
    if has_input && view["submit"].is_null() {
        problems.push(problem("missing required field: submit", "/view"));
    }
    problems
}

fn block(block: &Value, at: &str) -> Vec<String> {
    let kind = block["type"].as_str().unwrap_or_default();
    if !BLOCKS.contains(&kind) {
        return vec![problem(
            &format!("unsupported type: {kind}"),
            &format!("{at}/type"),
        )];
    }
    let mut problems = match kind {
        "section" => section(block, at),
        "header" => text(block, "text", at, Kind::Plain, 150),
        "actions" => items(block, "elements", at, ACTION_ELEMENTS),
        "context" => context(block, at),
        "input" => input(block, at),
        "markdown" => required(block, "text", at)
            .into_iter()
            .chain(at_most(block, "text", at, MARKDOWN))
            .collect(),
        "image" => required(block, "alt_text", at)
            .into_iter()
            .chain(at_most(block, "alt_text", at, 2_000))
            .collect(),
        "table" => table(block, at),
        "task_card" => agents::task_card(block, at),
        "plan" => agents::plan(block, at),
        "context_actions" => agents::context_actions(block, at),
        "data_visualization" => agents::data_visualization(block, at),
        _ => Vec::new(),
    };
    problems.extend(elements(block, at));
    problems
}

fn section(block: &Value, at: &str) -> Vec<String> {
    let fields = block["fields"].as_array();
    let mut problems = match (block["text"].is_null(), fields) {
        (true, None) => vec![problem("missing required field: text", at)],
        _ => optional_text(block, "text", at, Kind::Any, 3_000),
    };
    for (index, field) in fields.into_iter().flatten().enumerate() {
        if index == SECTION_FIELDS {
            problems.push(problem(
                "no more than 10 items allowed",
                &format!("{at}/fields"),
            ));
        }
        let here = format!("{at}/fields/{index}");
        problems.extend(at_most(field, "text", &here, 2_000));
    }
    problems
}

fn context(block: &Value, at: &str) -> Vec<String> {
    let mut problems = items(block, "elements", at, CONTEXT_ELEMENTS);
    for (index, element) in block["elements"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let here = format!("{at}/elements/{index}");
        match element["type"].as_str() {
            Some("image") => problems.extend(required(element, "alt_text", &here)),
            Some("mrkdwn" | "plain_text") => {
                problems.extend(at_most(element, "text", &here, 3_000));
            }
            _ => problems.push(problem("unsupported type", &format!("{here}/type"))),
        }
    }
    problems
}

fn input(block: &Value, at: &str) -> Vec<String> {
    let mut problems = text(block, "label", at, Kind::Plain, 2_000);
    problems.extend(optional_text(block, "hint", at, Kind::Plain, 2_000));
    let kind = block["element"]["type"].as_str().unwrap_or_default();
    if value_fields(kind).is_none() {
        let here = format!("{at}/element/type");
        problems.push(problem(&format!("unsupported type: {kind}"), &here));
    }
    problems
}

fn table(block: &Value, at: &str) -> Vec<String> {
    let mut problems = items(block, "rows", at, TABLE_ROWS);
    for (index, row) in block["rows"].as_array().into_iter().flatten().enumerate() {
        if row
            .as_array()
            .is_some_and(|cells| cells.len() > TABLE_COLUMNS)
        {
            let here = format!("{at}/rows/{index}");
            problems.push(problem("no more than 20 items allowed", &here));
        }
    }
    problems
}

/// How many characters all tables hold together.
fn tables_text(blocks: &[Value]) -> usize {
    blocks
        .iter()
        .filter(|block| block["type"] == "table")
        .map(|table| super::all_texts(&table["rows"]).chars().count())
        .sum()
}

/// Everything wrong with the elements of one block.
fn elements(block: &Value, at: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for (path, element) in located_elements(block) {
        problems.extend(self::element(element, &format!("{at}{path}")));
        if let Some(name) = element["action_id"].as_str()
            && !names.insert(name)
        {
            problems.push(problem(&format!("action_id {name} already exists"), at));
        }
    }
    let listed = block["elements"]
        .as_array()
        .filter(|_| block["type"] == "actions");
    for (index, element) in listed.into_iter().flatten().enumerate() {
        let kind = element["type"].as_str().unwrap_or_default();
        if !has_action(kind) {
            let here = format!("{at}/elements/{index}/type");
            problems.push(problem(&format!("unsupported type: {kind}"), &here));
        }
    }
    let beside = block["accessory"]["type"].as_str();
    if beside.is_some_and(|kind| !ELEMENTS.contains(&kind)) {
        problems.push(problem("unsupported type", &format!("{at}/accessory/type")));
    }
    problems
}

fn element(element: &Value, at: &str) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(at_most(element, "action_id", at, 255));
    problems.extend(optional_text(element, "placeholder", at, Kind::Plain, 150));
    problems.extend(confirm(element, at));
    if element["type"] == "button" {
        problems.extend(text(element, "text", at, Kind::Plain, 75));
        problems.extend(at_most(element, "value", at, 2_000));
        problems.extend(at_most(element, "url", at, 3_000));
        let style = element["style"].as_str();
        if style.is_some_and(|style| style != "primary" && style != "danger") {
            problems.push(problem("unsupported style", &format!("{at}/style")));
        }
    }
    if let Some(list) = element["options"].as_array() {
        if list.is_empty() || list.len() > OPTIONS {
            let what = format!("must have between 1 and {OPTIONS} items");
            problems.push(problem(&what, &format!("{at}/options")));
        }
        problems.extend(options(list, at));
    }
    problems
}

fn options(list: &[Value], at: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, option) in list.iter().enumerate() {
        let here = format!("{at}/options/{index}");
        problems.extend(text(option, "text", &here, Kind::Any, 75));
        problems.extend(at_most(option, "value", &here, 150));
    }
    problems
}

/// Everything wrong with what an app offers for an external select, where there may also be nothing.
pub(super) fn suggestions(answer: &Value) -> Vec<String> {
    let groups = answer["option_groups"].as_array();
    let lists = groups.into_iter().flatten().chain([answer]);
    let mut problems = Vec::new();
    for list in lists.filter_map(|group| group["options"].as_array()) {
        if list.len() > OPTIONS {
            problems.push(problem("no more than 100 items allowed", "/options"));
        }
        problems.extend(options(list, ""));
    }
    for (index, group) in groups.into_iter().flatten().enumerate() {
        let here = format!("/option_groups/{index}");
        problems.extend(text(group, "label", &here, Kind::Plain, 75));
    }
    problems
}

fn confirm(element: &Value, at: &str) -> Vec<String> {
    let dialog = &element["confirm"];
    if dialog.is_null() {
        return Vec::new();
    }
    let here = format!("{at}/confirm");
    let mut problems = text(dialog, "title", &here, Kind::Plain, 100);
    problems.extend(text(dialog, "text", &here, Kind::Any, 300));
    problems.extend(optional_text(dialog, "confirm", &here, Kind::Plain, 30));
    problems.extend(optional_text(dialog, "deny", &here, Kind::Plain, 30));
    let style = dialog["style"].as_str();
    if style.is_some_and(|style| style != "primary" && style != "danger") {
        problems.push(problem("unsupported style", &format!("{here}/style")));
    }
    problems
}

pub(super) fn required(parent: &Value, field: &str, at: &str) -> Option<String> {
    parent[field]
        .is_null()
        .then(|| problem(&format!("missing required field: {field}"), at))
}

/// Checks that a list is there and neither empty nor too long.
pub(super) fn items(parent: &Value, field: &str, at: &str, limit: usize) -> Vec<String> {
    let here = format!("{at}/{field}");
    match parent[field].as_array().map(Vec::len) {
        None => vec![problem(&format!("missing required field: {field}"), at)],
        Some(0) => vec![problem("must have at least 1 item", &here)],
        Some(count) if count > limit => {
            vec![problem(
                &format!("no more than {limit} items allowed"),
                &here,
            )]
        }
        Some(_) => Vec::new(),
    }
}
