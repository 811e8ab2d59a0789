//! The ways in that the library leaves open: frames from its sockets, and signed bodies through its layer for axum.
//!
//! What arrives becomes the library's types where they have room for it. Two things they have no room for: which
//! attempt of Slack's this is, and payloads of an organisation's app.

use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::extract::{Extension, Form};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::clients_manager::{
    SlackSocketModeClientsManager, SlackSocketModeClientsManagerFactory as _,
};
use slack_morphism::prelude::*;
use tokio::net::TcpListener;

use crate::{APP, Environment, SIGNING_SECRET, commands, events, interactions, ready};

type Manager = dyn SlackSocketModeClientsManager + Send + Sync;

/// Listens on the library's sockets until the process ends.
pub async fn over_sockets(environment: Environment) -> anyhow::Result<()> {
    let connector = &environment.client.http_api.connector;
    let manager = connector.new_clients_manager(environment.clone());
    let frames = Arc::new(Frames {
        manager: Arc::downgrade(&manager),
        environment: environment.clone(),
    });
    let config = SlackClientSocketModeConfig::new();
    manager
        .register_new_token(&config, APP.clone(), frames)
        .await?;
    ready();
    manager.start().await;
    manager.await_term_signals().await;
    Ok(())
}

struct Frames {
    manager: Weak<Manager>,
    environment: Environment,
}

impl Frames {
    async fn restart(&self, socket: &SlackSocketModeWssClientId) {
        if let Some(manager) = self.manager.upgrade() {
            manager.restart_client(socket).await;
        }
    }
}

#[async_trait]
impl SlackSocketModeClientListener for Frames {
    async fn on_message(
        &self,
        socket: &SlackSocketModeWssClientId,
        frame: String,
    ) -> Option<String> {
        let frame: Value = serde_json::from_str(&frame).ok()?;
        let payload = frame["payload"].clone();
        let answer = match frame["type"].as_str()? {
            "slash_commands" => command(&self.environment, payload).await,
            "interactive" => interaction(&self.environment, payload).await,
            "events_api" => {
                let attempt = frame["retry_attempt"].as_u64();
                event(&self.environment, payload, attempt.unwrap_or_default())
            }
            "disconnect" => {
                self.restart(socket).await;
                return None;
            }
            _ => return None,
        };
        let mut ack = json!({ "envelope_id": frame["envelope_id"] });
        match answer {
            Ok(Some(answer)) => ack["payload"] = answer,
            Ok(None) => {}
            Err(error) => {
                eprintln!("app: {error:#}");
                return None;
            }
        }
        Some(ack.to_string())
    }

    async fn on_error(&self, error: Box<dyn std::error::Error + Send + Sync>) {
        eprintln!("app: {error}");
    }

    async fn on_disconnect(&self, socket: &SlackSocketModeWssClientId) {
        self.restart(socket).await;
    }
}

/// Serves the three paths of an app behind the library's layer until the process ends.
pub async fn over_http(environment: Environment, port: u16) -> anyhow::Result<()> {
    let secret = SlackSigningSecret::new(SIGNING_SECRET.into());
    let listener = SlackEventsAxumListener::new(environment);
    let commands = Router::new()
        .route("/slack/commands", post(take_command))
        .layer(
            listener
                .events_layer(&secret)
                .with_event_extractor(SlackEventsExtractors::command_event()),
        );
    // The extractors of the other two would refuse what has no type.
    let others = Router::new()
        .route("/slack/interactivity", post(take_interaction))
        .route("/slack/events", post(take_event))
        .layer(listener.events_layer(&secret));
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    ready();
    axum::serve(server, commands.merge(others)).await?;
    Ok(())
}

async fn take_command(
    Extension(environment): Extension<Environment>,
    Extension(event): Extension<SlackCommandEvent>,
) -> Response {
    let state = environment.user_state.clone();
    match commands::on_command(event, environment.client.clone(), state).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => broken(&error),
    }
}

#[derive(Deserialize)]
struct Fields {
    payload: String,
}

async fn take_interaction(
    Extension(environment): Extension<Environment>,
    Form(fields): Form<Fields>,
) -> Response {
    let answer = match serde_json::from_str(&fields.payload) {
        Ok(payload) => interaction(&environment, payload).await,
        Err(error) => Err(error.into()),
    };
    match answer {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => StatusCode::OK.into_response(),
        Err(error) => broken(&error),
    }
}

async fn take_event(
    Extension(environment): Extension<Environment>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Some(challenge) = body["challenge"].as_str() {
        return challenge.to_owned().into_response();
    }
    let attempt = headers.get("x-slack-retry-num");
    let attempt = attempt.and_then(|number| number.to_str().ok()?.parse().ok());
    match event(&environment, body, attempt.unwrap_or_default()) {
        Ok(_) => StatusCode::OK.into_response(),
        Err(error) => broken(&error),
    }
}

fn broken(error: &dyn std::fmt::Display) -> Response {
    eprintln!("app: {error}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// What the acknowledgement of a command says.
async fn command(environment: &Environment, payload: Value) -> anyhow::Result<Option<Value>> {
    let event = serde_json::from_value(payload).context("a command")?;
    let state = environment.user_state.clone();
    let answer = commands::on_command(event, environment.client.clone(), state).await;
    let answer = answer.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Some(serde_json::to_value(answer)?))
}

/// What the acknowledgement of a click, a submission or a question for options says.
async fn interaction(
    environment: &Environment,
    mut payload: Value,
) -> anyhow::Result<Option<Value>> {
    // A view of an organisation's app is in no team, and the types want one: the person's.
    if payload["team"].is_null() {
        payload["team"] = json!({ "id": payload["user"]["team_id"] });
    }
    let event = serde_json::from_value(payload).context("an interaction")?;
    let state = environment.user_state.clone();
    let answer = interactions::on_interaction(event, environment.client.clone(), state).await;
    match answer.map_err(|error| anyhow::anyhow!("{error}"))? {
        SlackInteractionResponse::Empty => Ok(None),
        answer => Ok(Some(serde_json::to_value(answer)?)),
    }
}

/// An event without what is around it: `SlackEventAuthorization` wants a team there.
#[derive(Deserialize)]
struct Callback {
    event: SlackEventCallbackBody,
}

fn event(environment: &Environment, payload: Value, attempt: u64) -> anyhow::Result<Option<Value>> {
    if payload["type"] == "app_rate_limited" {
        events::notice("app_rate_limited")?;
        return Ok(None);
    }
    let callback: Callback = serde_json::from_value(payload).context("an event")?;
    events::on_body(callback.event, environment.client.clone(), Some(attempt));
    Ok(None)
}
