//! What makes a card a good one, beyond what its types say.

mod addresses;
mod services;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use super::parse::SCHEMA;
use super::template::Templates;
use crate::domain::card::{
    Card, CardTool, Field, GraphqlAction, HttpMethod, SqlEngine, SqlService, ToolAction,
};
use crate::domain::tool::Risk;

/// For how long an answer may be kept, in seconds.
const LONGEST_CACHE: u64 = 3_600;
/// The most bytes that a pattern may take once it is made ready: a short one may ask for gigabytes.
const LARGEST_PATTERN: usize = 64 * 1024;

/// Something that is wrong with a card.
#[derive(Debug)]
pub(super) struct Finding {
    /// JSON pointer to the part that is wrong.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Compiles the schema of a tool's arguments. Patterns run in linear time, and nothing is fetched.
pub fn argument_validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex().size_limit(LARGEST_PATTERN))
        .build(schema)
        .map_err(|error| error.to_string())
}

/// Holds the file to `card.schema.json`.
pub(super) fn against_schema(document: &Value) -> Vec<Finding> {
    static COMPILED: LazyLock<Result<Validator, String>> = LazyLock::new(|| {
        let schema = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
        argument_validator(&schema)
    });
    let validator = match &*COMPILED {
        Ok(validator) => validator,
        Err(reason) => return vec![finding("", format!("card.schema.json: {reason}"))],
    };
    let errors = validator.iter_errors(document);
    errors
        .map(|error| {
            let pointer = error.instance_path().to_string();
            let name = pointer.rsplit('/').next().unwrap_or_default();
            finding(&pointer, format!("{name}: {error}"))
        })
        .collect()
}

/// Checks what a schema cannot say.
pub(super) fn check(card: &Card) -> Vec<Finding> {
    let mut found = check_fields(&card.fields);
    let scope = Scope::of(card);
    scope.check_services(card, &mut found);
    if let Some(service) = &card.service.sql {
        found.extend(check_database(card, service));
    }
    if let Some(service) = &card.service.redis {
        found.extend(check_address(
            card,
            service.field(),
            true,
            "/service/redis/url",
        ));
    }
    if card.tools.is_empty() && !card.service.tells() {
        found.push(finding(
            "/tools",
            "there is no tool, and no service that tells of its own",
        ));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in card.tools.iter().enumerate() {
        let at = format!("/tools/{index}");
        if !names.insert(&tool.name) {
            let reason = format!("the tool `{}` is there twice", tool.name);
            found.push(finding(format!("{at}/name"), reason));
        }
        check_input(&at, tool, &mut found);
        scope.check_tool(&at, card, tool, &mut found);
    }
    found
}

fn check_fields(fields: &[Field]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for (index, field) in fields.iter().enumerate() {
        if !names.insert(&field.name) {
            let reason = format!("the field `{}` is there twice", field.name);
            found.push(finding(format!("/fields/{index}/name"), reason));
        }
        if field.secret && field.default.is_some() {
            let reason = "a secret field has no default";
            found.push(finding(format!("/fields/{index}/default"), reason));
        }
    }
    found
}

/// The field that says where the database is must be there, and of the right kind.
fn check_database(card: &Card, service: &SqlService) -> Option<Finding> {
    match service.engine {
        SqlEngine::Postgres => check_address(card, service.field(), true, "/service/sql/url"),
        SqlEngine::Sqlite => check_address(card, service.field(), false, "/service/sql/file"),
    }
}

fn check_address(card: &Card, name: &str, secret: bool, at: &str) -> Option<Finding> {
    let reason = match card.fields.iter().find(|field| field.name == name) {
        None => format!("there is no field `{name}` that says where the database is"),
        Some(field) if field.secret && !secret => {
            format!("`{name}` names a file, which is no secret")
        }
        Some(field) if !field.secret && secret => {
            format!("`{name}` holds a password, so it is `secret: true`")
        }
        Some(_) => return None,
    };
    Some(finding(at, reason))
}

/// What may be given again, and what may be sent again.
fn check_promises(at: &str, card: &Card, tool: &CardTool, found: &mut Vec<Finding>) {
    if !tool.tests.is_empty() && !matches!(tool.run, ToolAction::Http(_) | ToolAction::Graphql(_)) {
        let reason = "only a request can be tested without its service";
        found.push(finding(format!("{at}/tests"), reason));
    }
    if let Some(cache) = tool.cache {
        let reason = match tool.risk {
            Risk::Read if (1..=LONGEST_CACHE).contains(&cache.as_secs()) => None,
            Risk::Read => Some("an answer is kept for a second at least and an hour at most"),
            Risk::Write | Risk::Destructive => Some("only what reads may be answered from memory"),
        };
        found.extend(reason.map(|reason| finding(format!("{at}/cache"), reason)));
    }
    if let Some(header) = &tool.idempotency {
        let at = format!("{at}/idempotency");
        let changes =
            matches!(&tool.run, ToolAction::Http(request) if request.method != HttpMethod::Get);
        if !changes {
            found.push(finding(
                &at,
                "only an HTTP request that changes something has this",
            ));
        }
        let http = card.service.http.as_ref();
        if http.and_then(|service| service.auth.header()) == Some(header.to_lowercase()) {
            found.push(finding(
                &at,
                format!("`auth` fills the header `{header}` already"),
            ));
        }
    }
}

fn check_input(at: &str, tool: &CardTool, found: &mut Vec<Finding>) {
    let output = tool.output.iter().map(|schema| ("output", schema));
    let mut good = true;
    for (name, schema) in output.chain([("input", &tool.input)]) {
        if let Err(reason) = argument_validator(schema) {
            let reason = format!("this is not a JSON Schema: {reason}");
            found.push(finding(format!("{at}/{name}"), reason));
            good = false;
        }
    }
    if !good {
        return;
    }
    for (name, schema) in properties(tool) {
        let fits = |default| argument_validator(schema).is_ok_and(|v| v.is_valid(default));
        if schema.get("default").is_some_and(|default| !fits(default)) {
            let pointer = format!("{at}/input/properties/{name}/default");
            let reason = format!("the default of `{name}` does not fit its own schema");
            found.push(finding(pointer, reason));
        }
    }
}

fn properties(tool: &CardTool) -> impl Iterator<Item = (&String, &Value)> {
    tool.input["properties"].as_object().into_iter().flatten()
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

    fn check_tool(&self, at: &str, card: &Card, tool: &CardTool, found: &mut Vec<Finding>) {
        let mut names = self.open.clone();
        for (name, schema) in properties(tool) {
            let taken = names.insert(name.clone(), sample(schema)).is_some();
            if taken || self.secret.contains_key(name) {
                let pointer = format!("{at}/input/properties/{name}");
                let reason = format!("`{name}` is both a field and an argument");
                found.push(finding(pointer, reason));
            }
        }
        check_promises(at, card, tool, found);
        let kind = tool.run.kind();
        if !card.service.kinds().any(|there| there == kind) {
            let kind = kind.as_str();
            let reason = format!("the card has no `{kind}` service for this");
            found.push(finding(format!("{at}/run"), reason));
            return;
        }
        match &tool.run {
            ToolAction::Graphql(action) => {
                let risk = match action {
                    GraphqlAction::Schema | GraphqlAction::Query => Risk::Read,
                    GraphqlAction::Mutate => Risk::Write,
                    GraphqlAction::Send(sent) => {
                        self.check_document(&format!("{at}/run/graphql/send"), sent, &names, found)
                    }
                };
                if tool.risk < risk {
                    let reason = "a tool that runs a mutation has `risk: write` or `destructive`";
                    found.push(finding(format!("{at}/risk"), reason));
                }
            }
            ToolAction::Mcp(_) => {
                let reason = "tools of an MCP server come from the server alone";
                found.push(finding(format!("{at}/run"), reason));
            }
            ToolAction::Openapi(_) => {
                let reason = "operations come from the document alone";
                found.push(finding(format!("{at}/run"), reason));
            }
            ToolAction::Sql(operation) => {
                if tool.risk < operation.risk() {
                    let reason = match operation.risk() {
                        Risk::Destructive => "a tool that deletes rows has `risk: destructive`",
                        Risk::Read | Risk::Write => "a tool that changes rows has `risk: write`",
                    };
                    found.push(finding(format!("{at}/risk"), reason));
                }
            }
            ToolAction::Redis(operation) => {
                if tool.risk < operation.risk() {
                    let reason = match operation.risk() {
                        Risk::Destructive => "a tool that deletes keys has `risk: destructive`",
                        Risk::Read | Risk::Write => "a tool that changes keys has `risk: write`",
                    };
                    found.push(finding(format!("{at}/risk"), reason));
                }
            }
            ToolAction::Http(request) => {
                if request.method == HttpMethod::Delete && tool.risk != Risk::Destructive {
                    let reason = "a tool that uses DELETE has `risk: destructive`";
                    found.push(finding(format!("{at}/risk"), reason));
                }
                if let Some(service) = &card.service.http {
                    let at = format!("{at}/run/http");
                    self.check_request(&at, service, request, &names, found);
                }
            }
        }
    }

    /// What is wrong with one template: it does not compile, uses names it may not, or fails.
    fn check_text(
        &self,
        pointer: String,
        text: &str,
        names: &Map<String, Value>,
    ) -> Option<Finding> {
        let in_words = |error: minijinja::Error| match error.detail() {
            Some(detail) => detail.to_owned(),
            None => error.kind().to_string(),
        };
        let used = match self.templates.variables(text) {
            Ok(used) => used,
            Err(error) => return Some(finding(pointer, in_words(error))),
        };
        if let Some(name) = used.iter().find(|name| !names.contains_key(*name)) {
            let reason = match self.secret.contains_key(name) {
                true => {
                    format!("`{name}` is secret, and secrets only go into `auth` and `headers`")
                }
                false => format!("there is no field or argument `{name}`"),
            };
            return Some(finding(pointer, reason));
        }
        let tried = match pointer.rsplit('/').next() {
            Some("path") => self.templates.path(text, names),
            Some("at") => self.templates.pointer(text, names),
            _ => self.templates.text(text, names),
        };
        tried.err().map(|error| finding(pointer, in_words(error)))
    }
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

fn collect_texts<'a>(at: String, value: Option<&'a Value>, texts: &mut Vec<(String, &'a str)>) {
    match value {
        Some(Value::String(text)) => texts.push((at, text)),
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                collect_texts(format!("{at}/{index}"), Some(item), texts);
            }
        }
        Some(Value::Object(members)) => {
            for (name, member) in members {
                collect_texts(format!("{at}/{name}"), Some(member), texts);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
    }
}

fn finding(pointer: impl Into<String>, reason: impl Into<String>) -> Finding {
    Finding {
        pointer: pointer.into(),
        reason: reason.into(),
    }
}
