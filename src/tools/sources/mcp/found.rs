//! A tool as its server tells of it, and what of that is believed.

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::cards::argument_validator;
use crate::domain::card::{CardTool, McpCall, McpService, ToolAction, Trust};
use crate::domain::tool::Risk;

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 2_000;
/// The most bytes of a schema, and how deep it may go.
const LARGEST_SCHEMA: usize = 32 * 1024;
const DEEPEST_SCHEMA: usize = 32;

/// The tool as one of ours; `None` where its schema is beyond measure.
pub(super) fn tool(service: &McpService, tool: Tool) -> Option<CardTool> {
    let name = tool.name.into_owned();
    let mut input = Value::Object((*tool.input_schema).clone());
    if depth(&input, DEEPEST_SCHEMA).is_none() || input.to_string().len() > LARGEST_SCHEMA {
        tracing::warn!("the tool {name:?} of an MCP server is left out: its schema is too large");
        return None;
    }
    if let Err(error) = argument_validator(&input) {
        tracing::warn!("the tool {name:?} of an MCP server is left out: {error}");
        return None;
    }
    // Models are only offered arguments that have names.
    input["type"] = json!("object");
    if !input["properties"].is_object() {
        input["properties"] = json!({});
    }
    let described = tool.description.as_deref().or(tool.title.as_deref());
    let description = plain(described.unwrap_or(&name));
    let risk = risk(service, &name, tool.annotations.as_ref());
    let call = McpCall { tool: name.clone() };
    Some(CardTool::new(
        name,
        description,
        risk,
        input,
        ToolAction::Mcp(call),
    ))
}

/// What calling it can do. A server that is not trusted can only make it worse.
fn risk(service: &McpService, name: &str, said: Option<&ToolAnnotations>) -> Risk {
    if service.reads.contains(name) {
        return Risk::Read;
    }
    let reads = said.and_then(|said| said.read_only_hint) == Some(true);
    let destroys = said.and_then(|said| said.destructive_hint);
    match service.trust {
        Trust::Annotations if reads => Risk::Read,
        // The protocol takes what is not said for the worst.
        Trust::Annotations if destroys == Some(false) => Risk::Write,
        Trust::Annotations => Risk::Destructive,
        Trust::Nothing if destroys == Some(true) && !reads => Risk::Destructive,
        Trust::Nothing => Risk::Write,
    }
}

/// Without what cannot be seen, and not too long.
fn plain(description: &str) -> String {
    let seen = |c: &char| {
        let hidden = matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
        );
        !hidden && (!c.is_control() || matches!(c, '\n' | '\t'))
    };
    description
        .chars()
        .filter(seen)
        .take(LONGEST_DESCRIPTION)
        .collect()
}

/// How deep a value goes; `None` where that is more than `most`.
fn depth(value: &Value, most: usize) -> Option<usize> {
    let inner: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => return Some(0),
    };
    let most = most.checked_sub(1)?;
    inner
        .into_iter()
        .try_fold(0, |deepest, value| Some(depth(value, most)?.max(deepest)))
        .map(|deepest| deepest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(more: &str) -> McpService {
        serde_json::from_str(&format!("{{ \"url\": \"https://x.example\" {more} }}")).unwrap()
    }

    fn told(more: Value) -> Tool {
        let mut tool = json!({ "name": "look.up", "inputSchema": { "type": "object" } });
        tool.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value(tool).unwrap()
    }

    #[test]
    fn what_a_server_says_never_makes_a_tool_less_dangerous_unless_it_is_trusted() {
        let untrusted = service("");
        let vouched = service(", \"reads\": [\"look.up\"]");
        let trusted = service(", \"trust\": \"annotations\"");
        let check = |said: Value, expected: [Risk; 3]| {
            let risks = [&untrusted, &vouched, &trusted].map(|service| {
                tool(service, told(json!({ "annotations": said })))
                    .unwrap()
                    .risk
            });
            assert_eq!(risks, expected, "{said}");
        };
        use Risk::{Destructive, Read, Write};
        check(json!({}), [Write, Read, Destructive]);
        check(json!({ "readOnlyHint": true }), [Write, Read, Read]);
        check(
            json!({ "readOnlyHint": true, "destructiveHint": false }),
            [Write, Read, Read],
        );
        check(
            json!({ "readOnlyHint": false, "destructiveHint": false }),
            [Write, Read, Write],
        );
        check(
            json!({ "destructiveHint": true }),
            [Destructive, Read, Destructive],
        );
    }

    #[test]
    fn what_is_beyond_measure_is_left_out() {
        let deep = (0..100).fold(json!({}), |inner, _| json!({ "not": inner }));
        let wide = json!({ "description": "x".repeat(LARGEST_SCHEMA) });
        for schema in [deep, wide] {
            assert!(tool(&service(""), told(json!({ "inputSchema": schema }))).is_none());
        }
        let hidden = format!("a\u{200b}\u{e0041}b\u{1b}{}", "x".repeat(5_000));
        let tool = tool(&service(""), told(json!({ "description": hidden }))).unwrap();
        assert!(tool.description.starts_with("abx"));
        assert_eq!(tool.description.chars().count(), LONGEST_DESCRIPTION);
        assert_eq!(tool.input, json!({ "type": "object", "properties": {} }));
    }
}
