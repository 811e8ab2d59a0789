//! The two ways something is refused: to the app in Slack's codes, to a person in a sentence.

use serde_json::{Value, json};

/// A Web API call that Slack turns down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub(crate) struct ApiError {
    pub(crate) code: String,
    /// What is wrong with which argument, as Slack words it.
    pub(crate) messages: Vec<String>,
    /// Seconds after which the call may be repeated.
    pub(crate) retry_after: Option<u64>,
    /// What else the body says.
    more: Option<Box<Value>>,
}

impl ApiError {
    pub(crate) fn with_messages(code: &str, messages: Vec<String>) -> Self {
        Self {
            messages,
            ..Self::from(code)
        }
    }

    pub(crate) fn rate_limited(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::from("ratelimited")
        }
    }

    /// The token may not do this: what it lacks, and what it has.
    pub(crate) fn missing_scope(needed: &str, provided: &str) -> Self {
        Self {
            more: Some(Box::new(json!({"needed": needed, "provided": provided}))),
            ..Self::from("missing_scope")
        }
    }

    /// With a list of errors that are more than words.
    pub(crate) fn with_errors(code: &str, errors: Vec<Value>) -> Self {
        Self {
            more: Some(Box::new(json!({"errors": errors}))),
            ..Self::from(code)
        }
    }

    /// The body that the app gets.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"ok": false, "error": self.code});
        if !self.messages.is_empty() {
            body["errors"] = json!(self.messages);
            body["response_metadata"] = json!({"messages": self.messages});
        }
        for (field, value) in self
            .more
            .iter()
            .filter_map(|more| more.as_object())
            .flatten()
        {
            body[field] = value.clone();
        }
        body
    }
}

impl From<&str> for ApiError {
    fn from(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            messages: Vec::new(),
            retry_after: None,
            more: None,
        }
    }
}

/// Something a person (or a test) asked for that the workspace cannot do, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub(crate) String);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        if error.messages.is_empty() {
            Self(error.code)
        } else {
            Self(format!("{}: {}", error.code, error.messages.join("; ")))
        }
    }
}
