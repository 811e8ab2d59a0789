//! Slack: frames and requests come in, messages and modals go out; the core never hears of either.

mod actions;
pub mod blocks;
mod chart;
pub mod client;
pub mod commands;
mod elsewhere;
pub mod events;
mod feedback;
pub mod foreign;
pub mod home;
pub mod inbound;
mod ledger;
mod limits;
pub mod markdown;
mod modals;
pub mod mrkdwn;
mod notices;
pub mod outbox;
mod overheard;
pub mod people;
mod places;
pub mod recall;
pub mod receive;
pub mod recovery;
mod router;
mod screens;
pub mod shortcuts;
pub mod socket;
pub mod standing;
pub mod thread;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

pub use client::SlackClient;

pub use crate::domain::channel::Answers;

/// How Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The bot opens WebSockets to Slack; nothing has to be reachable from outside.
    Socket,
    /// Slack sends signed requests to the bot's public address.
    Http,
}

/// The Slack app.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    /// How Slack reaches the bot.
    pub transport: Transport,
    /// `xoxb-…`, from "OAuth & Permissions".
    #[serde(skip_serializing)]
    pub bot_token: Option<SecretString>,
    /// `xapp-…` with `connections:write`, from "Basic Information"; for the socket transport.
    #[serde(skip_serializing)]
    pub app_token: Option<SecretString>,
    /// From "Basic Information"; for the http transport.
    #[serde(skip_serializing)]
    pub signing_secret: Option<SecretString>,
    /// Where Slack's Web API is.
    pub api_url: String,
    /// The slash command, as the manifest names it.
    pub command: String,
    /// How an answer is shown while it is written.
    pub answers: Answers,
    /// How many sockets are kept open at once.
    pub sockets: u32,
    /// How long one Web API call may take.
    #[serde(with = "humantime_serde")]
    pub call_timeout: Duration,
    /// How long storing a request may take before Slack is told that storage is down.
    #[serde(with = "humantime_serde")]
    pub store_timeout: Duration,
    /// How long a command, click or form may take before it counts as interrupted.
    #[serde(with = "humantime_serde")]
    pub handler_timeout: Duration,
}

impl SlackConfig {
    /// What is wrong with this section, a sentence each with the next step.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let missing = |secret: &Option<SecretString>| {
            secret
                .as_ref()
                .is_none_or(|s| s.expose_secret().trim().is_empty())
        };
        if missing(&self.bot_token) {
            problems.push("slack.bot_token is missing: copy it from \"OAuth & Permissions\" of your Slack app into SLACK_BOT_TOKEN".to_owned());
        }
        // Swapped tokens are a common slip, and Slack's "no" does not say so.
        let is = |secret: &Option<SecretString>, mark: &str| {
            let text = secret.as_ref().map_or("", |secret| secret.expose_secret());
            text.trim().starts_with(mark)
        };
        if is(&self.bot_token, "xapp-") || is(&self.bot_token, "xoxp-") {
            problems.push("slack.bot_token is another kind of token: the one that is wanted begins with `xoxb-`, from \"OAuth & Permissions\"".to_owned());
        }
        if is(&self.app_token, "xoxb-") || is(&self.app_token, "xoxp-") {
            problems.push("slack.app_token is another kind of token: the one that is wanted begins with `xapp-`, from \"Basic Information\"".to_owned());
        }
        match self.transport {
            Transport::Socket if missing(&self.app_token) => problems.push(
                "slack.app_token is missing: make an app-level token with connections:write under \"Basic Information\" and set SLACK_APP_TOKEN".to_owned(),
            ),
            Transport::Http if missing(&self.signing_secret) => problems.push(
                "slack.signing_secret is missing: copy it from \"Basic Information\" into SLACK_SIGNING_SECRET".to_owned(),
            ),
            Transport::Socket | Transport::Http => {}
        }
        if !(1..=10).contains(&self.sockets) {
            problems
                .push("slack.sockets must be between 1 and 10: Slack allows no more".to_owned());
        }
        if !self.command.starts_with('/') {
            problems.push("slack.command must start with `/`".to_owned());
        }
        if url::Url::parse(&self.api_url).is_err() || !self.api_url.ends_with('/') {
            problems.push("slack.api_url must be a URL that ends with `/`".to_owned());
        }
        problems
    }
}
