//! Block Kit: what Slack accepts, which element a person means, and what inputs hold.

mod agents;
mod check;
mod elements;
mod find;
mod inputs;
mod texts;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::ids;

pub(crate) use find::{Element, Wanted, all_texts, buttons, find, inputs as input_blocks};
pub(crate) use inputs::{entered, filled, problem_with, state_of};

const MESSAGE_BLOCKS: usize = 50;
const VIEW_BLOCKS: usize = 100;
/// The most a view may weigh, in bytes of JSON.
const VIEW_SIZE: usize = 250 * 1024;

/// Checks the blocks of a message.
pub(crate) fn check_message(blocks: &[Value]) -> Result<(), ApiError> {
    let problems = message_problems(blocks);
    if problems.is_empty() {
        return Ok(());
    }
    Err(ApiError::with_messages("invalid_blocks", problems))
}

fn message_problems(blocks: &[Value]) -> Vec<String> {
    check::blocks(blocks, "/blocks", MESSAGE_BLOCKS)
}

/// Everything wrong with what should be the blocks of a message.
pub(crate) fn problems(blocks: &Value) -> Vec<String> {
    match blocks.as_array() {
        Some(blocks) => message_problems(blocks),
        None => vec![check::problem("missing required field: blocks", "")],
    }
}

/// Checks a view of the given type, `modal` or `home`.
pub(crate) fn check_view(view: &Value, kind: &str) -> Result<(), ApiError> {
    let problems = view_problems(view, kind);
    if !problems.is_empty() {
        return Err(ApiError::with_messages("invalid_arguments", problems));
    }
    if view.to_string().len() > VIEW_SIZE {
        return Err("view_too_large".into());
    }
    Ok(())
}

/// Everything wrong with a view of the given type, but for its size.
pub(crate) fn view_problems(view: &Value, kind: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if view["type"] != kind {
        problems.push(check::problem("unsupported type", "/view/type"));
    }
    match view["blocks"].as_array() {
        Some(blocks) => problems.extend(check::blocks(blocks, "/view/blocks", VIEW_BLOCKS)),
        None => problems.push(check::problem("missing required field: blocks", "/view")),
    }
    if kind == "modal" {
        problems.extend(check::modal_frame(view));
    }
    problems.extend(check::at_most(view, "private_metadata", "/view", 3_000));
    problems.extend(check::at_most(view, "callback_id", "/view", 255));
    problems.extend(check::at_most(view, "external_id", "/view", 255));
    problems
}

/// Everything wrong with what an app offers for an external select.
pub(crate) fn suggestion_problems(answer: &Value) -> Vec<String> {
    check::suggestions(answer)
}

/// Gives every block and every element that has none an id, as Slack does.
pub(crate) fn name_parts(blocks: &mut [Value]) {
    for block in blocks {
        if block["block_id"].as_str().unwrap_or_default().is_empty() {
            block["block_id"] = json!(ids::random(3));
        }
        find::each_element_mut(block, &mut |element| {
            let acts = elements::has_action(element["type"].as_str().unwrap_or_default());
            if acts && element["action_id"].as_str().unwrap_or_default().is_empty() {
                element["action_id"] = json!(ids::random(3));
            }
        });
    }
}
