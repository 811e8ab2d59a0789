//! What a document says of a value, as a JSON Schema that a model can read and a call is held to:
//! without references, and not longer than it is worth.

use serde_json::{Map, Value, json};

use super::document::{Document, reference};

/// How deep a schema may go at first; one that gets too long that way is made flatter.
const DEEPEST: usize = 8;
/// The most parts of a schema that are looked at in one go.
const MOST_PARTS: usize = 2_000;
/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 300;
/// The most values of an `enum`.
const MOST_VALUES: usize = 100;

/// The schema within so many bytes; where even its outermost part is longer, anything goes and the
/// service decides.
pub(super) fn simple(document: &Document, schema: &Value, most_bytes: usize) -> Value {
    for depth in (1..=DEEPEST).rev() {
        let mut walk = Walk {
            document,
            parts: MOST_PARTS,
            trail: Vec::new(),
        };
        let simple = walk.schema(schema, depth);
        if walk.parts > 0 && simple.to_string().len() <= most_bytes {
            return simple;
        }
    }
    json!({})
}

/// The same without patterns: not every document's are such that they can be tried in linear time.
pub(super) fn without_patterns(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("pattern").is_some_and(Value::is_string) {
                members.remove("pattern");
            }
            members.values_mut().for_each(without_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(without_patterns),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A text of a document, short and without characters that do things.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let words = words.into_iter().filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

struct Walk<'a> {
    document: &'a Document,
    /// How many more parts may be looked at.
    parts: usize,
    /// The references that led here.
    trail: Vec<String>,
}

impl Walk<'_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Value {
        self.parts = self.parts.saturating_sub(1);
        let members = match schema {
            Value::Object(members) if self.parts > 0 => members,
            Value::Bool(_) => return schema.clone(),
            _ => return json!({}),
        };
        if let Some(reference) = reference(schema) {
            return self.referred(reference, members, depth);
        }
        let mut simple = Map::new();
        self.plain_members(members, &mut simple);
        if depth > 0 {
            self.inner(members, &mut simple, depth - 1);
        }
        if self.document.old_schemas {
            as_json_schema(members, &mut simple);
        }
        simple.into()
    }

    /// What a reference leads to, once: a circle ends where it began.
    fn referred(&mut self, reference: &str, beside: &Map<String, Value>, depth: usize) -> Value {
        let document = self.document;
        let goes_round = self.trail.iter().any(|before| before == reference);
        let Some(there) = document.follow(reference).filter(|_| !goes_round) else {
            return json!({});
        };
        self.trail.push(reference.to_owned());
        let mut simple = self.schema(there, depth);
        self.trail.pop();
        if let (Some(words), Some(simple)) = (beside.get("description"), simple.as_object_mut()) {
            let words = plain(words.as_str().unwrap_or_default(), LONGEST_DESCRIPTION);
            simple.insert("description".to_owned(), words.into());
        }
        simple
    }

    /// What is no schema itself. Examples stay out: people leave keys in them.
    fn plain_members(&self, members: &Map<String, Value>, simple: &mut Map<String, Value>) {
        let is_secret = members
            .get("format")
            .is_some_and(|format| format == "password");
        for (name, value) in members {
            let fits = match name.as_str() {
                "type" => value.is_string() || value.is_array(),
                "format" | "pattern" => value.is_string(),
                "minimum" | "maximum" | "multipleOf" => value.is_number(),
                "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
                "minLength" | "maxLength" | "minItems" | "maxItems" => value.is_u64(),
                "minProperties" | "maxProperties" => value.is_u64(),
                "uniqueItems" => value.is_boolean(),
                "const" => true,
                "default" => !is_secret,
                "enum" => value
                    .as_array()
                    .is_some_and(|values| values.len() <= MOST_VALUES),
                "required" => value
                    .as_array()
                    .is_some_and(|names| names.iter().all(Value::is_string)),
                "description" => {
                    let words = plain(value.as_str().unwrap_or_default(), LONGEST_DESCRIPTION);
                    if !words.is_empty() {
                        simple.insert(name.clone(), words.into());
                    }
                    false
                }
                _ => false,
            };
            if fits {
                simple.insert(name.clone(), value.clone());
            }
        }
    }

    /// The schemas within.
    fn inner(
        &mut self,
        members: &Map<String, Value>,
        simple: &mut Map<String, Value>,
        depth: usize,
    ) {
        for (name, value) in members {
            let inner = match (name.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    self.properties(properties, simple, depth)
                }
                ("items" | "additionalProperties", Value::Object(_) | Value::Bool(_)) => {
                    self.schema(value, depth)
                }
                ("anyOf" | "oneOf" | "allOf", Value::Array(choices)) if !choices.is_empty() => {
                    let choices = choices.iter().map(|choice| self.schema(choice, depth));
                    choices.collect()
                }
                _ => continue,
            };
            simple.insert(name.clone(), inner);
        }
        // A single part is how 3.0 says something beside a reference.
        if let Some([Value::Object(only)]) = simple
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            let only = only.clone();
            simple.remove("allOf");
            for (name, value) in only {
                simple.entry(name).or_insert(value);
            }
        }
    }

    /// What may be sent: what only the service fills in is left out.
    fn properties(
        &mut self,
        properties: &Map<String, Value>,
        simple: &mut Map<String, Value>,
        depth: usize,
    ) -> Value {
        let mut kept = Map::new();
        for (name, schema) in properties {
            let filled_by_service = |schema: &Value| schema["readOnly"] == true;
            if self.document.resolve(schema).is_some_and(filled_by_service) {
                if let Some(Value::Array(required)) = simple.get_mut("required") {
                    required.retain(|needed| needed != name);
                }
                continue;
            }
            if self.parts == 0 {
                break;
            }
            kept.insert(name.clone(), self.schema(schema, depth));
        }
        kept.into()
    }
}

/// What OpenAPI 3.0 says in a way of its own.
fn as_json_schema(members: &Map<String, Value>, simple: &mut Map<String, Value>) {
    for (bound, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if members.get(exclusive) == Some(&Value::Bool(true))
            && let Some(value) = simple.remove(bound)
        {
            simple.insert(exclusive.to_owned(), value);
        }
    }
    if members.get("nullable") == Some(&Value::Bool(true)) {
        if let Some(Value::String(kind)) = simple.get("type").cloned() {
            simple.insert("type".to_owned(), json!([kind, "null"]));
        }
        if let Some(Value::Array(values)) = simple.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(version: &str, schemas: Value) -> Document {
        let text = json!({ "openapi": version, "components": { "schemas": schemas } });
        let url = "https://api.example.com/openapi.json".parse().unwrap();
        Document::read(url, &text.to_string()).unwrap()
    }

    fn check(document: &Document, schema: Value, expected: Value) {
        assert_eq!(simple(document, &schema, 2_000), expected, "{schema}");
    }

    #[test]
    fn references_are_put_in_place_and_what_is_no_help_is_left_out() {
        let document = document(
            "3.1.0",
            json!({
                "State": { "type": "string", "enum": ["new", "paid"], "title": "State", "example": "sk_live_1" },
                "Order": { "type": "object", "required": ["id", "state"], "properties": {
                    "id": { "type": "integer", "readOnly": true },
                    "state": { "$ref": "#/components/schemas/State", "description": "How\nfar\u{7} it is." },
                    "key": { "type": "string", "format": "password", "default": "hunter2", "examples": ["x"] },
                } },
            }),
        );
        check(
            &document,
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/Order" } }),
            json!({ "type": "array", "items": { "type": "object", "required": ["state"], "properties": {
                "state": { "type": "string", "enum": ["new", "paid"], "description": "How far it is." },
                "key": { "type": "string", "format": "password" },
            } } }),
        );
        for elsewhere in [
            "https://evil.example/x.json#/A",
            "other.yaml",
            "#/nowhere",
            "",
        ] {
            check(&document, json!({ "$ref": elsewhere }), json!({}));
        }
        check(&document, json!(7), json!({}));
        let wrong =
            json!({ "type": 7, "minLength": "a", "required": [1], "items": [], "enum": "a" });
        check(&document, wrong, json!({}));
    }

    #[test]
    fn circles_end_and_long_schemas_become_flat() {
        let document = document(
            "3.1.0",
            json!({
                "Node": { "type": "object", "properties": {
                    "next": { "$ref": "#/components/schemas/Node" },
                    "all": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
                } },
                "Self": { "$ref": "#/components/schemas/Self" },
                "Wide": { "type": "object", "properties":
                    (0..50).map(|n| (format!("p{n}"), json!({ "$ref": "#/components/schemas/Deep" }))).collect::<Map<_, _>>() },
                "Deep": { "type": "object", "properties":
                    (0..50).map(|n| (format!("q{n}"), json!({ "$ref": "#/components/schemas/Wide" }))).collect::<Map<_, _>>() },
            }),
        );
        let node = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        check(
            &document,
            node("Node"),
            json!({ "type": "object", "properties": { "next": {}, "all": { "type": "array", "items": {} } } }),
        );
        check(&document, node("Self"), json!({}));
        assert!(document.resolve(&node("Self")).is_none());
        let wide = simple(&document, &node("Wide"), 3_000);
        assert_eq!(wide["properties"]["p49"], json!({ "type": "object" }));
        assert_eq!(simple(&document, &node("Wide"), 100), json!({}));
    }

    #[test]
    fn what_version_3_0_says_in_its_own_way_becomes_json_schema() {
        let old = document("3.0.3", json!({ "Name": { "type": "string" } }));
        check(
            &old,
            json!({ "type": "integer", "minimum": 0, "exclusiveMinimum": true, "nullable": true }),
            json!({ "type": ["integer", "null"], "exclusiveMinimum": 0 }),
        );
        check(
            &old,
            json!({ "nullable": true, "allOf": [{ "$ref": "#/components/schemas/Name" }] }),
            json!({ "type": ["string", "null"] }),
        );
    }
}
