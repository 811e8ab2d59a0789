//! How the bot stands with Slack: whether its token is taken, and whether Slack holds events back.
//!
//! An event that says the app or a token is gone only makes doubtful: it may be late, or about
//! another installation. Slack is asked then, and its answer counts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::client::CallError;
use crate::app::App;
use crate::ids::{LeaseToken, TeamId};
use crate::store::in_time;

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

/// How often it is asked whether a refused token is taken again, and what could not be learnt.
const ASKED_AGAIN: Duration = Duration::from_secs(30);
/// How long it is at least between two questions, however many events come.
const APART: Duration = Duration::from_secs(1);
/// Other workspaces that are spoken of in the log, each once.
const MOST_STRANGE: usize = 100;

/// What Slack said of this app, other than in answer to one call.
#[derive(Debug, Default)]
pub struct Standing {
    state: Mutex<State>,
    doubted: Notify,
}

#[derive(Debug, Default)]
struct State {
    refused: Option<String>,
    held_back: Option<DateTime<Utc>>,
    /// Whether an event said that the app or a token is gone, and Slack was not asked since.
    doubted: bool,
    /// Other workspaces that the app was heard to be in.
    strange: BTreeSet<TeamId>,
}

/// Whether Slack's "no" is about the bot as a whole.
pub fn is_about_the_token(code: &str) -> bool {
    NO_TOKEN.contains(&code)
}

/// Asks whether the token is taken: when that is doubtful, and again and again while it is refused,
/// as nothing else is sent then.
pub async fn watch(app: Arc<App>) {
    let standing = app.slack.standing();
    // What was not settled before a restart is looked for at once.
    standing.doubted.notify_one();
    loop {
        // What could not be settled is tried again after the same time.
        let _elapsed = tokio::time::timeout(ASKED_AGAIN, standing.doubted.notified()).await;
        let doubted = std::mem::take(&mut standing.lock().doubted);
        // Before Slack is asked: what is said of a later time is not settled by its answer.
        let left = left(&app).await;
        if !doubted && left.is_empty() && standing.refused().is_none() {
            continue;
        }
        match app.slack.whose().await {
            Ok(own) => {
                app.changed.notify_waiters();
                settle(&app, left, own.as_ref()).await;
            }
            Err(CallError::Refused(code)) if is_about_the_token(&code) => {
                tracing::warn!("the bot token is not taken: Slack says `{code}`");
                settle(&app, left, None).await;
            }
            Err(error) => {
                tracing::warn!("Slack did not say whether it takes the bot token: {error}");
                standing.lock().doubted = true;
            }
        }
        tokio::time::sleep(APART).await;
    }
}

/// The workspaces that took the app out, as events said, and when each said so.
async fn left(app: &App) -> Vec<(TeamId, LeaseToken)> {
    let left = in_time(app.config.slack.store_timeout, app.store.left()).await;
    left.unwrap_or_else(|error| {
        tracing::warn!(error.cause = ?error.cause(), "could not look for workspaces that took the app out");
        Vec::new()
    })
}

/// Forgets what was said and chosen in workspaces that took the app out: in all of them but `own`,
/// in which it still is.
async fn settle(app: &App, left: Vec<(TeamId, LeaseToken)>, own: Option<&TeamId>) {
    for (team, said) in left {
        let still_there = own == Some(&team);
        if still_there {
            tracing::info!(
                "Slack said that the app was taken out of the workspace, and takes its token all the same: nothing changes"
            );
        }
        let forgetting = async {
            if !still_there {
                app.store.forget_place(&team, None, true).await?;
            }
            app.store.settle_left(&team, &said).await
        };
        if let Err(error) = in_time(app.config.slack.store_timeout, forgetting).await {
            tracing::warn!(error.cause = ?error.cause(), "what was said where the bot is gone is kept for now");
        }
    }
}

impl Standing {
    /// An event said that a bot's token ended, or that a workspace took the app out.
    pub fn doubt(&self) {
        self.lock().doubted = true;
        self.doubted.notify_one();
    }

    /// Whether it is the first time that something comes from this other workspace.
    pub fn is_news(&self, team: &TeamId) -> bool {
        let mut state = self.lock();
        state.strange.len() < MOST_STRANGE && state.strange.insert(team.clone())
    }

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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
