//! How a call is made: in its turn, within its time, and telling "no" from "unheard".

use std::time::Duration;

use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use tokio::time::Instant;

use super::{CallError, SlackClient, UNANSWERED};
use crate::slack::standing::is_about_the_token;

impl SlackClient {
    /// Slack documents some methods for queries, not for JSON bodies.
    pub(super) async fn get(
        &self,
        method: &'static str,
        query: &[(&str, Option<&str>)],
    ) -> Result<Value, CallError> {
        let query: Vec<(&str, Option<&str>)> = query.to_vec();
        let session = self.client.open_session(&self.token);
        let call = session
            .http_session_api
            .http_get::<Value, _, _>(method, &query, None);
        let channel = query.iter().find(|(name, _)| *name == "channel");
        let channel = channel.and_then(|(_, value)| *value);
        self.in_turn(method, channel, call).await
    }

    /// A call that waits for its turn, or says "later" where the wait would be long.
    pub(super) async fn in_turn(
        &self,
        method: &'static str,
        channel: Option<&str>,
        call: impl Future<Output = Result<Value, SlackClientError>>,
    ) -> Result<Value, CallError> {
        let wait = self.limits.take(method, channel, Instant::now());
        let wait = wait.map_err(|wait| {
            self.metrics.slack_called(method, "held_back", None);
            CallError::RateLimited(wait)
        })?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
            let paused = self.limits.paused(method, channel, Instant::now());
            if !paused.is_zero() {
                return Err(CallError::RateLimited(paused));
            }
        }
        let outcome = self.as_bot(method, call).await;
        if let Err(CallError::RateLimited(wait)) = &outcome {
            self.limits.pause(method, channel, *wait, Instant::now());
        }
        outcome
    }

    /// A call with the bot's token: what comes of it says whether Slack takes that.
    async fn as_bot(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<Value, SlackClientError>>,
    ) -> Result<Value, CallError> {
        let outcome = self.within_limit(method, call).await;
        match &outcome {
            Ok(_) => self.standing.accept(),
            Err(CallError::Refused(code)) if is_about_the_token(code) => {
                self.standing.refuse(code);
            }
            Err(_) => {}
        }
        outcome
    }

    pub(super) async fn call(
        &self,
        method: &'static str,
        body: &Value,
    ) -> Result<Value, CallError> {
        let session = self.client.open_session(&self.token);
        let call = session
            .http_session_api
            .http_post::<_, Value>(method, body, None);
        if body.get("trigger_id").is_some() {
            // A trigger lives three seconds: a wait would only waste it.
            return self.as_bot(method, call).await;
        }
        self.in_turn(method, body["channel"].as_str(), call).await
    }

    pub(super) async fn within_limit(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<Value, SlackClientError>>,
    ) -> Result<Value, CallError> {
        let started = Instant::now();
        let answer = tokio::time::timeout(self.timeout, call).await;
        let outcome = answer.unwrap_or(Ok(Value::Null)).map_err(classify);
        let outcome = match outcome {
            Ok(Value::Null) => Err(CallError::Unheard(UNANSWERED)),
            Ok(answer) if method != "response_url" && answer["ok"] != json!(true) => {
                Err(CallError::Unheard("an answer without ok"))
            }
            outcome => outcome,
        };
        let what = outcome.as_ref().map_or_else(CallError::name, |_| "ok");
        self.metrics
            .slack_called(method, what, Some(started.elapsed()));
        outcome
    }
}

/// The errors of the library hold whole bodies, messages and modal values among them: only the
/// code leaves this function.
pub(super) fn classify(error: SlackClientError) -> CallError {
    const DEFAULT_WAIT: Duration = Duration::from_secs(5);
    match error {
        SlackClientError::ApiError(error) => CallError::Refused(error.code),
        SlackClientError::RateLimitError(error) => {
            CallError::RateLimited(error.retry_after.unwrap_or(DEFAULT_WAIT))
        }
        SlackClientError::HttpError(_) => CallError::Unheard("HTTP error"),
        SlackClientError::HttpProtocolError(_) => CallError::Unheard("connection"),
        SlackClientError::EndOfStream(_)
        | SlackClientError::SystemError(_)
        | SlackClientError::ProtocolError(_)
        | SlackClientError::SocketModeProtocolError(_) => CallError::Unheard("protocol"),
    }
}
