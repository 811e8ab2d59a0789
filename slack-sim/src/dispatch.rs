//! Getting something to the app and hearing back: over a socket or by a signed POST, with Slack's three seconds and its retries.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::config::Delivery;
use crate::http_delivery;
use crate::shared::Shared;
use crate::socket;
use crate::state::name_of;

/// How long the app has to acknowledge.
pub(crate) const ACK_LIMIT: Duration = Duration::from_secs(3);
/// How long after a failed attempt Slack tries an event again: three times.
const RETRIES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
];

/// Something on its way to the app.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) kind: Kind,
    pub(crate) payload: Value,
}

/// The three kinds of things Slack sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Kind {
    #[serde(rename = "events_api")]
    Event,
    #[serde(rename = "slash_commands")]
    Command,
    #[serde(rename = "interactive")]
    Interaction,
}

/// Which attempt this is, and why there was need of another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    pub(crate) number: u8,
    pub(crate) reason: &'static str,
}

/// What the app did with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Acked {
        payload: Option<Value>,
        ms: u64,
    },
    /// Nothing within three seconds, or the connection went away.
    Silent,
    /// Nothing is connected, or nothing listens.
    NoApp,
    /// An HTTP status that is no success.
    Refused {
        status: u16,
        no_retry: bool,
    },
}

/// Something made by hand to send to the app, however wrong it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Handmade {
    /// `events_api`, `interactive`, `slash_commands`, or `raw` for a bare frame.
    #[serde(rename = "type")]
    pub kind: String,
    /// What goes into the envelope.
    #[serde(default)]
    pub payload: Value,
    /// The frame of a `raw` one.
    pub text: Option<String>,
    /// How many copies to send.
    pub times: Option<u32>,
    /// Whether the copies go out at once instead of one after another.
    #[serde(default)]
    pub concurrent: bool,
}

/// How the app took one hand-made delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AckReport {
    /// Whether it was acknowledged.
    pub acked: bool,
    /// How long that took.
    pub ms: u64,
    /// What came with the acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The HTTP status, where there was one that is no success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Kind {
    /// The envelope type of Socket Mode.
    pub(crate) fn envelope(self) -> &'static str {
        match self {
            Self::Event => "events_api",
            Self::Command => "slash_commands",
            Self::Interaction => "interactive",
        }
    }
}

impl Outgoing {
    /// The event or interaction type, or the command.
    pub(crate) fn what(&self) -> String {
        let named = match self.kind {
            Kind::Event => name_of(&self.payload),
            Kind::Command => self.payload["command"].as_str(),
            Kind::Interaction => self.payload["type"].as_str(),
        };
        named.unwrap_or(self.kind.envelope()).to_owned()
    }

    /// The workspace it comes from, which it says in one of several ways.
    pub(crate) fn team(&self) -> Option<String> {
        let it = &self.payload;
        let said = [
            &it["context_team_id"],
            &it["team"]["id"],
            &it["view"]["team_id"],
            &it["team_id"],
        ];
        said.into_iter().find_map(Value::as_str).map(str::to_owned)
    }

    /// A line about it for the inspector.
    pub(crate) fn summary(&self) -> String {
        let detail = match self.kind {
            Kind::Event => &self.payload["event"]["text"],
            Kind::Command => &self.payload["text"],
            Kind::Interaction if self.payload["view"].is_object() => {
                &self.payload["view"]["callback_id"]
            }
            Kind::Interaction => &self.payload["actions"][0]["action_id"],
        };
        format!("{} {}", self.what(), detail.as_str().unwrap_or_default())
            .trim_end()
            .to_owned()
    }
}

impl Answer {
    fn report(self) -> AckReport {
        let (acked, ms, payload, status) = match self {
            Self::Acked { payload, ms } => (true, ms, payload, None),
            Self::Silent | Self::NoApp => (false, 0, None, None),
            Self::Refused { status, .. } => (false, 0, None, Some(status)),
        };
        AckReport {
            acked,
            ms,
            payload,
            status,
        }
    }

    /// The reason that the next attempt gives, over the given transport.
    fn retry_reason(&self, delivery: &Delivery) -> &'static str {
        match (self, delivery) {
            (_, Delivery::Socket) => "timeout",
            (Self::Refused { .. }, Delivery::Http { .. }) => "http_error",
            (Self::NoApp, Delivery::Http { .. }) => "connection_failed",
            (Self::Silent | Self::Acked { .. }, Delivery::Http { .. }) => "http_timeout",
        }
    }
}

/// Sends something once. Over a socket it has left when this returns; the future is the wait for the answer.
pub(crate) fn send(
    shared: &Arc<Shared>,
    outgoing: &Outgoing,
    attempt: &Attempt,
) -> BoxFuture<'static, Answer> {
    match shared.delivery() {
        Delivery::Socket => socket::send(shared, outgoing, attempt),
        Delivery::Http { request_url } => {
            http_delivery::send(shared, &request_url, outgoing, attempt)
        }
    }
}

/// Sends events in the order in which they happened, and those again that were not acknowledged.
pub(crate) async fn deliver_events(shared: Arc<Shared>, mut events: mpsc::Receiver<Value>) {
    while let Some(payload) = events.recv().await {
        let outgoing = Outgoing {
            kind: Kind::Event,
            payload,
        };
        let first = send(&shared, &outgoing, &Attempt::default());
        let retries = retry_until_acked(Arc::clone(&shared), outgoing, first);
        let stopping = shared.stopping.clone();
        shared
            .tasks
            .spawn(async move { stopping.run_until_cancelled(retries).await });
    }
}

async fn retry_until_acked(
    shared: Arc<Shared>,
    outgoing: Outgoing,
    first: BoxFuture<'static, Answer>,
) {
    let mut answer = first.await;
    for (number, wait) in (1..).zip(RETRIES) {
        match answer {
            Answer::Acked { .. } | Answer::Refused { no_retry: true, .. } => return,
            Answer::Silent | Answer::NoApp | Answer::Refused { .. } => {}
        }
        let reason = answer.retry_reason(&shared.delivery());
        shared.clock.sleep(wait).await;
        answer = send(&shared, &outgoing, &Attempt { number, reason }).await;
    }
}

/// Sends something made by hand, and says how the app took each copy.
pub(crate) async fn deliver(shared: &Arc<Shared>, handmade: &Handmade) -> Vec<AckReport> {
    let times = handmade.times.unwrap_or(1);
    let once = || -> BoxFuture<'static, Answer> {
        match kind_of(&handmade.kind) {
            Some(kind) => {
                let outgoing = Outgoing {
                    kind,
                    payload: handmade.payload.clone(),
                };
                send(shared, &outgoing, &Attempt::default())
            }
            None => {
                let text = handmade
                    .text
                    .clone()
                    .unwrap_or_else(|| handmade.payload.to_string());
                let sent = shared.sockets.send_raw(&text);
                future::ready(if sent { Answer::Silent } else { Answer::NoApp }).boxed()
            }
        }
    };
    let mut answers = Vec::new();
    if handmade.concurrent {
        answers = future::join_all((0..times).map(|_| once())).await;
    } else {
        for _ in 0..times {
            answers.push(once().await);
        }
    }
    answers.into_iter().map(Answer::report).collect()
}

fn kind_of(word: &str) -> Option<Kind> {
    [Kind::Event, Kind::Command, Kind::Interaction]
        .into_iter()
        .find(|kind| kind.envelope() == word)
}
