//! The arguments of a Web API call, however they were sent.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::body::{Body, bearer, content_type};
use crate::error::ApiError;

/// Arguments that a form carries as JSON in a string.
const STRUCTURED: [&str; 9] = [
    "attachments",
    "blocks",
    "chunks",
    "files",
    "loading_messages",
    "message",
    "metadata",
    "prompts",
    "view",
];

/// Arguments that are texts with commas in them, and that a JSON body may give as an array.
const LISTED: [&str; 2] = ["types", "users"];

pub(crate) struct Args {
    token: Option<String>,
    /// Who the app says it is, in the Basic scheme.
    client: Option<(String, String)>,
    fields: Map<String, Value>,
}

impl Args {
    /// Reads a query and a body of JSON, of a form or of its parts; the token from the header or from a field.
    pub(crate) fn read(query: Option<&str>, headers: &HeaderMap, body: &Body) -> Self {
        let mut fields = form(query.unwrap_or_default().as_bytes());
        match body {
            Body::Parts(parts) => fields.extend(parts.iter().map(|part| {
                let text = String::from_utf8_lossy(&part.content);
                (part.name.clone(), json!(text))
            })),
            Body::Whole(body) if content_type(headers).starts_with("application/json") => {
                if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
                    fields.extend(object);
                }
            }
            Body::Whole(body) => fields.extend(form(body)),
        }
        for name in STRUCTURED {
            if let Some(Value::String(text)) = fields.get(name)
                && let Ok(parsed) = serde_json::from_str(text)
            {
                fields.insert(name.to_owned(), parsed);
            }
        }
        for name in LISTED {
            if let Some(Value::Array(items)) = fields.get(name) {
                let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                let text = items.join(",");
                fields.insert(name.to_owned(), text.into());
            }
        }
        let field = fields.remove("token");
        let token = bearer(headers)
            .map(str::to_owned)
            .or_else(|| field?.as_str().map(str::to_owned));
        let client = basic(headers);
        Self {
            token,
            client,
            fields,
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The app's id and secret, from the Basic scheme or from arguments.
    pub(crate) fn client(&self) -> (String, String) {
        let given = |name: &str| self.text(name).unwrap_or_default().to_owned();
        self.client
            .clone()
            .unwrap_or_else(|| (given("client_id"), given("client_secret")))
    }

    /// The arguments without the token and without what else is secret.
    pub(crate) fn body(&self) -> Value {
        let mut fields = self.fields.clone();
        for name in ["client_secret", "code", "refresh_token"] {
            if fields.contains_key(name) {
                fields.insert(name.to_owned(), json!("•••"));
            }
        }
        Value::Object(fields)
    }

    /// A text argument that is there and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A text argument, or the error for its absence.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            let message = format!("[ERROR] missing required field: {name}");
            ApiError::with_messages("invalid_arguments", vec![message])
        })
    }

    /// A list argument; `None` when it is not given.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<Value>> {
        self.fields.get(name).and_then(Value::as_array).cloned()
    }

    /// Any argument as it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A yes-or-no argument, which forms spell as a word or a digit.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(word)) => word == "true" || word == "1",
            Some(Value::Number(number)) => number.as_u64() == Some(1),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
        }
    }

    /// A number argument, which forms spell in digits.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        match self.fields.get(name)? {
            Value::Number(number) => number.as_u64()?.try_into().ok(),
            Value::String(digits) => digits.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A line about the call for the inspector.
    pub(crate) fn summary(&self, method: &str) -> String {
        let about = ["text", "channel", "view_id", "user_id", "user"]
            .into_iter()
            .find_map(|name| self.text(name))
            .unwrap_or_default();
        let about: String = about.chars().take(100).collect();
        format!("{method} {about}").trim_end().to_owned()
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let bytes = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn form(text: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect()
}
