//! A tool as its server tells of it, and what of that is believed.

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::super::schema::{Definitions, simple};
use crate::domain::card::{CardTool, McpCall, McpService, ToolAction, Trust};
use crate::domain::hidden;
use crate::domain::tool::Risk;

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 2_000;
/// The most bytes of a schema.
const LARGEST_SCHEMA: usize = 16 * 1024;

/// The tool as one of ours. What of its schema is too much is made flatter: the server has the last word.
pub(super) fn tool(service: &McpService, tool: Tool) -> CardTool {
    let name = tool.name.into_owned();
    let told = Value::Object((*tool.input_schema).clone());
    let definitions = Definitions {
        root: &told,
        old_schemas: false,
    };
    let mut input = simple(definitions, &told, LARGEST_SCHEMA);
    // Models are only offered arguments that have names.
    input["type"] = json!("object");
    if !input["properties"].is_object() {
        input["properties"] = json!({});
    }
    let described = tool.description.as_deref().or(tool.title.as_deref());
    let description = described.unwrap_or(&name);
    let description: String = hidden::without(description)
        .chars()
        .take(LONGEST_DESCRIPTION)
        .collect();
    let risk = risk(service, &name, tool.annotations.as_ref());
    let call = McpCall { tool: name.clone() };
    CardTool::new(name, description, risk, input, ToolAction::Mcp(call))
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
            let risks = [&untrusted, &vouched, &trusted]
                .map(|service| tool(service, told(json!({ "annotations": said }))).risk);
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
    fn what_is_beyond_measure_is_made_less() {
        let deep = (0..100).fold(
            json!({}),
            |inner, _| json!({ "properties": { "a": inner } }),
        );
        let wide = json!({ "properties": { "a": { "enum": ["x".repeat(LARGEST_SCHEMA)] } } });
        for schema in [deep, wide] {
            let input = tool(&service(""), told(json!({ "inputSchema": schema }))).input;
            assert!(input["properties"].is_object(), "{input}");
            assert!(input.to_string().len() <= LARGEST_SCHEMA, "{input}");
        }
        let hidden = format!("a\u{200b}\u{e0041}b\u{1b}{}", "x".repeat(5_000));
        let tool = tool(&service(""), told(json!({ "description": hidden })));
        assert!(tool.description.starts_with("abx"));
        assert_eq!(tool.description.chars().count(), LONGEST_DESCRIPTION);
        assert_eq!(tool.input, json!({ "type": "object", "properties": {} }));
    }

    #[test]
    fn what_a_schema_refers_to_is_put_in_place() {
        let schema = json!({
            "type": "object", "required": ["order"],
            "properties": { "order": { "$ref": "#/$defs/Order" }, "far": { "$ref": "https://evil.example/x" } },
            "$defs": { "Order": { "type": "object", "properties": { "item": { "type": "string", "pattern": "^a" } } } },
        });
        let input = tool(&service(""), told(json!({ "inputSchema": schema }))).input;
        let order = json!({ "type": "object", "properties": { "item": { "type": "string" } } });
        let expected = json!({
            "type": "object", "required": ["order"], "properties": { "order": order, "far": {} },
        });
        assert_eq!(input, expected);
    }
}
