//! What makes a card a good one, beyond what its types say.

use std::collections::BTreeSet;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use super::parse::SCHEMA;
use super::template::Templates;
use crate::domain::card::{
    Card, CardTool, HttpMethod, HttpRequest, HttpService, Service, ToolAction,
};
use crate::domain::tool::Risk;

/// The part of a card that a finding is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Card,
    Field(usize),
    Tool(usize),
}

/// Something that is wrong with a card.
#[derive(Debug)]
pub(super) struct Finding {
    pub place: Place,
    pub reason: String,
}

/// Compiles the schema of a tool's arguments. Patterns run in linear time, and nothing is fetched.
pub fn argument_validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| error.to_string())
}

/// Holds the file to `card.schema.json`.
pub(super) fn against_schema(document: &Value) -> Vec<Finding> {
    let schema = serde_json::from_str(SCHEMA).map_err(|error| error.to_string());
    let validator = match schema.and_then(|schema| argument_validator(&schema)) {
        Ok(validator) => validator,
        Err(reason) => return vec![finding(Place::Card, format!("card.schema.json: {reason}"))],
    };
    validator
        .iter_errors(document)
        .map(|error| {
            let path = error.instance_path().to_string();
            let mut parts = path.split('/').skip(1);
            let place = match (parts.next(), parts.next().and_then(|i| i.parse().ok())) {
                (Some("fields"), Some(index)) => Place::Field(index),
                (Some("tools"), Some(index)) => Place::Tool(index),
                _ => Place::Card,
            };
            finding(place, format!("{path}: {error}"))
        })
        .collect()
}

/// Checks what a schema cannot say.
pub(super) fn check(card: &Card) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for (index, field) in card.fields.iter().enumerate() {
        if !names.insert(&field.name) {
            let reason = format!("the field `{}` is there twice", field.name);
            found.push(finding(Place::Field(index), reason));
        }
        if field.secret && field.default.is_some() {
            let reason = format!("the field `{}` is secret, so it has no default", field.name);
            found.push(finding(Place::Field(index), reason));
        }
    }
    let scope = Scope::of(card);
    if let Service::Http(service) = &card.service {
        let reasons = scope.check_service(service);
        found.extend(reasons.into_iter().map(|r| finding(Place::Card, r)));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in card.tools.iter().enumerate() {
        let mut reasons = scope.check_tool(card, tool);
        if !names.insert(&tool.name) {
            reasons.push(format!("the tool `{}` is there twice", tool.name));
        }
        found.extend(reasons.into_iter().map(|r| finding(Place::Tool(index), r)));
    }
    found
}

/// The names that templates may use, and values to try them with.
struct Scope {
    templates: Templates,
    open: Map<String, Value>,
    secret: Map<String, Value>,
}

impl Scope {
    fn of(card: &Card) -> Self {
        let samples = |secret: bool| {
            let fields = card.fields.iter().filter(|field| field.secret == secret);
            fields
                .map(|field| (field.name.clone(), json!("sample")))
                .collect()
        };
        Self {
            templates: Templates::new(),
            open: samples(false),
            secret: samples(true),
        }
    }

    fn check_service(&self, service: &HttpService) -> Vec<String> {
        let mut reasons = Vec::new();
        if !service.base_url.starts_with("https://") && !service.base_url.starts_with("{{") {
            reasons.push("`base_url` begins with `https://` or is a field".to_owned());
        }
        reasons.extend(self.check_text("base_url", &service.base_url, &self.open));
        let mut all = self.open.clone();
        all.extend(self.secret.clone());
        for (name, value) in &service.headers {
            reasons.extend(self.check_text(&format!("header {name}"), value, &all));
        }
        reasons.extend(self.check_request(&service.health, &self.open));
        reasons
    }

    fn check_tool(&self, card: &Card, tool: &CardTool) -> Vec<String> {
        let mut reasons = check_input(tool);
        let properties = tool.input["properties"].as_object();
        let mut names = self.open.clone();
        for (name, schema) in properties.into_iter().flatten() {
            if names.insert(name.clone(), sample(schema)).is_some()
                || self.secret.contains_key(name)
            {
                reasons.push(format!("`{name}` is both a field and an argument"));
            }
        }
        match (&card.service, &tool.run) {
            (Service::Sql(_), ToolAction::Sql(_)) => {}
            (Service::Http(_), ToolAction::Http(request)) => {
                if request.method == HttpMethod::Delete && tool.risk != Risk::Destructive {
                    reasons.push("a tool that uses DELETE has `risk: destructive`".to_owned());
                }
                reasons.extend(self.check_request(request, &names));
            }
            (Service::Sql(_), ToolAction::Http(_)) => {
                reasons.push("an http tool needs an http service".to_owned());
            }
            (Service::Http(_), ToolAction::Sql(_)) => {
                reasons.push("an sql tool needs an sql service".to_owned());
            }
        }
        reasons
    }

    fn check_request(&self, request: &HttpRequest, names: &Map<String, Value>) -> Vec<String> {
        let mut reasons = Vec::new();
        reasons.extend(self.check_text("path", &request.path, names));
        for (name, value) in &request.query {
            reasons.extend(self.check_text(&format!("query {name}"), value, names));
        }
        let mut texts = Vec::new();
        collect_texts(request.body.as_ref(), &mut texts);
        for text in texts {
            reasons.extend(self.check_text("body", text, names));
        }
        if let Some(keep) = &request.keep {
            let unknown = keep
                .base64
                .iter()
                .find(|name| !keep.fields.contains_key(*name));
            reasons.extend(
                unknown.map(|name| format!("`keep.base64` names `{name}`, which is not kept")),
            );
        }
        reasons
    }

    /// What is wrong with one template: it does not compile, uses names it may not, or fails.
    fn check_text(&self, what: &str, text: &str, names: &Map<String, Value>) -> Option<String> {
        let used = match self.templates.variables(text) {
            Ok(used) => used,
            Err(error) => return Some(format!("{what}: {error}")),
        };
        if let Some(name) = used.iter().find(|name| !names.contains_key(*name)) {
            return Some(if self.secret.contains_key(name) {
                format!("{what}: `{name}` is secret, and secrets only go into headers")
            } else {
                format!("{what}: there is no field or argument `{name}`")
            });
        }
        let tried = match what {
            "path" => self.templates.path(text, names),
            _ => self.templates.text(text, names),
        };
        tried.err().map(|error| format!("{what}: {error}"))
    }
}

fn check_input(tool: &CardTool) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Err(reason) = argument_validator(&tool.input) {
        reasons.push(format!("`input` is not a JSON Schema: {reason}"));
        return reasons;
    }
    for (name, schema) in tool.input["properties"].as_object().into_iter().flatten() {
        let Some(default) = schema.get("default") else {
            continue;
        };
        if argument_validator(schema).is_ok_and(|validator| !validator.is_valid(default)) {
            reasons.push(format!(
                "the default of `{name}` does not fit its own schema"
            ));
        }
    }
    reasons
}

/// A value that the schema would accept, more or less: enough to try a template with.
fn sample(schema: &Value) -> Value {
    if let Some(value) = schema.get("default").or_else(|| schema["enum"].get(0)) {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("sample"),
    }
}

fn collect_texts<'a>(value: Option<&'a Value>, texts: &mut Vec<&'a str>) {
    match value {
        Some(Value::String(text)) => texts.push(text),
        Some(Value::Array(items)) => {
            for item in items {
                collect_texts(Some(item), texts);
            }
        }
        Some(Value::Object(members)) => {
            for member in members.values() {
                collect_texts(Some(member), texts);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
    }
}

fn finding(place: Place, reason: String) -> Finding {
    Finding { place, reason }
}
