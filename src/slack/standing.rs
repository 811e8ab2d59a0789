//! How the bot stands with Slack: whether its token is taken, and whether Slack holds events back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;

/// Slack's codes for a token that works for nothing, whatever is asked.
const NO_TOKEN: [&str; 7] = [
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "app_uninstalled",
    "org_login_required",
];
/// How long it counts that Slack held events back.
const RECENTLY: TimeDelta = TimeDelta::hours(1);

/// How often it is asked whether a refused token is taken again.
const ASKED_AGAIN: Duration = Duration::from_secs(30);

/// What Slack said of this app, other than in answer to one call.
#[derive(Debug, Default)]
pub struct Standing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    refused: Option<String>,
    held_back: Option<DateTime<Utc>>,
}

/// Whether Slack's "no" is about the bot as a whole.
pub fn is_about_the_token(code: &str) -> bool {
    NO_TOKEN.contains(&code)
}

/// Asks again and again while the token is refused: nothing else is sent then.
pub async fn watch(app: Arc<App>) {
    loop {
        tokio::time::sleep(ASKED_AGAIN).await;
        if app.slack.standing().refused().is_some() {
            match app.slack.identity().await {
                Ok(_) => app.changed.notify_waiters(),
                Err(error) => tracing::warn!("the bot token is still not taken: {error}"),
            }
        }
    }
}

impl Standing {
    /// Slack's code, while it refuses the bot token.
    pub fn refused(&self) -> Option<String> {
        self.lock().refused.clone()
    }

    /// Slack refuses the bot token, with its code.
    pub fn refuse(&self, code: &str) {
        let before = self.lock().refused.replace(code.to_owned());
        if before.is_none() {
            tracing::error!(
                "Slack refuses the bot token (`{code}`): nothing is sent until it is taken again. Install the app anew, and set slack.bot_token if it changed"
            );
        }
    }

    /// Slack takes the bot token.
    pub fn accept(&self) {
        if self.lock().refused.take().is_some() {
            tracing::info!("Slack takes the bot token again");
        }
    }

    /// When Slack last held events back, if that was within the hour.
    pub fn held_back(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lock().held_back.filter(|at| now - *at < RECENTLY)
    }

    /// Slack holds back events: there were more than it delivers in an hour.
    pub fn hold_back(&self, at: DateTime<Utc>) {
        tracing::error!(
            "Slack holds back events of this workspace: more than 30,000 within an hour. What people said meanwhile may not have arrived; leave channels where the bot is not needed"
        );
        self.lock().held_back = Some(at);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
