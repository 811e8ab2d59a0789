//! The operations of an OpenAPI document, as tools.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use url::Url;

use super::super::schema::{plain, simple};
use super::document::Document;
use super::filter::Filter;
use super::{names, server};
use crate::cards::argument_validator;
use crate::domain::card::{CardTool, HttpMethod, Operation, Parameter, Place, Style, ToolAction};
use crate::domain::tool::Risk;
use crate::error::quotable;

/// The most bytes of the schema of a body, and of a parameter.
const LARGEST_BODY: usize = 4_000;
const LARGEST_PARAMETER: usize = 800;
/// The most parameters of an operation; those that may be left out go first.
const MOST_PARAMETERS: usize = 40;
/// The most characters of what an operation says of itself.
const LONGEST_DESCRIPTION: usize = 500;
/// The most tags that are counted.
const MOST_TAGS: usize = 100;
/// The argument that is the body.
const BODY: &str = "body";

const METHODS: [(&str, HttpMethod, Risk); 6] = [
    ("get", HttpMethod::Get, Risk::Read),
    ("head", HttpMethod::Head, Risk::Read),
    ("post", HttpMethod::Post, Risk::Write),
    ("put", HttpMethod::Put, Risk::Write),
    ("patch", HttpMethod::Patch, Risk::Write),
    ("delete", HttpMethod::Delete, Risk::Destructive),
];

/// An operation as it stands in the document.
pub(super) struct Found<'a> {
    path: &'a str,
    method: (&'static str, HttpMethod, Risk),
    /// What holds for all operations of the path.
    shared: &'a Value,
    operation: &'a Value,
}

/// The operations that are wanted, in the order of the document.
pub(super) fn wanted<'a>(document: &'a Document, filter: &Filter) -> Vec<Found<'a>> {
    let paths = document.get("paths").as_object();
    let mut found = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = document.resolve(item).filter(|_| filter.takes_path(path)) else {
            continue;
        };
        for method in METHODS {
            let operation = &item[method.0];
            if operation.is_object() && filter.takes_tags(&operation["tags"]) {
                found.push(Found {
                    path,
                    method,
                    shared: item,
                    operation,
                });
            }
        }
    }
    found
}

/// The tags of a document's operations, those of the most operations first.
pub(super) fn tags(document: &Document) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for found in wanted(document, &Filter::default()) {
        let tags = found.operation["tags"].as_array().into_iter().flatten();
        for tag in tags.filter_map(Value::as_str) {
            let tag = quotable(tag);
            match counted.iter().position(|(known, _)| *known == tag) {
                Some(at) => counted[at].1 += 1,
                None if counted.len() < MOST_TAGS => counted.push((tag, 1)),
                None => {}
            }
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().map(|(tag, _)| tag).collect()
}

/// Makes tools of operations. One that cannot be sent, or not to where `base` is, is left out.
/// `filled` is the header that shows whose a request is.
pub(super) fn tools(
    document: &Document,
    found: &[Found<'_>],
    base: &server::Base,
    filled: Option<&str>,
) -> Vec<CardTool> {
    let mut taken = BTreeSet::new();
    let mut tools = Vec::new();
    for found in found {
        match tool(document, found, base, filled, &mut taken) {
            Ok(tool) => tools.push(tool),
            Err(reason) => {
                tracing::info!("{} {:?} is left out: {reason}", found.method.0, found.path);
            }
        }
    }
    tools
}

fn tool(
    document: &Document,
    found: &Found<'_>,
    base: &server::Base,
    filled: Option<&str>,
    taken: &mut BTreeSet<String>,
) -> Result<CardTool, &'static str> {
    let Found {
        path,
        method,
        shared,
        operation,
    } = *found;
    let (verb, method, risk) = method;
    if !path.starts_with('/') || path.contains(['?', '#', '\\']) {
        return Err("its path is none");
    }
    let server = own_server(document, found, base)?;
    let mut arguments = Arguments::default();
    arguments.add_body(document, &operation["requestBody"])?;
    for parameter in parameters(document, shared, operation)? {
        arguments.add(document, parameter, path, filled)?;
    }
    arguments.add_unnamed(path)?;
    let name = names::of(operation["operationId"].as_str(), verb, path, taken)
        .ok_or("its name is taken")?;
    let said = |key: &str| operation[key].as_str().unwrap_or_default();
    let mut words = plain(said("summary"), LONGEST_DESCRIPTION);
    let more = plain(said("description"), LONGEST_DESCRIPTION);
    if !more.is_empty() && more != words {
        let stop = if words.is_empty() || words.ends_with('.') {
            ""
        } else {
            "."
        };
        words = format!("{words}{stop} {more}").trim().to_owned();
    }
    let gone = if operation["deprecated"] == true {
        " Deprecated."
    } else {
        ""
    };
    let description = format!("{words}{gone} (`{} {path}`)", verb.to_uppercase());
    let Arguments {
        properties,
        required,
        parameters,
        body,
    } = arguments;
    let input = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    argument_validator(&input).map_err(|_| "what it takes is no JSON Schema")?;
    let operation = Operation {
        method,
        server: server.into(),
        path: path.to_owned(),
        parameters,
        body,
    };
    let run = ToolAction::Openapi(Box::new(operation));
    Ok(CardTool::new(name, description.trim(), risk, input, run))
}

/// The server of one operation, where the document gives it one of its own.
fn own_server(
    document: &Document,
    found: &Found<'_>,
    base: &server::Base,
) -> Result<Url, &'static str> {
    let own = [found.operation, found.shared].map(|part| &part["servers"]);
    match own.into_iter().find(|servers| servers.is_array()) {
        Some(servers) if !base.is_given => {
            server::among(document, servers).ok_or("it is on another server")
        }
        Some(_) | None => Ok(base.url.clone()),
    }
}

/// The parameters of an operation: its own, and those of its path that it does not replace.
fn parameters<'a>(
    document: &'a Document,
    shared: &'a Value,
    operation: &'a Value,
) -> Result<Vec<&'a Value>, &'static str> {
    let mut found: Vec<&Value> = Vec::new();
    for list in [operation, shared] {
        for parameter in list["parameters"].as_array().into_iter().flatten() {
            let parameter = document
                .resolve(parameter)
                .ok_or("a parameter is described elsewhere")?;
            let same = |other: &&Value| {
                other["name"] == parameter["name"] && other["in"] == parameter["in"]
            };
            if !found.iter().any(same) {
                found.push(parameter);
            }
        }
    }
    // What has to be there comes first, whatever is left out.
    found.sort_by_key(|parameter| !is_required(parameter));
    found.truncate(MOST_PARAMETERS);
    Ok(found)
}

fn is_required(parameter: &Value) -> bool {
    parameter["required"] == true || parameter["in"] == "path"
}

/// What a model may send, and where it goes.
#[derive(Default)]
struct Arguments {
    properties: Map<String, Value>,
    required: Vec<String>,
    parameters: Vec<Parameter>,
    body: Option<String>,
}

impl Arguments {
    fn add_body(&mut self, document: &Document, body: &Value) -> Result<(), &'static str> {
        if body.is_null() {
            return Ok(());
        }
        let body = document
            .resolve(body)
            .ok_or("its body is described elsewhere")?;
        let required = body["required"] == true;
        let forms = body["content"].as_object();
        let json = forms.into_iter().flatten().find(|(kind, _)| is_json(kind));
        let Some((_, form)) = json else {
            // What may be left out is left out.
            return if required {
                Err("its body is not JSON")
            } else {
                Ok(())
            };
        };
        let mut schema = simple(document.definitions(), &form["schema"], LARGEST_BODY);
        describe(&mut schema, body, "What is sent, as JSON.");
        self.properties.insert(BODY.to_owned(), schema);
        if required {
            self.required.push(BODY.to_owned());
        }
        self.body = Some(BODY.to_owned());
        Ok(())
    }

    fn add(
        &mut self,
        document: &Document,
        parameter: &Value,
        path: &str,
        filled: Option<&str>,
    ) -> Result<(), &'static str> {
        let name = parameter["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or("a parameter has no name")?;
        let place = match parameter["in"].as_str() {
            Some("path") if path.contains(&format!("{{{name}}}")) => Place::Path,
            Some("query") => Place::Query,
            Some("header") if may_fill(name, filled) => Place::Header,
            // A parameter of the path that is not in it, a cookie, a header that is ours.
            _ => return Ok(()),
        };
        let (style, schema) = self.form_of(document, parameter, place)?;
        let argument = names::argument(name, place, |name| self.properties.contains_key(name));
        let argument = argument.ok_or("a parameter's name is taken")?;
        let mut schema = simple(document.definitions(), schema, LARGEST_PARAMETER);
        describe(&mut schema, parameter, "");
        self.properties.insert(argument.clone(), schema);
        if is_required(parameter) {
            self.required.push(argument.clone());
        }
        self.parameters.push(Parameter {
            argument,
            name: name.to_owned(),
            place,
            style,
        });
        Ok(())
    }

    /// How a parameter is written, and what it holds.
    fn form_of<'a>(
        &self,
        document: &'a Document,
        parameter: &'a Value,
        place: Place,
    ) -> Result<(Style, &'a Value), &'static str> {
        if let Some((kind, form)) = parameter["content"]
            .as_object()
            .and_then(|c| c.iter().next())
        {
            let form = document.resolve(form).filter(|_| is_json(kind));
            return Ok((
                Style::Json,
                &form.ok_or("a parameter is not JSON")?["schema"],
            ));
        }
        let explodes = parameter["explode"].as_bool();
        let style = match (parameter["style"].as_str(), place) {
            (None | Some("form"), Place::Query) if explodes != Some(false) => Style::Each,
            (None | Some("form"), Place::Query) => Style::Commas,
            (Some("spaceDelimited"), Place::Query) => Style::Spaces,
            (Some("pipeDelimited"), Place::Query) => Style::Pipes,
            (Some("deepObject"), Place::Query) => Style::Deep,
            (None | Some("simple"), Place::Path | Place::Header) => Style::Commas,
            _ => return Err("a parameter is written in a way that I do not know"),
        };
        Ok((style, &parameter["schema"]))
    }

    /// What stands in the path and nothing is said about.
    fn add_unnamed(&mut self, path: &str) -> Result<(), &'static str> {
        for name in names::in_path(path).ok_or("its path is none")? {
            let known = |known: &Parameter| known.place == Place::Path && known.name == name;
            if self.parameters.iter().any(known) {
                continue;
            }
            let argument =
                names::argument(name, Place::Path, |name| self.properties.contains_key(name));
            let argument = argument.ok_or("a parameter's name is taken")?;
            self.properties
                .insert(argument.clone(), json!({ "type": "string" }));
            self.required.push(argument.clone());
            self.parameters.push(Parameter {
                argument,
                name: name.to_owned(),
                place: Place::Path,
                style: Style::Commas,
            });
        }
        Ok(())
    }
}

/// Puts what is said of a parameter or a body in the place of what is said of its kind.
fn describe(schema: &mut Value, described: &Value, otherwise: &str) {
    let said = plain(described["description"].as_str().unwrap_or_default(), 300);
    if let Some(members) = schema.as_object_mut() {
        if !said.is_empty() {
            members.insert("description".to_owned(), said.into());
        } else if !otherwise.is_empty() && !members.contains_key("description") {
            members.insert("description".to_owned(), otherwise.into());
        }
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind == "*/*" || kind.ends_with("+json")
}

/// Whether a header is the model's to fill. Those named first are ruled out by OpenAPI itself.
fn may_fill(name: &str, filled: Option<&str>) -> bool {
    let lower = name.to_lowercase();
    !matches!(
        &*lower,
        "accept" | "content-type" | "authorization" | "cookie"
    ) && filled != Some(&*lower)
        && crate::cards::may_be_filled(name)
}
