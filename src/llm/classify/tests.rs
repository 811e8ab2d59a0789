//! Every way a provider is known to say no, and the kind it becomes.

use genai::ModelIden;
use genai::adapter::AdapterKind;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::*;

const LIMITED: ErrorKind = ErrorKind::RateLimited { retry_after: None };

fn after(seconds: u64) -> ErrorKind {
    ErrorKind::RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

fn http(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> genai::Error {
    let headers = headers
        .iter()
        .map(|(name, value)| {
            (
                reqwest::header::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    genai::Error::HttpError {
        status: StatusCode::from_u16(status).unwrap(),
        canonical_reason: String::new(),
        body: body.to_owned(),
        headers: Box::new(headers),
    }
}

fn wrapped(error: impl std::error::Error + Send + Sync + 'static) -> genai::Error {
    genai::Error::WebStream {
        model_iden: ModelIden::new(AdapterKind::OpenAI, "m"),
        cause: String::new(),
        error: Box::new(error),
    }
}

#[test]
fn a_status_and_its_body_become_a_kind() {
    let check = |status: u16, body: Value, expected: ErrorKind| {
        let plain = http(status, &[], &body.to_string());
        assert_eq!(classify(&plain, None).0, expected, "{status} {body}");
        let streamed = wrapped(http(status, &[], &body.to_string()));
        assert_eq!(
            classify(&streamed, None).0,
            expected,
            "streamed {status} {body}"
        );
    };
    check(401, json!({}), ErrorKind::Auth);
    check(
        403,
        json!({"error": {"type": "permission_error"}}),
        ErrorKind::Auth,
    );
    check(
        400,
        json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid",
            "details": [{"reason": "API_KEY_INVALID"}]}}),
        ErrorKind::Auth,
    );
    check(
        429,
        json!({"error": {"code": "rate_limit_exceeded"}}),
        LIMITED,
    );
    check(
        429,
        json!({"error": {"code": "insufficient_quota"}}),
        LIMITED,
    );
    check(
        400,
        json!({"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}}),
        LIMITED,
    );
    check(
        429,
        json!({"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34s"}]}}),
        after(34),
    );
    check(
        429,
        json!([{"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "2s"}]}}]),
        after(2),
    );
    check(500, json!({}), ErrorKind::Server);
    check(502, json!("<html>"), ErrorKind::Server);
    check(
        503,
        json!({"error": {"status": "UNAVAILABLE"}}),
        ErrorKind::Overloaded,
    );
    check(
        529,
        json!({"error": {"type": "overloaded_error"}}),
        ErrorKind::Overloaded,
    );
    check(504, json!({}), ErrorKind::Timeout);
    check(
        404,
        json!({"error": {"code": "model_not_found"}}),
        ErrorKind::UnknownModel,
    );
    check(
        404,
        json!({"error": "model 'x' not found, try pulling it first"}),
        ErrorKind::UnknownModel,
    );
    check(
        400,
        json!({"error": {"message": "The model `x` does not exist"}}),
        ErrorKind::UnknownModel,
    );
    check(
        400,
        json!({"error": {"code": "context_length_exceeded"}}),
        ErrorKind::ContextTooLong,
    );
    check(
        413,
        json!({"error": {"type": "request_too_large"}}),
        ErrorKind::ContextTooLong,
    );
    check(
        400,
        json!({"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}}),
        ErrorKind::ContextTooLong,
    );
    check(
        400,
        json!({"error": {"status": "INVALID_ARGUMENT", "message": "The input token count (9) exceeds the maximum"}}),
        ErrorKind::ContextTooLong,
    );
    check(
        400,
        json!({"error": {"code": "content_filter"}}),
        ErrorKind::ContentFilter,
    );
    check(
        400,
        json!({"error": {"message": "bad schema"}}),
        ErrorKind::BadRequest,
    );
    check(307, json!(""), ErrorKind::Network);
}

#[test]
fn a_wait_is_read_from_headers() {
    let check = |headers: &[(&'static str, &'static str)], expected: ErrorKind| {
        assert_eq!(
            classify(&http(429, headers, ""), None).0,
            expected,
            "{headers:?}"
        );
    };
    check(&[("retry-after", "7")], after(7));
    check(
        &[("retry-after-ms", "3000"), ("retry-after", "7")],
        after(3),
    );
    check(
        &[
            ("date", "Sat, 21 Nov 2026 08:00:00 GMT"),
            ("retry-after", "Sat, 21 Nov 2026 08:01:00 GMT"),
        ],
        after(60),
    );
    check(&[("retry-after", "soon")], LIMITED);
    check(&[("retry-after", "-1")], LIMITED);
    check(&[("retry-after", "1e300")], LIMITED);
}

#[test]
fn an_error_within_a_stream_becomes_a_kind() {
    let check = |body: Value, expected: ErrorKind| {
        let error = genai::Error::ChatResponse {
            model_iden: ModelIden::new(AdapterKind::Anthropic, "m"),
            body: body.clone(),
        };
        assert_eq!(classify(&error, None).0, expected, "{body}");
    };
    check(
        json!({"type": "error", "error": {"type": "overloaded_error"}}),
        ErrorKind::Overloaded,
    );
    check(
        json!({"type": "error", "error": {"type": "api_error"}}),
        ErrorKind::Server,
    );
    check(
        json!({"code": "server_error", "message": "boom"}),
        ErrorKind::Server,
    );
    check(json!({"type": "rate_limit_error"}), LIMITED);
    check(
        json!({"error": {"status": "UNAVAILABLE"}}),
        ErrorKind::Overloaded,
    );
    check(
        json!({"type": "invalid_request_error"}),
        ErrorKind::BadRequest,
    );
    check(
        json!({"promptFeedback": {"blockReason": "SAFETY"}}),
        ErrorKind::ContentFilter,
    );
    check(json!("text"), ErrorKind::Server);
    check(Value::Null, ErrorKind::Server);
}

#[test]
fn silence_and_refusals_before_sending_become_a_kind() {
    let kind = |error: &genai::Error| classify(error, None).0;
    assert_eq!(kind(&wrapped(StreamTimeout::Headers)), ErrorKind::Timeout);
    assert_eq!(kind(&wrapped(StreamTimeout::Read)), ErrorKind::Timeout);
    assert_eq!(
        kind(&genai::Error::Internal("sk-1".to_owned())),
        ErrorKind::BadRequest
    );
}

#[test]
fn the_cause_has_no_key_and_is_short() {
    let body = json!({"error": {"code": "invalid_api_key", "message": format!("bad key sk-1 {}", "x".repeat(900))}});
    let (_, cause) = classify(&http(401, &[], &body.to_string()), Some("sk-1"));
    let cause = cause.to_string();
    assert!(
        cause.starts_with("HTTP 401: invalid_api_key: bad key •••"),
        "{cause}"
    );
    assert!(cause.len() < 400, "{}", cause.len());
    let (_, cause) = classify(&genai::Error::Internal("sk-1".to_owned()), None);
    assert_eq!(cause.to_string(), "not sent: Internal");
}
