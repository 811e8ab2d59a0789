//! Lists that come a page at a time, with a cursor to the next.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;

const PAGE: usize = 100;
const MOST: usize = 1_000;

/// One page of `items` under `name`, and where the next begins.
pub(super) fn page(args: &Args, name: &str, items: Vec<Value>) -> Result<Value, ApiError> {
    let start = match args.text("cursor") {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix("next:")
            .and_then(|digits| digits.parse().ok())
            .filter(|start| *start <= items.len())
            .ok_or_else(|| ApiError::from("invalid_cursor"))?,
    };
    let limit = args.number("limit").unwrap_or(PAGE).clamp(1, MOST);
    let end = items.len().min(start + limit);
    let has_more = end < items.len();
    let next = if has_more {
        format!("next:{end}")
    } else {
        String::new()
    };
    Ok(json!({
        name: items[start..end],
        "has_more": has_more,
        "response_metadata": {"next_cursor": next},
    }))
}
