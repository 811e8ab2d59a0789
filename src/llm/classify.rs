//! From what a provider said went wrong to the kinds that callers branch on, in one place.

use std::error::Error as _;
use std::time::Duration;

use anyhow::anyhow;
use chrono::DateTime;
use genai::webc::StreamTimeout;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::ErrorKind;
use crate::domain::secret::MASK;

/// How much of a provider's own message goes to the log.
const MESSAGE_LIMIT: usize = 300;

/// The kind of a failure, and its cause as the log may hold it: without key, address or body.
pub fn classify(error: &genai::Error, key: Option<&str>) -> (ErrorKind, anyhow::Error) {
    if let Some((status, headers, body)) = http_failure(error) {
        let body = body_value(body);
        return (
            of_status(status, headers, &body),
            anyhow!("HTTP {}: {}", status.as_u16(), summary(&body, key)),
        );
    }
    match error {
        genai::Error::ChatResponse { body, .. } => (
            of_event(body),
            anyhow!("error within the answer: {}", summary(body, key)),
        ),
        genai::Error::WebStream { error, .. } => of_transport(error.as_ref()),
        genai::Error::WebModelCall { webc_error, .. }
        | genai::Error::WebAdapterCall { webc_error, .. } => match webc_error {
            genai::webc::Error::Reqwest(error) => of_transport(error),
            _ => (ErrorKind::Server, anyhow!("an answer that is no JSON")),
        },
        genai::Error::StreamParse { serde_error, .. } => (
            ErrorKind::Server,
            anyhow!("a piece of the answer cannot be read: {serde_error}"),
        ),
        // What remains is refused by the library before anything is sent; its text may quote the
        // request, so only the variant's name is kept.
        other => (
            ErrorKind::BadRequest,
            anyhow!("not sent: {}", variant_name(other)),
        ),
    }
}

/// A failure with an HTTP status, however deep the library has wrapped it: on streams it is the
/// error inside the first item.
fn http_failure(error: &genai::Error) -> Option<(StatusCode, &HeaderMap, &str)> {
    match error {
        genai::Error::HttpError {
            status,
            headers,
            body,
            ..
        } => Some((*status, headers, body)),
        genai::Error::WebModelCall {
            webc_error:
                genai::webc::Error::ResponseFailedStatus {
                    status,
                    headers,
                    body,
                },
            ..
        } => Some((*status, headers, body)),
        genai::Error::WebStream { error, .. } => {
            http_failure(error.downcast_ref::<genai::Error>()?)
        }
        _ => None,
    }
}

fn of_transport(error: &(dyn std::error::Error + 'static)) -> (ErrorKind, anyhow::Error) {
    if let Some(timeout) = error.downcast_ref::<StreamTimeout>() {
        return (ErrorKind::Timeout, anyhow!("{timeout}"));
    }
    let Some(error) = error.downcast_ref::<reqwest::Error>() else {
        return (ErrorKind::Truncated, anyhow!("the answer is not text"));
    };
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_body() || error.is_decode() {
        ErrorKind::Truncated
    } else {
        ErrorKind::Network
    };
    (kind, anyhow!("{}", causes(error)))
}

/// What lies under a transport error; the error's own text has the address in it.
fn causes(error: &reqwest::Error) -> String {
    let first: Option<&(dyn std::error::Error + 'static)> = error.source();
    let chain: Vec<String> = std::iter::successors(first, |cause| (*cause).source())
        .map(ToString::to_string)
        .collect();
    if chain.is_empty() {
        return "the connection failed".to_owned();
    }
    chain.join(": ")
}

fn of_status(status: StatusCode, headers: &HeaderMap, body: &Value) -> ErrorKind {
    let said = Said::of(body);
    match status.as_u16() {
        _ if said.too_long() => ErrorKind::ContextTooLong,
        _ if said.filtered() => ErrorKind::ContentFilter,
        _ if said.bad_key() => ErrorKind::Auth,
        _ if said.no_quota() => ErrorKind::RateLimited {
            retry_after: retry_after(headers, body),
        },
        _ if said.unknown_model() => ErrorKind::UnknownModel,
        401 | 403 => ErrorKind::Auth,
        404 => ErrorKind::UnknownModel,
        413 => ErrorKind::ContextTooLong,
        408 | 504 => ErrorKind::Timeout,
        402 | 429 => ErrorKind::RateLimited {
            retry_after: retry_after(headers, body),
        },
        503 | 529 => ErrorKind::Overloaded,
        500..=599 => ErrorKind::Server,
        300..=399 => ErrorKind::Network,
        _ => ErrorKind::BadRequest,
    }
}

/// An error that came within a stream that had begun well: there is no status to go by.
fn of_event(body: &Value) -> ErrorKind {
    let said = Said::of(body);
    if said.too_long() {
        ErrorKind::ContextTooLong
    } else if said.filtered() {
        ErrorKind::ContentFilter
    } else if said.names(&["authentication_error", "permission_error"]) || said.bad_key() {
        ErrorKind::Auth
    } else if said.names(&["rate_limit", "resource_exhausted"]) || said.no_quota() {
        ErrorKind::RateLimited {
            retry_after: retry_after(&HeaderMap::new(), body),
        }
    } else if said.names(&["overloaded", "unavailable"]) {
        ErrorKind::Overloaded
    } else if said.names(&["timeout", "deadline"]) {
        ErrorKind::Timeout
    } else if said.unknown_model() {
        ErrorKind::UnknownModel
    } else if said.names(&["invalid_request", "invalid_argument", "invalid_prompt"]) {
        ErrorKind::BadRequest
    } else {
        ErrorKind::Server
    }
}

/// What an error body says, in lower case: its codes, and its message for people.
struct Said {
    codes: String,
    message: String,
}

impl Said {
    fn of(body: &Value) -> Self {
        let error = inner(body);
        let codes: Vec<String> = ["type", "code", "status", "reason"]
            .iter()
            .filter_map(|key| error.get(key)?.as_str())
            .chain(
                body.pointer("/promptFeedback/blockReason")
                    .and_then(Value::as_str),
            )
            .map(str::to_lowercase)
            .chain(
                details(error)
                    .filter_map(|detail| Some(detail.get("reason")?.as_str()?.to_lowercase())),
            )
            .collect();
        Self {
            codes: codes.join(" "),
            message: message_of(error).to_lowercase(),
        }
    }

    fn names(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.codes.contains(word))
    }

    fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.message.contains(word))
    }

    fn too_long(&self) -> bool {
        self.names(&[
            "context_length",
            "request_too_large",
            "string_above_max_length",
        ]) || self.mentions(&[
            "prompt is too long",
            "maximum context length",
            "exceeds the context",
            "exceed context",
            "input token count",
            "context window",
        ])
    }

    fn filtered(&self) -> bool {
        self.names(&[
            "content_filter",
            "content_policy",
            "moderation",
            "prohibited_content",
            "safety",
        ])
    }

    fn bad_key(&self) -> bool {
        self.names(&["api_key_invalid", "invalid_api_key"])
    }

    fn no_quota(&self) -> bool {
        self.names(&["insufficient_quota", "billing"])
            || self.mentions(&["credit balance is too low"])
    }

    fn unknown_model(&self) -> bool {
        self.names(&["model_not_found"])
            || (self.mentions(&["model"])
                && self.mentions(&["not found", "does not exist", "no such model"]))
    }
}

/// The object that describes the error: providers wrap it in `error`, one of them in a list.
fn inner(body: &Value) -> &Value {
    let body = body.get(0).unwrap_or(body);
    match body.get("error") {
        Some(error) if !error.is_null() => error,
        _ => body,
    }
}

fn message_of(error: &Value) -> &str {
    error
        .get("message")
        .and_then(Value::as_str)
        .or_else(|| error.as_str())
        .unwrap_or_default()
}

fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error
        .get("details")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn body_value(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
}

/// When to come back: the headers that providers use, or Gemini's `RetryInfo`.
fn retry_after(headers: &HeaderMap, body: &Value) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = header("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(wait));
    }
    if let Some(text) = header("retry-after") {
        return seconds(text).or_else(|| {
            // A date is measured against the provider's own clock.
            let until = DateTime::parse_from_rfc2822(text).ok()?;
            let now = DateTime::parse_from_rfc2822(header("date")?).ok()?;
            (until - now).to_std().ok()
        });
    }
    details(inner(body))
        .find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?.strip_suffix('s')?))
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Codes and the provider's message, without the key that some of them quote back.
fn summary(body: &Value, key: Option<&str>) -> String {
    let said = Said::of(body);
    let message = message_of(inner(body));
    let message = match key {
        Some(key) if !key.is_empty() => message.replace(key, MASK),
        _ => message.to_owned(),
    };
    let short: String = message.chars().take(MESSAGE_LIMIT).collect();
    match (said.codes.as_str(), short.as_str()) {
        ("", "") => "no reason given".to_owned(),
        ("", short) => short.to_owned(),
        (codes, "") => codes.to_owned(),
        (codes, short) => format!("{codes}: {short}"),
    }
}

fn variant_name(error: &genai::Error) -> String {
    let debug = format!("{error:?}");
    debug
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

#[cfg(test)]
mod tests;
