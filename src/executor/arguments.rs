//! The arguments of a call: no more of them than is taken, and as the tool's schema has them.

use serde_json::{Map, Value, json};

use crate::cards::argument_validator;
use crate::error::{Error, Kind, Result};

/// Stands in arguments that were too long, with how many bytes they had.
const BULK: &str = "left_out_because_too_many_bytes";

/// Puts how long they were in the place of arguments that have more bytes than `most`.
pub(super) fn leave_out_bulk(arguments: &mut Value, most: usize) {
    let bytes = arguments.to_string().len();
    if bytes > most {
        *arguments = json!({ BULK: bytes });
    }
}

/// Refuses arguments that have more bytes than `most`, or had.
pub(super) fn check_size(arguments: &Value, most: usize) -> Result<()> {
    if let Some(bytes) = arguments.get(BULK) {
        return Err(too_many_bytes(bytes, most));
    }
    match arguments.to_string().len() {
        bytes if bytes > most => Err(too_many_bytes(bytes, most)),
        _ => Ok(()),
    }
}

fn too_many_bytes(bytes: impl std::fmt::Display, most: usize) -> Error {
    Error::new(
        Kind::Invalid,
        format!("The arguments have {bytes} bytes, and I take {most} at most."),
    )
    .hint("Send less at once.")
}

/// The arguments as an object that fits the tool's schema; the error tells the model what to mend.
pub(super) fn validated(schema: &Value, arguments: &Value) -> Result<Map<String, Value>> {
    let object = match arguments {
        Value::Object(object) => object.clone(),
        Value::Null => Map::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(wrong_arguments("they are not a JSON object".to_owned()));
        }
    };
    let validator =
        argument_validator(schema).map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    let value = Value::Object(object);
    let problems: Vec<String> = validator
        .iter_errors(&value)
        .take(5)
        .map(|error| {
            let place = error.instance_path().to_string();
            // The masked form leaves the values out: they may be long, or private.
            let problem = error.masked();
            if place.is_empty() {
                problem.to_string()
            } else {
                format!("{place}: {problem}")
            }
        })
        .collect();
    match value {
        Value::Object(object) if problems.is_empty() => Ok(object),
        _ => Err(wrong_arguments(problems.join("; "))),
    }
}

fn wrong_arguments(problems: String) -> Error {
    Error::new(
        Kind::Invalid,
        format!("The arguments do not fit the tool's schema: {problems}."),
    )
    .hint("Send them again as the schema says.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_do_not_fit_say_what_to_mend() {
        let schema = json!({
            "type": "object",
            "properties": { "query": { "type": "string" }, "limit": { "type": "integer", "maximum": 10 } },
            "required": ["query"],
            "additionalProperties": false,
        });
        let check = |arguments: Value, expected: Option<&str>| match (
            validated(&schema, &arguments),
            expected,
        ) {
            (Ok(_), None) => {}
            (Err(error), Some(part)) => {
                assert!(error.to_string().contains(part), "{error} lacks {part:?}");
            }
            (outcome, expected) => panic!("{arguments}: {outcome:?}, expected {expected:?}"),
        };
        check(json!({ "query": "x" }), None);
        check(json!({ "query": "x", "limit": 3 }), None);
        check(json!({}), Some("query"));
        check(Value::Null, Some("query"));
        check(json!({ "query": 1 }), Some("/query"));
        check(json!({ "query": "x", "limit": 11 }), Some("/limit"));
        check(json!({ "query": "x", "sudo": true }), Some("sudo"));
        check(json!("{\"query\": broken"), Some("not a JSON object"));
    }
}
