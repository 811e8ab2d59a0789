//! Language models behind one small door, whichever company or machine they run on.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::domain::chat::{ChatReply, ChatRequest, Delta};
use crate::domain::usage::TokenUsage;

pub mod catalogue;
mod classify;
pub mod demo;
mod dialect;
mod explain;
pub mod prices;
pub mod probe;
pub mod provider;

/// A model that can be asked; one value per provider and model.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// `provider/model`, as usage and people see it.
    fn name(&self) -> &str;

    /// Asks, passing pieces on as they come, and returns the whole reply.
    ///
    /// A reply that was cut off is an error, never a short answer. Dropping the future stops
    /// the request. A receiver that lags or is gone loses pieces, never the reply.
    async fn reply(
        &self,
        request: ChatRequest,
        deltas: mpsc::Sender<Delta>,
    ) -> Result<ChatReply, Error>;
}

/// How long a model may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Until the provider begins to answer; a local model loads in this time.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// Between two pieces of an answer; a model may think in silence.
    #[serde(with = "humantime_serde")]
    pub read_timeout: Duration,
    /// For the whole answer.
    #[serde(with = "humantime_serde")]
    pub total_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(60),
            read_timeout: Duration::from_secs(90),
            total_timeout: Duration::from_secs(300),
        }
    }
}

/// Why a model did not answer; where callers branch, by kind.
#[derive(Debug, thiserror::Error)]
#[error("{provider}, model {model}: {kind:?}")]
pub struct Error {
    /// The provider, as people know it: "OpenAI".
    pub provider: String,
    /// The model, as the provider knows it.
    pub model: String,
    /// What happened.
    pub kind: ErrorKind,
    /// What it used all the same, where the provider counted.
    pub usage: Option<TokenUsage>,
    /// The cause, for the log; may hold request text, so it is never shown.
    #[source]
    pub source: Option<anyhow::Error>,
}

/// What happened when a model did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The key is wrong, expired or lacks access.
    Auth,
    /// Too many requests or no quota left.
    RateLimited {
        /// When the provider said to come back.
        retry_after: Option<Duration>,
    },
    /// The provider is overloaded.
    Overloaded,
    /// The provider failed.
    Server,
    /// Nothing came in time.
    Timeout,
    /// The provider could not be reached.
    Network,
    /// The reply stopped before its end.
    Truncated,
    /// The provider refused the request as wrong.
    BadRequest,
    /// The conversation no longer fits the model.
    ContextTooLong,
    /// The reply reached the most tokens it may have.
    AnswerTooLong,
    /// The provider declined the content.
    ContentFilter,
    /// There is no such model at this provider.
    UnknownModel,
}

impl ErrorKind {
    /// Whether a provider may bill a request that came to this although nothing of an answer came.
    pub fn may_be_billed(&self) -> bool {
        match self {
            Self::Timeout | Self::Truncated | Self::AnswerTooLong | Self::ContentFilter => true,
            Self::Auth
            | Self::RateLimited { .. }
            | Self::Overloaded
            | Self::Server
            | Self::Network
            | Self::BadRequest
            | Self::ContextTooLong
            | Self::UnknownModel => false,
        }
    }

    /// Its name in metrics and traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::RateLimited { .. } => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::Truncated => "truncated",
            Self::BadRequest => "bad_request",
            Self::ContextTooLong => "context_too_long",
            Self::AnswerTooLong => "answer_too_long",
            Self::ContentFilter => "content_filter",
            Self::UnknownModel => "unknown_model",
        }
    }

    /// Whether asking again, later or elsewhere, may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Overloaded
            | Self::Server
            | Self::Timeout
            | Self::Network
            | Self::Truncated => true,
            Self::Auth
            | Self::BadRequest
            | Self::ContextTooLong
            | Self::AnswerTooLong
            | Self::ContentFilter
            | Self::UnknownModel => false,
        }
    }
}
