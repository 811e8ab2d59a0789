//! A GraphQL schema in few words: what can be asked, and the fields of one type.

use serde_json::Value;

use crate::domain::card::Card;
use crate::error::{Error, Kind, Result, quotable};

/// The most lines of an overview that have all of a field, and the most names.
const MOST_FIELDS: usize = 60;
const MOST_NAMES: usize = 300;
/// The most members of one type, and characters of a comment.
const MOST_MEMBERS: usize = 300;
const LONGEST_COMMENT: usize = 120;

/// The two roots with their fields, and the names of all types.
pub(super) const ROOTS: &str = "query Overview {
  __schema {
    queryType { ...Root }
    mutationType { ...Root }
    types { kind name }
  }
}
fragment Root on __Type {
  name
  fields { name args { name type { ...Ref } } type { ...Ref } }
}
fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// One type with its members.
pub(super) const TYPE: &str = "query OneType($name: String!) {
  __type(name: $name) {
    kind name description
    fields {
      name description type { ...Ref }
      args { name type { ...Ref } defaultValue }
    }
    inputFields { name description type { ...Ref } defaultValue }
    interfaces { name }
    enumValues { name description }
    possibleTypes { name }
  }
}
fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// A server that does not tell its schema says so in many ways; this says it in one.
pub(super) fn why_not(card: &Card, error: Error) -> Error {
    let said = error.message().to_string();
    let about_it = ["ntrospection", "__schema", "__type"];
    let refused = matches!(
        error.kind(),
        Kind::Invalid | Kind::Forbidden | Kind::Upstream
    );
    if !refused || !about_it.iter().any(|word| said.contains(word)) {
        return error;
    }
    let title = &card.title;
    Error::new(
        Kind::Forbidden,
        format!("{title} does not tell its schema: introspection is switched off there."),
    )
    .hint("Ask for what its documentation names, or ask the person for the fields.")
}

/// What can be asked and changed, and which types there are; only what has `word` in its name, if there
/// is one.
pub(super) fn overview(data: &Value, word: Option<&str>) -> String {
    let schema = &data["__schema"];
    let word = word.map(str::to_lowercase);
    let has_word = |name: &str| {
        word.as_ref()
            .is_none_or(|word| name.to_lowercase().contains(word))
    };
    let mut parts = Vec::new();
    for (title, root) in [
        ("Queries", &schema["queryType"]),
        ("Mutations", &schema["mutationType"]),
    ] {
        let fields = root["fields"].as_array().into_iter().flatten();
        let fields: Vec<&Value> = fields.filter(|field| has_word(name(field))).collect();
        if fields.is_empty() {
            continue;
        }
        let lines: Vec<String> = fields
            .iter()
            .take(MOST_FIELDS)
            .map(|f| signature(f))
            .collect();
        let more = match fields.len().saturating_sub(MOST_FIELDS) {
            0 => String::new(),
            more => format!("\n  … and {more} more: use `search`"),
        };
        parts.push(format!("{title}:\n  {}{more}", lines.join("\n  ")));
    }
    let types = schema["types"].as_array().into_iter().flatten();
    let roots = ["queryType", "mutationType"].map(|root| name(&schema[root]).to_owned());
    let types: Vec<&str> = types
        .map(name)
        .filter(|name| !name.starts_with("__") && !BUILT_IN.contains(name))
        .filter(|name| !roots.iter().any(|root| root == name) && has_word(name))
        .collect();
    if !types.is_empty() {
        let more = match types.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(", … and {more} more: use `search`"),
        };
        let names = types[..types.len().min(MOST_NAMES)].join(", ");
        parts.push(format!("Types: {names}{more}"));
    }
    if parts.is_empty() {
        return "Nothing in the schema has that in its name. Try another word, or none.".to_owned();
    }
    parts.push("Ask again with `type` for the fields of a type.".to_owned());
    parts.join("\n\n")
}

/// One type as the schema language writes it.
pub(super) fn of_type(data: &Value, asked: &str) -> Result<String> {
    let found = &data["__type"];
    if found.is_null() {
        let asked = quotable(asked);
        return Err(
            Error::new(Kind::NotFound, format!("There is no type `{asked}`."))
                .hint("Ask with `search`, or without arguments, for the names there are."),
        );
    }
    let keyword = match found["kind"].as_str().unwrap_or_default() {
        "INPUT_OBJECT" => "input",
        "INTERFACE" => "interface",
        "ENUM" => "enum",
        "UNION" => "union",
        "SCALAR" => "scalar",
        _ => "type",
    };
    let names = |key: &str, between: &str| {
        let all = found[key].as_array().into_iter().flatten();
        all.map(name)
            .take(MOST_MEMBERS)
            .collect::<Vec<_>>()
            .join(between)
    };
    let mut head = format!("{keyword} {}", name(found));
    if keyword == "union" {
        head += &format!(" = {}", names("possibleTypes", " | "));
    } else if !names("interfaces", "").is_empty() {
        head += &format!(" implements {}", names("interfaces", " & "));
    }
    let mut lines: Vec<String> = comment(found).into_iter().chain([head]).collect();
    let members = ["fields", "inputFields", "enumValues"].map(|key| found[key].as_array());
    let members: Vec<&Value> = members.into_iter().flatten().flatten().collect();
    if !members.is_empty() {
        lines
            .last_mut()
            .into_iter()
            .for_each(|head| head.push_str(" {"));
        for member in members.iter().take(MOST_MEMBERS) {
            lines.extend(comment(member).map(|comment| format!("  {comment}")));
            lines.push(format!("  {}", signature(member)));
        }
        if members.len() > MOST_MEMBERS {
            lines.push(format!("  # … and {} more", members.len() - MOST_MEMBERS));
        }
        lines.push("}".to_owned());
    }
    if keyword == "interface" {
        lines.push(format!("# implemented by {}", names("possibleTypes", ", ")));
    }
    Ok(lines.join("\n"))
}

const BUILT_IN: [&str; 5] = ["String", "Int", "Float", "Boolean", "ID"];

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

/// `orders(first: Int = 10): [Order!]!`, or a bare name.
fn signature(field: &Value) -> String {
    let mut line = name(field).to_owned();
    let arguments = field["args"].as_array().into_iter().flatten();
    let arguments: Vec<String> = arguments.map(signature).collect();
    if !arguments.is_empty() {
        line += &format!("({})", arguments.join(", "));
    }
    if !field["type"].is_null() {
        line += &format!(": {}", type_of(&field["type"], 0));
    }
    if let Some(usual) = field["defaultValue"].as_str() {
        line += &format!(" = {usual}");
    }
    line
}

/// A type as it is written: `[Order!]!`.
fn type_of(value: &Value, depth: usize) -> String {
    let inner = || type_of(&value["ofType"], depth + 1);
    match value["kind"].as_str() {
        _ if depth > 8 => "…".to_owned(),
        Some("NON_NULL") => format!("{}!", inner()),
        Some("LIST") => format!("[{}]", inner()),
        _ => match name(value) {
            "" => "…".to_owned(),
            name => name.to_owned(),
        },
    }
}

/// The first line of a description, as a comment.
fn comment(value: &Value) -> Option<String> {
    let words = value["description"].as_str()?;
    let line = words.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(LONGEST_COMMENT) {
        Some((end, _)) => format!("# {}…", &line[..end]),
        None => format!("# {line}"),
    })
}
