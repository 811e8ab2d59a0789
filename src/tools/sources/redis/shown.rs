//! Answers of Redis as JSON: text as text, and what is none as hex with its length.

use redis::Value;
use serde_json::{Map, Number, Value as Json, json};

use crate::domain::tool::ToolOutput;
use crate::error::{Error, Result};

/// Bytes of binary data that are shown.
const BINARY_SHOWN: usize = 64;

/// The answer to one command, as it came.
pub(super) fn reply(answer: &Value) -> Result<ToolOutput> {
    let rows = match answer {
        Value::Array(items) | Value::Set(items) => Some(items.len() as u64),
        _ => None,
    };
    output(&value(answer), rows, false)
}

/// JSON as the result of a tool.
pub(super) fn output(json: &Json, rows: Option<u64>, truncated: bool) -> Result<ToolOutput> {
    Ok(ToolOutput {
        text: serde_json::to_string(json).map_err(Error::internal)?,
        rows,
        truncated,
        ..ToolOutput::default()
    })
}

/// Any value; how deep it goes was limited when it was read.
pub(super) fn value(answer: &Value) -> Json {
    match answer {
        Value::Nil => Json::Null,
        Value::Int(number) => json!(number),
        Value::Double(number) => {
            Number::from_f64(*number).map_or_else(|| json!(number.to_string()), Json::Number)
        }
        Value::Boolean(is) => json!(is),
        Value::Okay => json!("OK"),
        Value::BulkString(data) | Value::BigNumber(data) => bytes(data),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => json!(text),
        Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => {
            items.iter().map(value).collect()
        }
        Value::Map(pairs) => object(pairs.iter().map(|(key, value)| (key, value))),
        Value::Attribute { data, .. } => value(data),
        Value::ServerError(error) => json!({ "error": error.to_string() }),
        _ => json!("(something that I cannot show)"),
    }
}

/// Pairs as an object, or as a list of pairs where a name is no text or is there twice.
pub(super) fn object<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Json {
    let pairs: Vec<(Json, Json)> = pairs.map(|(key, of)| (value(key), value(of))).collect();
    let mut members = Map::new();
    for (key, of) in &pairs {
        let fits = matches!(key, Json::String(name) if !members.contains_key(name));
        let Some(name) = key.as_str().filter(|_| fits) else {
            return json!(pairs);
        };
        members.insert(name.to_owned(), of.clone());
    }
    Json::Object(members)
}

/// Text as text; the start of anything else as hex.
pub(super) fn bytes(data: &[u8]) -> Json {
    if let Ok(text) = str::from_utf8(data) {
        return json!(text);
    }
    let start = data.iter().take(BINARY_SHOWN);
    let hex: String = start.map(|byte| format!("{byte:02x}")).collect();
    json!({ "binary": hex, "bytes": data.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn every_kind_of_answer_can_be_shown() {
        let check = |answer: &Value, expected: Json| assert_eq!(value(answer), expected);
        check(&bulk("Grüße\u{0}"), json!("Grüße\u{0}"));
        check(
            &Value::BulkString(vec![0xff; 100]),
            json!({ "binary": "ff".repeat(64), "bytes": 100 }),
        );
        check(&Value::Double(f64::NAN), json!("NaN"));
        check(
            &Value::Array(vec![Value::Nil, Value::Int(-1)]),
            json!([null, -1]),
        );
        check(
            &Value::Map(vec![(bulk("a"), bulk("b"))]),
            json!({ "a": "b" }),
        );
        let twice = vec![(bulk("a"), bulk("b")), (bulk("a"), bulk("c"))];
        check(&Value::Map(twice), json!([["a", "b"], ["a", "c"]]));
        check(
            &Value::Map(vec![(Value::Int(1), bulk("b"))]),
            json!([[1, "b"]]),
        );
    }
}
