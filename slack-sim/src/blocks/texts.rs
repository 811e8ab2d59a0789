//! Checks of text objects and of the lengths of plain fields.

use serde_json::Value;

use super::check::problem;

/// Which text objects a place takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Any,
}

/// Checks a text object that has to be there.
pub(super) fn text(parent: &Value, field: &str, at: &str, kind: Kind, limit: usize) -> Vec<String> {
    let object = &parent[field];
    if object.is_null() {
        return vec![problem(&format!("missing required field: {field}"), at)];
    }
    optional_text(parent, field, at, kind, limit)
}

/// Checks a text object if it is there.
pub(super) fn optional_text(
    parent: &Value,
    field: &str,
    at: &str,
    kind: Kind,
    limit: usize,
) -> Vec<String> {
    let object = &parent[field];
    let here = format!("{at}/{field}");
    if object.is_null() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    match object["type"].as_str() {
        Some("plain_text") => {}
        Some("mrkdwn") if kind == Kind::Any => {}
        Some("mrkdwn") => problems.push(problem("must be plain_text", &format!("{here}/type"))),
        _ => problems.push(problem("unsupported type", &format!("{here}/type"))),
    }
    match object["text"].as_str() {
        None => problems.push(problem("missing required field: text", &here)),
        Some("") => problems.push(problem(
            "must be more than 0 characters",
            &format!("{here}/text"),
        )),
        Some(_) => problems.extend(at_most(object, "text", &here, limit)),
    }
    problems
}

/// Checks that a plain field, if present, is a string no longer than `limit`.
pub(super) fn at_most(parent: &Value, field: &str, at: &str, limit: usize) -> Option<String> {
    let here = format!("{at}/{field}");
    match &parent[field] {
        Value::Null => None,
        Value::String(text) if text.chars().count() > limit => Some(problem(
            &format!("must be less than {} characters", limit + 1),
            &here,
        )),
        Value::String(_) => None,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(problem("must provide a string", &here))
        }
    }
}
