//! From an operation and a call's arguments to one request.

use anyhow::anyhow;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Request;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use crate::domain::card::{Operation, Parameter, Place, Style};
use crate::error::{Error, Kind, Result, quotable};
use crate::tools::sources::http::request::{header_value, method, stays_below};

/// What RFC 3986 lets stand in a path segment without a second meaning.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Builds one request; `headers` are those of the connection, and win.
pub(super) fn build(
    operation: &Operation,
    arguments: &Map<String, Value>,
    headers: HeaderMap,
) -> Result<Request> {
    let base: Url = operation.server.parse().map_err(Error::internal)?;
    let path = path(operation, arguments)?;
    let above = base.as_str().trim_end_matches('/');
    let mut url: Url = format!("{above}{path}").parse().map_err(Error::internal)?;
    stays_below(&base, &url)?;
    let mut pairs = Vec::new();
    let mut built = HeaderMap::new();
    built.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for parameter in &operation.parameters {
        let value = arguments.get(&parameter.argument);
        let Some(value) = value.filter(|value| !value.is_null()) else {
            continue;
        };
        match parameter.place {
            Place::Path => {}
            Place::Query => pairs.extend(query(parameter, value)?),
            Place::Header => {
                let name = HeaderName::try_from(&parameter.name).map_err(|_| unfit(parameter))?;
                built.insert(name, header_value(joined(parameter, value, ",")?)?);
            }
        }
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    let mut request = Request::new(method(operation.method), url);
    let body = operation.body.as_ref().and_then(|name| arguments.get(name));
    if let Some(body) = body {
        built.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
    }
    for (name, value) in &headers {
        built.insert(name, value.clone());
    }
    *request.headers_mut() = built;
    Ok(request)
}

/// The path with values in place of its names. A value is one segment, or a part of one.
fn path(operation: &Operation, arguments: &Map<String, Value>) -> Result<String> {
    let mut path = operation.path.clone();
    let parameters = operation.parameters.iter();
    for parameter in parameters.filter(|parameter| parameter.place == Place::Path) {
        let Some(value) = arguments.get(&parameter.argument) else {
            return Err(unfit(parameter));
        };
        let value = joined(parameter, value, ",")?;
        if value.is_empty() {
            return Err(unfit(parameter));
        }
        let value = utf8_percent_encode(&value, SEGMENT).to_string();
        path = path.replace(&format!("{{{}}}", parameter.name), &value);
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(unfit(parameter));
        }
    }
    Ok(path)
}

/// The pairs of a query that a parameter becomes.
fn query(parameter: &Parameter, value: &Value) -> Result<Vec<(String, String)>> {
    let name = &parameter.name;
    let plain = |value: &Value| plain(value).ok_or_else(|| unfit(parameter));
    let one = |value: String| vec![(name.clone(), value)];
    Ok(match (parameter.style, value) {
        (Style::Json, value) => one(value.to_string()),
        (Style::Each, Value::Array(items)) => {
            let items = items.iter().map(|item| Ok((name.clone(), plain(item)?)));
            items.collect::<Result<_>>()?
        }
        (Style::Each, Value::Object(members)) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let members = members.map(|(name, value)| Ok((name.clone(), plain(value)?)));
            members.collect::<Result<_>>()?
        }
        (Style::Deep, Value::Object(members)) => {
            let mut pairs = Vec::new();
            for (member, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                let name = format!("{name}[{member}]");
                match value {
                    Value::Array(items) => {
                        for item in items {
                            pairs.push((name.clone(), plain(item)?));
                        }
                    }
                    single => pairs.push((name, plain(single)?)),
                }
            }
            pairs
        }
        (Style::Spaces, value) => one(joined(parameter, value, " ")?),
        (Style::Pipes, value) => one(joined(parameter, value, "|")?),
        (Style::Commas | Style::Each | Style::Deep, value) => one(joined(parameter, value, ",")?),
    })
}

/// A value as one text; of an object, names and values in turn.
fn joined(parameter: &Parameter, value: &Value, between: &str) -> Result<String> {
    let parts: Option<Vec<String>> = match value {
        value if parameter.style == Style::Json => Some(vec![value.to_string()]),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            let named = members
                .iter()
                .map(|(name, value)| Some([name.clone(), plain(value)?]));
            named
                .collect::<Option<Vec<_>>>()
                .map(|pairs| pairs.concat())
        }
        single => plain(single).map(|value| vec![value]),
    };
    Ok(parts.ok_or_else(|| unfit(parameter))?.join(between))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn unfit(parameter: &Parameter) -> Error {
    let argument = quotable(&parameter.argument);
    Error::new(
        Kind::Denied("parameter"),
        format!("That call cannot be made: `{argument}` is nothing that can be sent there."),
    )
    .hint("Send a plain value that is meant.")
    .source(anyhow!("the parameter {:?}", parameter.name))
}
