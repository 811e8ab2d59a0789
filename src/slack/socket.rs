//! Socket Mode: raw frames in, acknowledgements out, on as many sockets as configured.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use slack_morphism::clients_manager::{
    SlackSocketModeClientsManager, SlackSocketModeClientsManagerFactory as _,
};
use slack_morphism::listener::SlackClientEventsListenerEnvironment;
use slack_morphism::{
    SlackApiToken, SlackApiTokenValue, SlackClientSocketModeConfig, SlackSocketModeClientListener,
    SlackSocketModeWssClientId,
};

use super::client;
use super::inbound::Envelope;
use super::receive::{Ack, receive};
use crate::app::App;
use crate::error::{Error, Result};

/// Seconds between pings, and how many may stay unanswered: a dead link is noticed in time.
const PING_INTERVAL: u64 = 5;
const PING_FAILURES: u64 = 3;
/// How long no socket may be open before it is said.
const DEAF_AFTER: Duration = Duration::from_secs(10);
/// Seconds until a failed connection is tried again.
const RECONNECT: u64 = 2;

/// Whether frames can arrive: how many sockets Slack has greeted.
#[derive(Debug, Default)]
pub struct SocketHealth {
    open: AtomicUsize,
}

impl SocketHealth {
    /// The sockets that are up.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

type Manager = dyn SlackSocketModeClientsManager + Send + Sync;

/// Sockets that are open until they are closed.
pub struct Sockets {
    manager: Arc<Manager>,
}

impl Sockets {
    /// Opens the configured number of sockets; failing ones are tried again in the background.
    pub async fn open(app: &Arc<App>) -> Result<Self> {
        let config = &app.config.slack;
        let connector = client::connector(&config.api_url)?;
        let slack = Arc::new(slack_morphism::SlackClient::new(connector));
        let environment = Arc::new(SlackClientEventsListenerEnvironment::new(slack.clone()));
        let manager = slack.http_api.connector.new_clients_manager(environment);
        let listener = Arc::new(Listener {
            app: Arc::downgrade(app),
            manager: OnceLock::new(),
        });
        // Set once, right here; a second set cannot happen.
        let _ = listener.manager.set(Arc::downgrade(&manager));
        let settings = SlackClientSocketModeConfig::new()
            .with_max_connections_count(config.sockets)
            .with_initial_backoff_in_seconds(0)
            .with_reconnect_timeout_in_seconds(RECONNECT)
            .with_ping_interval_in_seconds(PING_INTERVAL)
            .with_ping_failure_threshold_times(PING_FAILURES);
        let token = config
            .app_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned());
        let token = SlackApiToken::new(SlackApiTokenValue(token.unwrap_or_default()));
        manager
            .register_new_token(&settings, token, listener)
            .await
            .map_err(|_| Error::internal(anyhow::anyhow!("the sockets could not be registered")))?;
        manager.start().await;
        Ok(Self { manager })
    }

    /// Says goodbye to Slack, so that it stops sending to sockets nobody reads.
    pub async fn close(self) {
        self.manager.shutdown().await;
    }
}

/// Says so, again and again, while no socket is open: otherwise a bot that hears nothing looks
/// like one that nobody talks to.
pub async fn watch(app: Arc<App>) {
    loop {
        tokio::time::sleep(DEAF_AFTER).await;
        if app.sockets.open() == 0 {
            tracing::error!(
                "no socket to Slack is open; check slack.app_token, and that this machine reaches Slack"
            );
        }
    }
}

struct Listener {
    app: Weak<App>,
    manager: OnceLock<Weak<Manager>>,
}

#[async_trait]
impl SlackSocketModeClientListener for Listener {
    async fn on_message(
        &self,
        client_id: &SlackSocketModeWssClientId,
        body: String,
    ) -> Option<String> {
        let app = self.app.upgrade()?;
        let Ok(mut frame) = serde_json::from_str::<Value>(&body) else {
            tracing::warn!(
                bytes = body.len(),
                "Slack sent a frame that is not JSON; it was dropped"
            );
            return None;
        };
        let envelope = match frame["type"].as_str() {
            Some("events_api") => Envelope::Event,
            Some("slash_commands") => Envelope::Command,
            Some("interactive") => Envelope::Interactive,
            Some("hello") => {
                app.sockets.open.fetch_add(1, Ordering::Relaxed);
                tracing::info!(
                    connections = frame["num_connections"].as_u64(),
                    "a socket to Slack is open"
                );
                return None;
            }
            Some("disconnect") => {
                tracing::info!(
                    reason = frame["reason"].as_str(),
                    "Slack asked for a new socket"
                );
                self.reconnect(&app, client_id).await;
                return None;
            }
            _ => {
                tracing::warn!(
                    "Slack sent a frame of an unknown type; it was acknowledged and dropped"
                );
                return acknowledge(&frame, None);
            }
        };
        let payload = frame["payload"].take();
        match receive(&app, envelope, &payload).await {
            Ack::Empty => acknowledge(&frame, None),
            Ack::Body(body) => acknowledge(&frame, Some(body)),
            Ack::Refused => None,
        }
    }

    async fn on_error(&self, _error: Box<dyn std::error::Error + Send + Sync>) {
        // The library's errors hold frames and tickets, so only the fact is logged.
        tracing::warn!("a socket to Slack had an error");
    }

    async fn on_disconnect(&self, client_id: &SlackSocketModeWssClientId) {
        if let Some(app) = self.app.upgrade() {
            tracing::warn!("a socket to Slack was closed");
            self.reconnect(&app, client_id).await;
        }
    }
}

impl Listener {
    async fn reconnect(&self, app: &App, client_id: &SlackSocketModeWssClientId) {
        let counted = |open: usize| open.checked_sub(1);
        // An error means that the count was zero already.
        let _ = app
            .sockets
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted);
        if app.tasks.is_stopping() {
            return;
        }
        if let Some(manager) = self.manager.get().and_then(Weak::upgrade) {
            manager.restart_client(client_id).await;
        }
    }
}

fn acknowledge(frame: &Value, body: Option<Value>) -> Option<String> {
    let id = frame["envelope_id"].as_str()?;
    let mut ack = json!({ "envelope_id": id });
    if let Some(body) = body {
        ack["payload"] = body;
    }
    Some(ack.to_string())
}
