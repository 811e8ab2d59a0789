//! An app of the barest kind: it calls the Web API, holds one socket, and acknowledges what it is told to.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use slack_sim::{Sim, SimConfig};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct App {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The frame that greeted it.
    pub hello: Value,
}

/// A workspace and an app connected to it.
pub async fn connected() -> (Sim, App) {
    let sim = start().await;
    let app = App::connect(&sim).await;
    (sim, app)
}

pub async fn start() -> Sim {
    Sim::start(SimConfig::default()).await.unwrap()
}

/// Calls a Web API method with the bot's token.
pub async fn call(sim: &Sim, method: &str, body: Value) -> Value {
    call_as(sim, "xoxb-sim", method, body).await
}

pub async fn call_as(sim: &Sim, token: &str, method: &str, body: Value) -> Value {
    let response = reqwest::Client::new()
        .post(format!("{}{method}", sim.api_url()))
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .unwrap();
    response.json().await.unwrap()
}

/// Posts a message and gives its timestamp.
pub async fn post(sim: &Sim, body: Value) -> String {
    let posted = call(sim, "chat.postMessage", body).await;
    assert_eq!(posted["ok"], true, "{posted}");
    posted["ts"].as_str().unwrap().to_owned()
}

pub async fn socket_url(sim: &Sim) -> String {
    let opened = call_as(sim, "xapp-sim", "apps.connections.open", json!({})).await;
    assert_eq!(opened["ok"], true, "{opened}");
    opened["url"].as_str().unwrap().to_owned()
}

impl App {
    pub async fn connect(sim: &Sim) -> Self {
        let mut app = Self::dial(sim).await;
        app.hello = app.next().await;
        app
    }

    /// Connected, and not greeted yet.
    pub async fn dial(sim: &Sim) -> Self {
        let (socket, _) = connect_async(socket_url(sim).await).await.unwrap();
        Self {
            socket,
            hello: Value::Null,
        }
    }

    /// The next frame with something in it.
    pub async fn next(&mut self) -> Value {
        self.try_next().await.expect("the socket is open")
    }

    /// The next frame with something in it, or `None` when the socket has closed.
    pub async fn try_next(&mut self) -> Option<Value> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Some(serde_json::from_str(text.as_str()).unwrap());
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, next)
            .await
            .expect("a frame comes in time")
    }

    pub async fn ack(&mut self, envelope: &Value) {
        self.send(json!({"envelope_id": envelope["envelope_id"]}))
            .await;
    }

    pub async fn ack_with(&mut self, envelope: &Value, payload: Value) {
        self.send(json!({"envelope_id": envelope["envelope_id"], "payload": payload}))
            .await;
    }

    /// Takes the next envelope and acknowledges it.
    pub async fn take(&mut self) -> Value {
        let envelope = self.next().await;
        self.ack(&envelope).await;
        envelope
    }

    /// Takes the next envelope and answers it.
    pub async fn answer(&mut self, payload: Value) -> Value {
        let envelope = self.next().await;
        self.ack_with(&envelope, payload).await;
        envelope
    }

    async fn send(&mut self, frame: Value) {
        self.socket
            .send(Message::text(frame.to_string()))
            .await
            .unwrap();
    }
}

/// A trigger from a command that alice types just now.
pub async fn trigger(sim: &Sim, app: &mut App) -> String {
    let (_, envelope) = tokio::join!(
        sim.command("alice", "general", "/mcp", "connect"),
        app.take()
    );
    envelope["payload"]["trigger_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A modal with one required input, `name`.
pub fn modal(title: &str) -> Value {
    json!({
        "type": "modal",
        "callback_id": "connect",
        "private_metadata": "kept",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [{
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }],
    })
}

/// A row with one button.
pub fn button(action_id: &str, words: &str) -> Value {
    json!({
        "type": "actions",
        "block_id": "row",
        "elements": [{
            "type": "button",
            "action_id": action_id,
            "text": {"type": "plain_text", "text": words},
            "value": "7",
        }],
    })
}
