//! What a service says of a value, as a JSON Schema that a model can read and a call is held to: without references,
//! and not longer than it is worth. Whoever wrote it may mean harm: what it costs here has a bound.

use serde_json::{Map, Value, json};

use crate::domain::hidden;

/// How deep a schema may go at first; one that gets too long that way is made flatter.
const DEEPEST: usize = 8;
/// The most parts of a schema that are looked at in one go.
const MOST_PARTS: usize = 2_000;
/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 300;
/// The most values of an `enum`.
const MOST_VALUES: usize = 100;

/// How many references lead to one another before it is a game.
const LONGEST_CHAIN: usize = 10;
/// What may be copied for a schema, as many times as long as it may be.
const MOST_COPIED: usize = 4;

/// Where the parts of a schema are that it refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definitions<'a> {
    /// The whole that references begin at.
    pub root: &'a Value,
    /// Whether schemas are those of OpenAPI 3.0, and not plain JSON Schema.
    pub old_schemas: bool,
}

impl<'a> Definitions<'a> {
    /// The value itself, or what it refers to within the whole. `None` for what refers to nothing, to another
    /// document, or in circles: nothing is fetched.
    pub fn resolve(self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..LONGEST_CHAIN {
            match reference(value) {
                None => return Some(value),
                Some(reference) => value = self.follow(reference)?,
            }
        }
        None
    }

    /// What a reference within the whole leads to.
    fn follow(self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        let pointer = percent_encoding::percent_decode_str(pointer);
        self.root.pointer(&pointer.decode_utf8().ok()?)
    }
}

/// Where a value says it is to be found.
fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// The schema within so many bytes; where even its outermost part is longer, anything goes and the
/// service decides.
pub(super) fn simple(definitions: Definitions<'_>, schema: &Value, most_bytes: usize) -> Value {
    for depth in (1..=DEEPEST).rev() {
        let mut walk = Walk {
            definitions,
            parts: MOST_PARTS,
            bytes: most_bytes.saturating_mul(MOST_COPIED),
            trail: Vec::new(),
        };
        let mut simple = walk.schema(schema, depth);
        if walk.parts > 0 && simple.to_string().len() <= most_bytes {
            without_patterns(&mut simple);
            return simple;
        }
    }
    json!({})
}

/// The same without patterns: a short one may take much to be made ready.
fn without_patterns(schema: &mut Value) {
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

/// A text of a service, short and without characters that do things.
pub(super) fn plain(text: &str, longest: usize) -> String {
    // Of what is much too long only the beginning is looked at.
    let text = &text[..text.floor_char_boundary(longest.saturating_mul(8))];
    let text = hidden::without(text);
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
    definitions: Definitions<'a>,
    /// How many more parts may be looked at.
    parts: usize,
    /// How many more bytes may be copied.
    bytes: usize,
    /// The references that led here.
    trail: Vec<String>,
}

impl Walk<'_> {
    /// Whether there is room to copy a value; without it the walk ends.
    fn afford(&mut self, value: &Value) -> bool {
        let affordable = spend(&mut self.bytes, value);
        if !affordable {
            self.parts = 0;
        }
        affordable
    }

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
        if self.definitions.old_schemas {
            as_json_schema(members, &mut simple);
        }
        simple.into()
    }

    /// What a reference leads to, once: a circle ends where it began.
    fn referred(&mut self, reference: &str, beside: &Map<String, Value>, depth: usize) -> Value {
        let definitions = self.definitions;
        let goes_round = self.trail.iter().any(|before| before == reference);
        let Some(there) = definitions.follow(reference).filter(|_| !goes_round) else {
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
    fn plain_members(&mut self, members: &Map<String, Value>, simple: &mut Map<String, Value>) {
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
            if fits && self.afford(value) && !holds_nul(value) {
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
            if self
                .definitions
                .resolve(schema)
                .is_some_and(filled_by_service)
            {
                if let Some(Value::Array(required)) = simple.get_mut("required") {
                    required.retain(|needed| needed != name);
                }
                continue;
            }
            if name.contains(hidden::is_hidden) {
                continue;
            }
            if self.parts == 0 || !self.afford(&Value::Null) {
                break;
            }
            self.bytes = self.bytes.saturating_sub(name.len());
            kept.insert(name.clone(), self.schema(schema, depth));
        }
        kept.into()
    }
}

/// Whether a text in it holds what PostgreSQL cannot keep.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes what a value weighs from what is left, and says whether that was enough; it looks at no more than that.
fn spend(left: &mut usize, value: &Value) -> bool {
    const LEAST: usize = 8;
    let own = match value {
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => 0,
    };
    match left.checked_sub(own + LEAST) {
        Some(rest) => *left = rest,
        None => return false,
    }
    match value {
        Value::Array(items) => items.iter().all(|item| spend(left, item)),
        Value::Object(members) => members.iter().all(|(name, value)| {
            *left = left.saturating_sub(name.len());
            spend(left, value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
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

    struct Document(Value, bool);

    fn document(version: &str, schemas: Value) -> Document {
        let root = json!({ "components": { "schemas": schemas } });
        Document(root, version.starts_with("3.0"))
    }

    impl Document {
        fn definitions(&self) -> Definitions<'_> {
            Definitions {
                root: &self.0,
                old_schemas: self.1,
            }
        }
    }

    fn simply(document: &Document, schema: &Value, most: usize) -> Value {
        simple(document.definitions(), schema, most)
    }

    fn check(document: &Document, schema: Value, expected: Value) {
        assert_eq!(simply(document, &schema, 2_000), expected, "{schema}");
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
        assert!(document.definitions().resolve(&node("Self")).is_none());
        let wide = simply(&document, &node("Wide"), 3_000);
        assert_eq!(wide["properties"]["p49"], json!({ "type": "object" }));
        assert_eq!(simply(&document, &node("Wide"), 100), json!({}));
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

    #[test]
    fn what_it_costs_has_a_bound_whoever_wrote_it() {
        let began = std::time::Instant::now();
        // Each refers twice to the next: evaluated as it stands, 2^40 branches.
        let doubling: Map<String, Value> = (0..40)
            .map(|n| {
                let next = json!({ "$ref": format!("#/components/schemas/a{}", n + 1) });
                (format!("a{n}"), json!({ "allOf": [next, next] }))
            })
            .collect();
        let doubled = document("3.1.0", doubling.into());
        let at = json!({ "type": "object", "properties": { "q": { "$ref": "#/components/schemas/a0" } } });
        assert!(simply(&doubled, &at, 4_000).to_string().len() <= 4_000);
        // A thousand properties that are each a megabyte.
        let long = document(
            "3.1.0",
            json!({ "Long": { "const": "x".repeat(1_000_000), "description": "y ".repeat(500_000) } }),
        );
        let properties = (0..1_000).map(|n| {
            (
                format!("p{n}"),
                json!({ "$ref": "#/components/schemas/Long" }),
            )
        });
        let wide = json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() });
        assert!(simply(&long, &wide, 4_000).to_string().len() <= 4_000);
        let pattern = json!({ "type": "string", "pattern": "[^a]{10000}", "minLength": 1 });
        check(&long, pattern, json!({ "type": "string", "minLength": 1 }));
        // Seconds at most, where it were minutes and gigabytes.
        assert!(
            began.elapsed() < std::time::Duration::from_secs(20),
            "{:?}",
            began.elapsed()
        );
    }
}
