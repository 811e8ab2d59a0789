//! What a service's refusal means, in words.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::send::{BODY_DEADLINE, Errand};
use crate::domain::card::Card;
use crate::domain::hidden;
use crate::domain::text::Text;
use crate::error::{Error, Kind};
use crate::net::read_body;
use crate::text;
use crate::tools::Target;

/// How much of a refusal is read: it is a sentence, or a page nobody needs.
const LARGEST_REFUSAL: usize = 16 * 1024;
/// The longest quotation of what a service says.
const LONGEST_QUOTE: usize = 300;

/// Turns an answer that is no success into a sentence and a next step.
pub(super) async fn refusal(errand: &Errand<'_>, response: Response) -> Error {
    let card = &errand.target.card;
    let title = &card.title;
    let status = response.status();
    let wait = rate_limit(status, response.headers());
    let body = read_body(title, response, LARGEST_REFUSAL, BODY_DEADLINE).await;
    let said = body.ok().and_then(|body| quote(&body.bytes));
    let said = said.map(|text| errand.without_secrets(&text));
    explain(card, status, wait, said)
}

/// The service took longer than we wait.
pub(super) fn too_slow(card: &Card) -> Error {
    Error::new(
        Kind::Timeout,
        text!("{service} did not answer in time.", service = &card.title),
    )
    .hint(text!("Try again in a minute."))
}

/// What a service may not repeat: the connection's secrets, and the pair of name and password as it
/// was sent.
pub(super) fn secrets_of(target: &Target, sent: &Request) -> Vec<SecretString> {
    let header = sent.headers().get(AUTHORIZATION);
    let header = header.and_then(|value| value.to_str().ok());
    let pair = header.and_then(|value| value.strip_prefix("Basic "));
    let secrets = target.secrets.values().cloned();
    secrets.chain(pair.map(SecretString::from)).collect()
}

/// There is nothing where the arguments say.
pub(super) fn not_there(service: &str) -> Error {
    let (happened, next) = missing(service);
    Error::new(Kind::NotFound, happened).hint(next)
}

fn missing(service: &str) -> (Text, Text) {
    (
        text!(
            "{service} has no such thing, or hides it from this credential.",
            service
        ),
        text!("Check the spelling, and that the credential may see it."),
    )
}

/// A sentence and a next step; what the service `said` is repeated.
pub(super) fn explain(
    card: &Card,
    status: StatusCode,
    wait: Option<Option<Duration>>,
    said: Option<String>,
) -> Error {
    let service = &card.title;
    if let Some(retry_after) = wait {
        return Error::new(
            Kind::RateLimited { retry_after },
            text!("{service} says that this is too many requests.", service),
        )
        .hint(try_again(retry_after));
    }
    let (kind, happened, next) = match status.as_u16() {
        401 => (
            Kind::Unauthenticated,
            text!("{service} does not accept this credential.", service),
            text!(
                "Connect again with `/mcp connect {card}`.",
                card = &card.name
            ),
        ),
        403 => (
            Kind::Forbidden,
            text!("{service} does not let this credential do that.", service),
            text!("Give the credential that permission, or use one that has it."),
        ),
        404 | 410 => {
            let (happened, next) = missing(service);
            (Kind::NotFound, happened, next)
        }
        400 | 405..=409 | 411..=428 => (
            Kind::Invalid,
            text!("{service} could not do that.", service),
            text!("Change what is asked for and try again."),
        ),
        300..=399 => {
            return Error::new(
                Kind::Invalid,
                text!(
                    "{service} sent the request on to another address, where I do not follow.",
                    service
                ),
            )
            .hint(text!(
                "Check that the connection's address is that of its API."
            ));
        }
        code => (
            Kind::Upstream,
            text!(
                "{service} had a problem of its own ({code}).",
                service,
                code = u64::from(code)
            ),
            text!("Try again in a minute."),
        ),
    };
    let happened = match said {
        Some(quote) => text!("{happened} It said: “{quote}”.", happened, quote),
        None => happened,
    };
    Error::new(kind, happened).hint(next)
}

/// Whether this is a rate limit, and if so, how long to wait where the service says so.
///
/// GitHub uses 403 as well as 429, and tells them apart by these headers.
fn rate_limit(status: StatusCode, headers: &HeaderMap) -> Option<Option<Duration>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let used_up = text("x-ratelimit-remaining") == Some("0");
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::FORBIDDEN && (used_up || headers.contains_key(RETRY_AFTER));
    if !limited {
        return None;
    }
    let now = || {
        DateTime::parse_from_rfc2822(text(DATE.as_str())?)
            .ok()
            .map(|at| at.timestamp())
    };
    let seconds = |name: &str| text(name).and_then(|value| value.parse::<i64>().ok());
    let after = seconds(RETRY_AFTER.as_str())
        .or_else(|| Some(seconds("x-ratelimit-reset").filter(|_| used_up)? - now()?));
    Some(
        after
            .and_then(|after| u64::try_from(after).ok())
            .map(Duration::from_secs),
    )
}

/// The sentence in an error body, wherever services put it, made short and harmless.
fn quote(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let places = [
        "/message",
        "/msg",
        "/error/message",
        "/error_description",
        "/detail",
        "/error",
        "/title",
    ];
    let main = places
        .iter()
        .find_map(|place| body.pointer(place)?.as_str());
    let hints = ["/details", "/hint"];
    let hints = hints
        .iter()
        .filter_map(|place| body.pointer(place)?.as_str());
    let details = body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .take(3)
        .filter_map(|error| {
            let text = error.as_str().or_else(|| error["message"].as_str());
            let text = text.or_else(|| error["detail"].as_str());
            text.map(str::to_owned).or_else(|| {
                Some(format!(
                    "{} {}",
                    error["field"].as_str()?,
                    error["code"].as_str()?
                ))
            })
        });
    let said = main.into_iter().chain(hints).map(str::to_owned);
    let parts: Vec<String> = said.chain(details).collect();
    plain(&parts.join("; "))
}

/// What a service said, short and harmless; nothing where it said nothing.
pub(super) fn plain(said: &str) -> Option<String> {
    let spaced: String = said
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let plain = hidden::without(&spaced);
    let plain = plain.trim();
    match plain.char_indices().nth(LONGEST_QUOTE) {
        _ if plain.is_empty() => None,
        Some((end, _)) => Some(format!("{}…", &plain[..end])),
        None => Some(plain.to_owned()),
    }
}

fn try_again(after: Option<Duration>) -> Text {
    match after.map(|after| after.as_secs()) {
        None => text!("Try again in a few minutes."),
        Some(0..=1) => text!("Try again in a moment."),
        Some(seconds @ 2..=89) => text!("Try again in {seconds} seconds.", seconds),
        Some(seconds) => text!(
            "Try again in {minutes} minutes.",
            minutes = seconds.div_ceil(60)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_and_made_harmless() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(quote(body.as_bytes()).as_deref(), expected, "{body}");
        };
        check(r#"{"message":"Bad credentials"}"#, Some("Bad credentials"));
        check(r#"{"error":{"message":"no"}}"#, Some("no"));
        check(r#"{"error":"nope"}"#, Some("nope"));
        let postgrest =
            r#"{"code":"PGRST205","details":null,"hint":"Perhaps orders","message":"No table"}"#;
        check(postgrest, Some("No table; Perhaps orders"));
        let json_api = r#"{"errors":[{"title":"Invalid","detail":"limit is too large"}]}"#;
        check(json_api, Some("limit is too large"));
        check(r#"{"message":"a\u001b[31m\nb\u202e"}"#, Some("a [31m b"));
        let github = r#"{"message":"Validation Failed","errors":[{"message":"No commits"},{"field":"title","code":"missing"}]}"#;
        check(github, Some("Validation Failed; No commits; title missing"));
        for nothing in ["", "<html>", "[]", r#"{"message":" "}"#, r#"{"message":7}"#] {
            check(nothing, None);
        }
        let long = format!(r#"{{"message":"{}"}}"#, "é".repeat(900));
        assert_eq!(quote(long.as_bytes()).unwrap().chars().count(), 301);
    }

    #[test]
    fn rate_limits_say_how_long_to_wait() {
        let check = |status: u16, headers: &[(&'static str, &'static str)], expected| {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let found = rate_limit(StatusCode::from_u16(status).unwrap(), &headers.collect());
            assert_eq!(found, expected, "{status}");
        };
        let date = ("date", "Sat, 21 Nov 2026 08:00:00 GMT");
        check(
            429,
            &[("retry-after", "7")],
            Some(Some(Duration::from_secs(7))),
        );
        check(429, &[], Some(None));
        check(403, &[], None);
        check(403, &[("x-ratelimit-remaining", "12")], None);
        check(
            403,
            &[("retry-after", "60")],
            Some(Some(Duration::from_secs(60))),
        );
        let used_up = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1795248090"),
            date,
        ];
        check(403, &used_up, Some(Some(Duration::from_secs(90))));
        check(500, &[("retry-after", "7")], None);
    }
}
