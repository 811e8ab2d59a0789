//! A no in an answer whose status says yes, as the card says that the service says it.

use reqwest::StatusCode;
use serde_json::Value;

use super::answer;
use super::send::Errand;
use crate::domain::card::{Meaning, SaysNo};
use crate::domain::text::Text;
use crate::error::Error;
use crate::net::Body;

/// The error that an answer tells of, if it does.
pub(super) fn in_an_answer(errand: &Errand<'_>, body: &Body) -> Option<Error> {
    let service = errand.target.card.service.http.as_ref()?;
    let rule = service.refusal.as_ref()?;
    let answer: Value = serde_json::from_slice(&body.bytes).ok()?;
    if !rule.holds_for(&answer) {
        return None;
    }
    let reason = words(&answer, &rule.reason);
    let said = answer::plain(&said(rule, &answer, reason.as_deref()));
    let said = said.map(|text| errand.without_secrets(&text));
    let meaning = reason.as_deref().and_then(|reason| rule.meaning(reason));
    let status = match meaning {
        Some(Meaning::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Some(Meaning::Forbidden) => StatusCode::FORBIDDEN,
        Some(Meaning::NotFound) => StatusCode::NOT_FOUND,
        Some(Meaning::RateLimited) => StatusCode::TOO_MANY_REQUESTS,
        None => StatusCode::BAD_REQUEST,
    };
    let wait = (meaning == Some(Meaning::RateLimited)).then_some(None);
    let error = answer::explain(&errand.target.card, status, wait, said);
    let next = reason.and_then(|reason| rule.next.get(&reason));
    Some(match next {
        Some(next) => error.hint(Text::of_card(next)),
        None => error,
    })
}

/// The reason, and what else is told.
fn said(rule: &SaysNo, answer: &Value, reason: Option<&str>) -> String {
    let details = rule.details.iter();
    let details = details.filter_map(|(name, at)| Some(format!("{name}: {}", words(answer, at)?)));
    let reason = reason.map(str::to_owned);
    let parts: Vec<String> = reason.into_iter().chain(details).collect();
    parts.join("; ")
}

fn words(answer: &Value, at: &str) -> Option<String> {
    match answer.pointer(at)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
