//! `blocks.validate`: whether blocks, a message or a view would be accepted, without showing them to anybody.

use serde_json::{Value, json};

use super::args::Args;
use crate::blocks;
use crate::error::ApiError;
use crate::team::Team;

pub(super) fn validate(_team: &Team, args: &Args) -> Result<Value, ApiError> {
    let given: Vec<_> = ["blocks", "message", "view"]
        .into_iter()
        .filter_map(|name| Some((name, args.value(name)?)))
        .collect();
    let &[(name, payload)] = given.as_slice() else {
        let why = "[ERROR] provide exactly one of blocks, message and view".to_owned();
        return Err(ApiError::with_messages("invalid_arguments", vec![why]));
    };
    let (problems, root) = match name {
        "blocks" => (blocks::problems(payload), "/blocks"),
        "message" => (blocks::problems(&payload["blocks"]), ""),
        _ => {
            let kind = payload["type"].as_str().unwrap_or("modal");
            (blocks::view_problems(payload, kind), "/view")
        }
    };
    if problems.is_empty() {
        return Ok(json!({}));
    }
    let errors = problems.iter().map(|problem| told(problem, root)).collect();
    Err(ApiError::with_errors(&format!("invalid_{name}"), errors))
}

/// A complaint as this method makes it; where it points to begins at what was given.
fn told(problem: &str, root: &str) -> Value {
    let words = problem.trim_start_matches("[ERROR] ").trim_end_matches(']');
    let (message, pointer) = words.split_once(" [json-pointer:").unwrap_or((words, ""));
    let pointer = pointer.strip_prefix(root).unwrap_or(pointer);
    match message.strip_prefix("missing required field: ") {
        Some(field) => json!({
            "code": "missing_field", "message": message, "pointer": pointer, "field": field,
        }),
        None => json!({"code": "failed_constraint", "message": message, "pointer": pointer}),
    }
}
