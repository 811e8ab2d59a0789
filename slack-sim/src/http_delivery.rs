//! Delivery by signed POSTs to the app's request addresses.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_lc_rs::hmac;
use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::clock::Time;
use crate::dispatch::{ACK_LIMIT, Answer, Attempt, Kind, Outgoing};
use crate::faults::FaultKind;
use crate::ids;
use crate::log::Line;
use crate::shared::Shared;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Posts something to the app; the future is the wait for its answer.
pub(crate) fn send(
    shared: &Arc<Shared>,
    base: &str,
    outgoing: &Outgoing,
    attempt: &Attempt,
) -> BoxFuture<'static, Answer> {
    let shared = Arc::clone(shared);
    let outgoing = outgoing.clone();
    let attempt = attempt.clone();
    let base = base.trim_end_matches('/').to_owned();
    let started = shared.clock.now();
    async move {
        let entry = shared.record(Line {
            direction: "to_app",
            transport: "http",
            team: outgoing.team(),
            what: outgoing.what(),
            summary: outgoing.summary(),
            body: outgoing.payload.clone(),
        });
        let answer = post(&shared, started, &base, &outgoing, &attempt).await;
        let (status, ms) = match &answer {
            Answer::Acked { ms, .. } => ("ok".to_owned(), Some(*ms)),
            Answer::Silent => ("timeout".to_owned(), None),
            Answer::NoApp => ("connection_failed".to_owned(), None),
            Answer::Refused { status, .. } => (status.to_string(), None),
        };
        shared.record_end(entry, &status, ms);
        answer
    }
    .boxed()
}

/// Asks the app to prove that the address is its own, as Slack does when it is entered.
pub(crate) async fn verify(shared: &Shared, base: &str) -> anyhow::Result<()> {
    let challenge = ids::random(16);
    let body = json!({
        "token": ids::VERIFICATION_TOKEN,
        "challenge": challenge,
        "type": "url_verification",
    });
    let url = format!("{}/slack/events", base.trim_end_matches('/'));
    let response = signed(shared, &url, JSON, body.to_string())
        .timeout(ACK_LIMIT)
        .send()
        .await
        .with_context(|| format!("asking {url} for the challenge"))?;
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    ensure!(
        status.is_success() && text.contains(&challenge),
        "{url} did not answer with the challenge (HTTP status {status})"
    );
    Ok(())
}

async fn post(
    shared: &Shared,
    started: Time,
    base: &str,
    outgoing: &Outgoing,
    attempt: &Attempt,
) -> Answer {
    let (path, content_type, body) = match outgoing.kind {
        Kind::Event => ("events", JSON, outgoing.payload.to_string()),
        Kind::Command => ("commands", FORM, form(&outgoing.payload)),
        Kind::Interaction => {
            let payload = json!({"payload": outgoing.payload.to_string()});
            ("interactivity", FORM, form(&payload))
        }
    };
    let mut request = signed(shared, &format!("{base}/slack/{path}"), content_type, body);
    if attempt.number > 0 {
        request = request
            .header("x-slack-retry-num", attempt.number.to_string())
            .header("x-slack-retry-reason", attempt.reason);
    }
    let exchange = async {
        let response = request.send().await?;
        let status = response.status();
        let no_retry = response
            .headers()
            .get("x-slack-no-retry")
            .is_some_and(|value| value == "1");
        let body = response.text().await?;
        on_its_way(shared).await;
        Ok::<_, reqwest::Error>((status, no_retry, body))
    };
    match shared.clock.before(started + ACK_LIMIT, exchange).await {
        None => Answer::Silent,
        Some(Err(_)) => Answer::NoApp,
        Some(Ok((status, _, body))) if status.is_success() => Answer::Acked {
            payload: reply(&body),
            ms: u64::try_from(started.until(shared.clock.now()).as_millis()).unwrap_or(u64::MAX),
        },
        Some(Ok((status, no_retry, _))) => Answer::Refused {
            status: status.as_u16(),
            no_retry,
        },
    }
}

/// What a fault does to the acknowledgement, as on a socket.
async fn on_its_way(shared: &Shared) {
    match shared.faults.take("ack") {
        Some(fault) if fault.kind == FaultKind::Slow => {
            let delay = Duration::from_millis(fault.delay_ms.unwrap_or(1_000));
            shared.clock.sleep(delay).await;
        }
        // Any other fault loses it: Slack waits until its limit.
        Some(_) => std::future::pending().await,
        None => {}
    }
}

/// A POST with Slack's signature over its body.
fn signed(shared: &Shared, url: &str, content_type: &str, body: String) -> reqwest::RequestBuilder {
    // The app compares this with its own clock, which does not follow the virtual one.
    let timestamp = shared.clock.real_seconds().to_string();
    let secret = &shared.config.app.signing_secret;
    let signature = signature(secret, &timestamp, &body);
    shared
        .http
        .post(url)
        .header(CONTENT_TYPE, content_type)
        .header("user-agent", "Slackbot 1.0")
        .header("x-slack-request-timestamp", timestamp)
        .header("x-slack-signature", signature)
        .body(body)
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{timestamp}:{body}").as_bytes());
    let hex: String = tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("v0={hex}")
}

fn form(fields: &Value) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}

/// What an app says in its answer: JSON, or a plain text for the person.
fn reply(body: &str) -> Option<Value> {
    if body.trim().is_empty() {
        return None;
    }
    Some(serde_json::from_str(body).unwrap_or_else(|_| json!({"text": body})))
}
