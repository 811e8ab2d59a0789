//! One Socket Mode connection, from its ticket to its end.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Disconnect, Order, Wire};
use crate::clock::Time;
use crate::faults::FaultKind;
use crate::ids;
use crate::log::Line;
use crate::shared::Shared;

/// Frames that may wait for one socket.
const QUEUE: usize = 1_024;
const PING_EVERY: Duration = Duration::from_secs(10);
/// How long Slack takes to notice that a connection is dead.
const FROZEN: Duration = Duration::from_secs(5 * 60);
/// How long a socket stays after a warning.
const AFTER_WARNING: Duration = Duration::from_secs(10);
/// How long a socket that is asked to go may still acknowledge what it was sent.
const SETTLING: Duration = Duration::from_secs(2);
/// What Slack tells about how long a connection lasts, in seconds.
const CONNECTION_TIME: u64 = 18_060;

#[derive(Deserialize)]
pub(crate) struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// `GET /link/?ticket=…` becomes a socket.
pub(crate) async fn link(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Ticket>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !shared.sockets.redeem(shared.clock.now(), &query.ticket) {
        return (StatusCode::UNAUTHORIZED, "invalid_ticket").into_response();
    }
    upgrade
        .on_upgrade(move |socket| async move {
            let (orders, inbox) = mpsc::channel(QUEUE);
            let mut link = Link {
                shared,
                socket,
                wire,
                id: 0,
                inbox,
                leaves_at: None,
            };
            let Some((id, count)) = link.shared.sockets.open(orders) else {
                link.leave(Disconnect::TooManyWebsockets).await;
                return;
            };
            link.id = id;
            link.run(count).await;
            let left = link.shared.sockets.close(id);
            link.note("to_app", "socket closed", json!({"num_connections": left}));
        })
        .into_response()
}

struct Link {
    shared: Arc<Shared>,
    socket: WebSocket,
    wire: Wire,
    /// Its number among the open ones.
    id: u64,
    inbox: mpsc::Receiver<Order>,
    /// When Slack closes it, if it has said that it will.
    leaves_at: Option<Time>,
}

/// Whether a socket lives on.
#[derive(PartialEq, Eq)]
enum Next {
    Stay,
    Gone,
}

impl Link {
    async fn run(&mut self, count: usize) {
        let mut next = self.greet(count).await;
        let mut pings = tokio::time::interval(PING_EVERY);
        let stopping = self.shared.stopping.clone();
        while next == Next::Stay {
            next = tokio::select! {
                () = stopping.cancelled() => {
                    self.leave(Disconnect::Abrupt).await;
                    Next::Gone
                }
                order = self.inbox.recv() => match order {
                    Some(Order::Send(text)) => self.send(text).await,
                    Some(Order::Leave(why)) => self.leave(why).await,
                    None => Next::Gone,
                },
                frame = self.socket.recv() => match frame {
                    Some(Ok(frame)) => self.receive(frame),
                    Some(Err(_)) | None => Next::Gone,
                },
                _ = pings.tick() => self.ping().await,
                () = until(&self.shared, self.leaves_at) => {
                    self.leave(Disconnect::RefreshRequested).await
                }
            };
        }
    }

    /// Says hello; a fault on `hello` turns the app away with its `error`, or keeps silent.
    async fn greet(&mut self, count: usize) -> Next {
        if let Some(fault) = self.shared.faults.take("hello") {
            return match Disconnect::named(fault.error.as_deref().unwrap_or_default()) {
                Some(why) => self.leave(why).await,
                None => Next::Stay,
            };
        }
        let hello = hello(&self.shared, count);
        self.note("to_app", "hello", hello.clone());
        self.send(hello.to_string()).await
    }

    async fn send(&mut self, text: String) -> Next {
        match self.socket.send(Message::text(text)).await {
            Ok(()) => Next::Stay,
            Err(_) => Next::Gone,
        }
    }

    async fn ping(&mut self) -> Next {
        let frame = Message::Ping("Ping from slack-sim".into());
        match self.socket.send(frame).await {
            Ok(()) => Next::Stay,
            Err(_) => Next::Gone,
        }
    }

    async fn leave(&mut self, why: Disconnect) -> Next {
        let reason = match why {
            Disconnect::Warning => "warning",
            Disconnect::RefreshRequested => "refresh_requested",
            Disconnect::LinkDisabled => "link_disabled",
            Disconnect::TooManyWebsockets => "too_many_websockets",
            Disconnect::Abrupt => return Next::Gone,
            Disconnect::Reset => {
                if let Err(error) = self.wire.clone().reset() {
                    self.note("to_app", "no reset", json!(error.to_string()));
                }
                return Next::Gone;
            }
            Disconnect::Frozen => return self.freeze().await,
        };
        let frame = json!({
            "type": "disconnect",
            "reason": reason,
            "debug_info": {"host": "slack-sim"},
        });
        self.note("to_app", "disconnect", frame.clone());
        let sent = self.send(frame.to_string()).await;
        if why == Disconnect::Warning {
            self.leaves_at = Some(self.shared.clock.now() + AFTER_WARNING);
            return sent;
        }
        self.settle().await;
        // The app may have hung up first.
        let _ = self.socket.send(Message::Close(None)).await;
        Next::Gone
    }

    /// Sends what was meant for this socket already, and waits a moment for its acknowledgements.
    async fn settle(&mut self) {
        self.shared.sockets.retire(self.id);
        while let Ok(Order::Send(text)) = self.inbox.try_recv() {
            if self.send(text).await == Next::Gone {
                return;
            }
        }
        let deadline = tokio::time::Instant::now() + SETTLING;
        while self.shared.sockets.awaits(self.id) {
            let frame = tokio::time::timeout_at(deadline, self.socket.recv()).await;
            let Ok(Some(Ok(frame))) = frame else {
                return;
            };
            if self.receive(frame) == Next::Gone {
                return;
            }
        }
    }

    /// Keeps the connection without reading or writing, while Slack still counts it and sends to it.
    async fn freeze(&mut self) -> Next {
        let thaw = self.shared.clock.sleep(FROZEN);
        self.shared.stopping.run_until_cancelled(thaw).await;
        Next::Gone
    }

    fn receive(&mut self, frame: Message) -> Next {
        match frame {
            Message::Text(text) => self.receive_text(text.as_str()),
            Message::Close(_) => return Next::Gone,
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
        }
        Next::Stay
    }

    fn receive_text(&mut self, text: &str) {
        let ack = serde_json::from_str(text).unwrap_or(Value::Null);
        let Some(id) = ack["envelope_id"].as_str().map(str::to_owned) else {
            self.note("from_app", "unknown frame", json!(text));
            return;
        };
        self.note("from_app", "ack", ack.clone());
        let payload = ack.get("payload").filter(|it| !it.is_null()).cloned();
        let shared = Arc::clone(&self.shared);
        match shared.faults.take("ack") {
            Some(fault) if fault.kind == FaultKind::Slow => {
                let delay = Duration::from_millis(fault.delay_ms.unwrap_or(1_000));
                self.shared.tasks.spawn(async move {
                    shared.clock.sleep(delay).await;
                    shared.sockets.acknowledge(&id, payload);
                });
            }
            // Any other fault loses the acknowledgement on its way.
            Some(_) => {}
            None => {
                if !shared.sockets.acknowledge(&id, payload) {
                    self.note("from_app", "late ack", ack);
                }
            }
        }
    }

    fn note(&self, direction: &'static str, what: &str, body: Value) {
        self.shared.record(Line {
            direction,
            transport: "socket",
            team: None,
            what: what.to_owned(),
            summary: what.to_owned(),
            body,
        });
    }
}

/// Waits for a moment that may never come.
async fn until(shared: &Shared, moment: Option<Time>) {
    match moment {
        Some(moment) => shared.clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn hello(shared: &Shared, count: usize) -> Value {
    json!({
        "type": "hello",
        "num_connections": count,
        "debug_info": {
            "host": "slack-sim",
            "started": shared.clock.now().seconds().to_string(),
            "build_number": 1,
            "approximate_connection_time": CONNECTION_TIME,
        },
        "connection_info": {"app_id": ids::APP},
    })
}
