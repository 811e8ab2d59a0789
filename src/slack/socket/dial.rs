//! How a socket comes about: an address from Slack, a connection, a greeting. Each within its time.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::slack::client::{CallError, SlackClient};
use crate::slack::receive::LARGEST_DELIVERY;

/// How long a connection may take, and then the greeting.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection to Slack.
pub(super) type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A connection that Slack has greeted.
pub(super) struct Greeted {
    pub(super) socket: WebSocket,
    /// How many sockets Slack counts for this app, this one included.
    pub(super) counted: usize,
}

/// Why no socket came about. Nothing of a frame or an address is in it: those hold tickets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Slack gives out no address, with its code.
    #[error(
        "Slack refuses the app token (`{0}`): check slack.app_token, and that Socket Mode is on in the app's settings"
    )]
    Refused(String),
    /// Slack gives out no address now.
    #[error("Slack asks to wait {} s before the next socket", .0.as_secs())]
    Later(Duration),
    /// Nothing came back, or nothing that says anything.
    #[error("Slack cannot be reached ({0}): check that this machine reaches slack.com")]
    Unreachable(&'static str),
    /// Slack said goodbye instead of hello, with its reason.
    #[error(
        "Slack turned the socket away (`{0}`): Socket Mode must be on in the app's settings, and all copies of the bot together may have ten sockets"
    )]
    TurnedAway(String),
}

impl Failure {
    /// How long Slack wants to be left alone.
    pub(super) fn asked_to_wait(&self) -> Duration {
        match self {
            Self::Later(wait) => *wait,
            Self::Refused(_) | Self::Unreachable(_) | Self::TurnedAway(_) => Duration::ZERO,
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(code) => Self::Refused(code),
            CallError::RateLimited(wait) => Self::Later(wait),
            CallError::Unheard(how) => Self::Unreachable(how),
        }
    }
}

/// Opens one socket.
pub(super) async fn dial(slack: &SlackClient) -> Result<Greeted, Failure> {
    let address = slack.socket_address().await?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_DELIVERY))
        .max_frame_size(Some(LARGEST_DELIVERY));
    let connecting = connect_async_with_config(address.as_str(), Some(limits), true);
    let (mut socket, _) = tokio::time::timeout(PATIENCE, connecting)
        .await
        .map_err(|_| Failure::Unreachable("no connection in time"))?
        .map_err(|_| Failure::Unreachable("no connection"))?;
    let counted = tokio::time::timeout(PATIENCE, greeting(&mut socket))
        .await
        .map_err(|_| Failure::Unreachable("no greeting in time"))??;
    Ok(Greeted { socket, counted })
}

/// Reads up to Slack's hello.
async fn greeting(socket: &mut WebSocket) -> Result<usize, Failure> {
    loop {
        let text = match socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => {
                return Err(Failure::Unreachable("closed before the greeting"));
            }
            Some(Ok(_)) => continue,
        };
        let frame: Value = serde_json::from_str(&text).unwrap_or_default();
        match frame["type"].as_str() {
            Some("hello") => {
                let counted = frame["num_connections"].as_u64().unwrap_or(1);
                return Ok(usize::try_from(counted).unwrap_or(usize::MAX));
            }
            Some("disconnect") => {
                let reason = frame["reason"].as_str().unwrap_or("unknown");
                return Err(Failure::TurnedAway(reason.to_owned()));
            }
            // Slack says hello first; whatever else this is, nobody is here yet to acknowledge it.
            _ => tracing::debug!("a frame came before the greeting and was dropped"),
        }
    }
}
