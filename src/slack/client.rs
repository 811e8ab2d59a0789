//! The only file that calls Slack: every call has a time limit and tells "no" from "unheard".

mod calling;
mod files;
mod finding;
mod reading;

use std::time::Duration;

use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use slack_morphism::prelude::SlackClientHyperConnector;
use slack_morphism::{SlackApiToken, SlackApiTokenValue};
use tokio::sync::OnceCell;
use url::Url;

use super::SlackConfig;
use super::blocks::Message;
use super::limits::Limits;
use super::standing::Standing;
use crate::domain::principal::Principal;
use crate::error::{Error, Kind};
use crate::ids::{ChannelId, MessageTs, TeamId, UserId};
use crate::net;
use crate::signals::Metrics;
use crate::text;

use reading::Itself;
pub use reading::{Place, Profile};

type Connector = SlackClientHyperConnector<HttpsConnector<HttpConnector>>;

/// The one kind of silence in which a call may well have worked.
pub const UNANSWERED: &str = "time-out";

/// Why a call to Slack did not work.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Slack said no, with its code.
    #[error("Slack answered `{0}`")]
    Refused(String),
    /// Slack said later.
    #[error("Slack asked to wait {0:?}")]
    RateLimited(Duration),
    /// No answer, or one that says nothing: the call may or may not have happened.
    #[error("no answer from Slack ({0})")]
    Unheard(&'static str),
}

/// Slack's codes that pass.
const TRANSIENT: [&str; 5] = [
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "ratelimited",
];

impl CallError {
    /// Its name in metrics.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::RateLimited(_) => "rate_limited",
            Self::Unheard(_) => "unheard",
        }
    }

    /// Whether the same call may work in a while.
    pub fn passes(&self) -> bool {
        match self {
            Self::Refused(code) => TRANSIENT.contains(&code.as_str()),
            Self::RateLimited(_) | Self::Unheard(_) => true,
        }
    }
}

/// What an agent does in a thread, as Slack shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Nothing at the moment.
    Active,
    /// It is at work; Slack offers to stop it.
    Processing,
    /// It waits for a person.
    Suspended,
}

/// How a message that grew is closed.
#[derive(Clone, Debug)]
pub struct StreamEnd<'a> {
    /// The last of what grows.
    pub chunks: &'a [Value],
    /// What stands below it.
    pub blocks: &'a [Value],
    /// What the agent does from now on.
    pub status: SessionStatus,
    /// What the message is known by.
    pub metadata: Option<Value>,
}

/// Slack's Web API with the bot's token.
pub struct SlackClient {
    client: slack_morphism::SlackClient<Connector>,
    /// For what takes no part in the Web API.
    http: reqwest::Client,
    token: SlackApiToken,
    app_token: SlackApiToken,
    api_url: Url,
    timeout: Duration,
    limits: Limits,
    metrics: Metrics,
    standing: Standing,
    itself: OnceCell<Itself>,
}

impl std::fmt::Debug for SlackClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlackClient({})", self.api_url)
    }
}

fn token(configured: Option<&SecretString>) -> SlackApiToken {
    let token = configured.map(|token| token.expose_secret().to_owned());
    SlackApiToken::new(SlackApiTokenValue(token.unwrap_or_default()))
}

/// A connector to `api_url`: TLS outside loopback, plain HTTP where the URL says so.
fn connector(api_url: &str) -> Result<Connector, Error> {
    let https = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(Error::internal)?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(SlackClientHyperConnector::with_connector(https)
        .with_slack_api_url(api_url.trim_end_matches('/')))
}

impl SlackClient {
    /// A client for the workspace that the configured token belongs to.
    pub fn new(config: &SlackConfig) -> Result<Self, Error> {
        Ok(Self {
            client: slack_morphism::SlackClient::new(connector(&config.api_url)?),
            http: net::plain_client()?,
            token: token(config.bot_token.as_ref()),
            app_token: token(config.app_token.as_ref()),
            api_url: Url::parse(&config.api_url).map_err(Error::internal)?,
            timeout: config.call_timeout,
            limits: Limits::default(),
            metrics: Metrics::default(),
            standing: Standing::default(),
            itself: OnceCell::new(),
        })
    }

    /// The same, whose calls are counted there.
    pub fn counted_in(mut self, metrics: &Metrics) -> Self {
        self.metrics = metrics.clone();
        self
    }

    /// How the bot stands with Slack.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Where the next socket is to be opened; works once, for half a minute.
    pub async fn socket_address(&self) -> Result<Url, CallError> {
        let session = self.client.open_session(&self.app_token);
        let (method, nothing) = ("apps.connections.open", json!({}));
        let call = session
            .http_session_api
            .http_post::<_, Value>(method, &nothing, None);
        let answer = self.within_limit(method, call).await?;
        let url = answer["url"].as_str().and_then(|url| Url::parse(url).ok());
        let plain = self.api_url.scheme() == "http";
        url.filter(|url| url.scheme() == "wss" || plain && url.scheme() == "ws")
            .ok_or(CallError::Unheard("no address"))
    }

    /// Posts a message and returns its identity. `metadata` lets a lost reply be found again.
    pub async fn post(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        message: &Message,
        metadata: Option<Value>,
    ) -> Result<MessageTs, CallError> {
        let mut body = message_body(channel, message);
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        if let Some(metadata) = metadata {
            body["metadata"] = metadata;
        }
        let answer = self.call("chat.postMessage", &body).await?;
        answer["ts"]
            .as_str()
            .map(MessageTs::new)
            .ok_or(CallError::Unheard("no ts"))
    }

    /// Brings a message up to date.
    pub async fn update(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        message: &Message,
    ) -> Result<(), CallError> {
        let mut body = message_body(channel, message);
        body["ts"] = json!(ts);
        self.call("chat.update", &body).await.map(drop)
    }

    /// Begins a message that grows as it is written, for the person it answers; Slack ends it after
    /// five minutes. It shows that the agent is at work, with a Stop button.
    pub async fn start_stream(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
        reader: &Principal,
        chunks: &[Value],
    ) -> Result<MessageTs, CallError> {
        let body = json!({
            "channel": channel,
            "thread_ts": thread,
            "recipient_user_id": reader.user,
            "recipient_team_id": reader.team,
            "task_display_mode": "timeline",
            "chunks": chunks,
        });
        let answer = self.call("chat.startStream", &body).await?;
        answer["ts"]
            .as_str()
            .map(MessageTs::new)
            .ok_or(CallError::Unheard("no ts"))
    }

    /// Lets a message grow.
    pub async fn append_stream(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        chunks: &[Value],
    ) -> Result<(), CallError> {
        let body = json!({ "channel": channel, "ts": ts, "chunks": chunks });
        self.call("chat.appendStream", &body).await.map(drop)
    }

    /// Ends a message that grew: `last` is what closes it, `status` what the agent does from now on.
    pub async fn stop_stream(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        last: StreamEnd<'_>,
    ) -> Result<(), CallError> {
        let mut body = json!({ "channel": channel, "ts": ts, "session_status": last.status });
        for (name, parts) in [("chunks", last.chunks), ("blocks", last.blocks)] {
            if !parts.is_empty() {
                body[name] = json!(parts);
            }
        }
        if let Some(metadata) = last.metadata {
            body["metadata"] = metadata;
        }
        self.call("chat.stopStream", &body).await.map(drop)
    }

    /// Says what the agent is doing in a thread, for messages that are not streams.
    pub async fn set_session_status(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
        status: SessionStatus,
    ) -> Result<(), CallError> {
        let body = json!({ "channel_id": channel, "thread_ts": thread, "status": status });
        self.call("agents.sessions.setStatus", &body)
            .await
            .map(drop)
    }

    /// Shows a message to one person of a channel.
    pub async fn post_ephemeral(
        &self,
        channel: &ChannelId,
        user: &UserId,
        thread: Option<&MessageTs>,
        message: &Message,
    ) -> Result<(), CallError> {
        let mut body = message_body(channel, message);
        body["user"] = json!(user);
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        self.call("chat.postEphemeral", &body).await.map(drop)
    }

    /// Opens a modal; `trigger` lives three seconds and works once.
    pub async fn open_view(&self, trigger: &str, view: &Value) -> Result<(), CallError> {
        let body = json!({ "trigger_id": trigger, "view": view });
        self.call("views.open", &body).await.map(drop)
    }

    /// Changes an open modal.
    pub async fn update_view(&self, view_id: &str, view: &Value) -> Result<(), CallError> {
        let body = json!({ "view_id": view_id, "view": view });
        self.call("views.update", &body).await.map(drop)
    }

    /// Shows a person their Home.
    pub async fn publish_home(&self, user: &UserId, view: &Value) -> Result<(), CallError> {
        let body = json!({ "user_id": user, "view": view });
        self.call("views.publish", &body).await.map(drop)
    }

    /// Suggests what a person may ask first in their conversation with the bot.
    pub async fn suggest(&self, channel: &ChannelId, prompts: &Value) -> Result<(), CallError> {
        let body = json!({ "channel_id": channel, "prompts": prompts });
        self.call("assistant.threads.setSuggestedPrompts", &body)
            .await
            .map(drop)
    }

    /// Whether the bot can read, and so answer in, this thread.
    pub async fn can_answer_in(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
    ) -> Result<(), CallError> {
        let query = [
            ("channel", Some(channel.as_str())),
            ("ts", Some(thread.as_str())),
            ("limit", Some("1")),
        ];
        self.get("conversations.replies", &query).await.map(drop)
    }

    /// The workspace and the bot that the token belongs to, such as "Acme as patchbay".
    pub async fn identity(&self) -> Result<String, CallError> {
        let answer = self.call("auth.test", &json!({})).await?;
        let part = |name: &str| answer[name].as_str().unwrap_or("unknown").to_owned();
        Ok(format!("{} as {}", part("team"), part("user")))
    }

    /// The workspace that the token belongs to, as Slack says now; nothing where it is a whole
    /// organisation's.
    pub async fn whose(&self) -> Result<Option<TeamId>, CallError> {
        let answer = self.call("auth.test", &json!({})).await?;
        let team = answer["team_id"].as_str().map(TeamId::new);
        Ok(team.filter(|_| answer["is_enterprise_install"] != json!(true)))
    }

    /// Answers through the URL that came with a command or click; only Slack's own is used.
    pub async fn respond(
        &self,
        response_url: &str,
        message: &Message,
        replace: bool,
    ) -> Result<(), CallError> {
        let url = Url::parse(response_url)
            .ok()
            .filter(|url| self.is_slack(url));
        let url = url.ok_or(CallError::Unheard("response_url is not Slack's"))?;
        let mut body = json!({ "response_type": "ephemeral", "text": message.text, "replace_original": replace });
        if !message.blocks.is_empty() {
            body["blocks"] = json!(message.blocks);
        }
        let session = self.client.open_session(&self.token);
        let call = session
            .http_session_api
            .http_post_uri::<_, Value>(url, &body, None);
        self.within_limit("response_url", call).await.map(drop)
    }

    /// Slack's hosts, or the host of the configured API.
    fn is_slack(&self, url: &Url) -> bool {
        let slack = url.scheme() == "https" && url.host_str() == Some("hooks.slack.com");
        slack || url.origin() == self.api_url.origin()
    }
}

fn message_body(channel: &ChannelId, message: &Message) -> Value {
    json!({
        "channel": channel,
        "text": message.text,
        "blocks": message.blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::Refused(code) if code.ends_with("_trigger_id") => Self::new(
                Kind::Timeout,
                text!("Slack gave me only three seconds to open the form, and they were over."),
            )
            .hint(text!("Try again.")),
            CallError::Refused(_) => {
                Self::new(Kind::Upstream, text!("Slack did not accept my answer.")).hint(text!(
                    "Try again; if it stays, give your admin the reference below."
                ))
            }
            CallError::RateLimited(_) => Self::new(
                Kind::RateLimited { retry_after: None },
                text!("Slack asks me to slow down."),
            )
            .hint(text!("Try again in a minute.")),
            CallError::Unheard(_) => Self::new(Kind::Upstream, text!("Slack did not answer me."))
                .hint(text!("Try again.")),
        }
        .source(error)
    }
}
