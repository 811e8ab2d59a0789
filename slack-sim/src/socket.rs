//! Socket Mode: tickets, open sockets, envelopes and their acknowledgements.

mod link;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Time;
use crate::dispatch::{ACK_LIMIT, Answer, Attempt, Kind, Outgoing};
use crate::ids;
use crate::log::Line;
use crate::shared::Shared;

pub(crate) use link::link;
pub(crate) use wire::Wire;

/// How long a ticket may be turned into a socket.
const TICKET_LIFETIME: Duration = Duration::from_secs(30);
/// How many sockets one app may keep open.
const MOST_SOCKETS: usize = 10;

/// Why Slack takes a socket away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disconnect {
    /// Announces that the socket will go: Slack closes it ten seconds later.
    Warning,
    /// Asks for a fresh socket, then closes this one.
    RefreshRequested,
    /// Socket Mode was switched off: closes the socket and gives out no other.
    LinkDisabled,
    /// More than ten sockets are open.
    TooManyWebsockets,
    /// The connection breaks without a word.
    Abrupt,
    /// The same by a reset of TCP, as when a machine on the way forgot it: the app reads an error instead of an end.
    Reset,
    /// The connection stays, but nothing passes through it any more, pings included.
    Frozen,
}

impl Disconnect {
    /// The one that a word names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "refresh_requested" => Some(Self::RefreshRequested),
            "warning" => Some(Self::Warning),
            "link_disabled" => Some(Self::LinkDisabled),
            "too_many_websockets" => Some(Self::TooManyWebsockets),
            "abrupt" => Some(Self::Abrupt),
            "reset" => Some(Self::Reset),
            "frozen" => Some(Self::Frozen),
            _ => None,
        }
    }
}

/// What a socket is told to do.
pub(super) enum Order {
    Send(String),
    Leave(Disconnect),
}

struct Waiting {
    socket: u64,
    acked: oneshot::Sender<Option<Value>>,
}

#[derive(Default)]
struct Registry {
    last: u64,
    tickets: HashMap<String, Time>,
    open: HashMap<u64, mpsc::Sender<Order>>,
    waiting: HashMap<String, Waiting>,
    disabled: bool,
}

/// Every socket the app has open, and every envelope it has not acknowledged.
pub(crate) struct Sockets {
    registry: Mutex<Registry>,
    count: watch::Sender<usize>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            registry: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Sockets {
    /// A ticket for one socket, unless Socket Mode is switched off.
    pub(crate) fn issue(&self, now: Time) -> Option<String> {
        let mut registry = self.lock();
        if registry.disabled {
            return None;
        }
        let ticket = ids::uuid();
        registry.tickets.retain(|_, expires| *expires > now);
        registry
            .tickets
            .insert(ticket.clone(), now + TICKET_LIFETIME);
        Some(ticket)
    }

    /// How many sockets are open.
    pub(crate) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Follows how many sockets are open.
    pub(crate) fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Tells every open socket to go; gives how many there were.
    pub(crate) fn disconnect(&self, why: Disconnect) -> usize {
        let mut registry = self.lock();
        registry.disabled = why == Disconnect::LinkDisabled;
        for socket in registry.open.values() {
            // A full queue means that the socket is stuck anyway.
            let _ = socket.try_send(Order::Leave(why));
        }
        registry.open.len()
    }

    /// Lets the app connect again after `link_disabled`.
    pub(crate) fn enable(&self) {
        self.lock().disabled = false;
    }

    /// Sends a bare frame; false when no socket is open.
    pub(crate) fn send_raw(&self, text: &str) -> bool {
        self.lock().to_any(text).is_some()
    }

    /// Spends a ticket.
    fn redeem(&self, now: Time, ticket: &str) -> bool {
        self.lock()
            .tickets
            .remove(ticket)
            .is_some_and(|expires| now <= expires)
    }

    /// Adds a socket, unless there are too many; gives its number and how many are open.
    fn open(&self, orders: mpsc::Sender<Order>) -> Option<(u64, usize)> {
        let mut registry = self.lock();
        if registry.open.len() >= MOST_SOCKETS {
            return None;
        }
        registry.last += 1;
        let id = registry.last;
        registry.open.insert(id, orders);
        let count = registry.open.len();
        self.count.send_replace(count);
        Some((id, count))
    }

    /// Sends nothing more to a socket.
    fn retire(&self, id: u64) {
        let mut registry = self.lock();
        registry.open.remove(&id);
        self.count.send_replace(registry.open.len());
    }

    /// Whether a socket has yet to acknowledge something.
    fn awaits(&self, id: u64) -> bool {
        let registry = self.lock();
        registry
            .waiting
            .values()
            .any(|waiting| waiting.socket == id)
    }

    /// Removes a socket; what it has not acknowledged, it never will. Gives how many are left.
    fn close(&self, id: u64) -> usize {
        let mut registry = self.lock();
        registry.open.remove(&id);
        registry.waiting.retain(|_, waiting| waiting.socket != id);
        let left = registry.open.len();
        self.count.send_replace(left);
        left
    }

    /// Takes an acknowledgement; false when nothing waits for it.
    fn acknowledge(&self, envelope_id: &str, payload: Option<Value>) -> bool {
        let waiting = self.lock().waiting.remove(envelope_id);
        waiting.is_some_and(|waiting| waiting.acked.send(payload).is_ok())
    }

    /// Sends an envelope to one of the sockets and says how to hear of its acknowledgement.
    fn send(&self, id: &str, text: &str) -> Option<oneshot::Receiver<Option<Value>>> {
        let mut registry = self.lock();
        let socket = registry.to_any(text)?;
        let (acked, answer) = oneshot::channel();
        registry
            .waiting
            .insert(id.to_owned(), Waiting { socket, acked });
        Some(answer)
    }

    fn forget(&self, envelope_id: &str) {
        self.lock().waiting.remove(envelope_id);
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Sends a frame to any open socket, as Slack does; gives which.
    fn to_any(&self, text: &str) -> Option<u64> {
        let mut numbers: Vec<u64> = self.open.keys().copied().collect();
        while !numbers.is_empty() {
            let id = numbers.swap_remove(ids::pick(numbers.len()));
            if self.open[&id]
                .try_send(Order::Send(text.to_owned()))
                .is_ok()
            {
                return Some(id);
            }
        }
        None
    }
}

/// Sends an envelope; the future is the wait for its acknowledgement.
pub(crate) fn send(
    shared: &Arc<Shared>,
    outgoing: &Outgoing,
    attempt: &Attempt,
) -> BoxFuture<'static, Answer> {
    let id = ids::uuid();
    let envelope = envelope(&id, outgoing, attempt);
    let entry = shared.record(Line {
        direction: "to_app",
        transport: "socket",
        team: outgoing.team(),
        what: outgoing.what(),
        summary: outgoing.summary(),
        body: envelope.clone(),
    });
    let text = envelope.to_string();
    let answer = shared.sockets.send(&id, &text);
    let shared = Arc::clone(shared);
    let is_event = outgoing.kind == Kind::Event;
    // The three seconds begin now, not when somebody comes round to waiting for them.
    let started = shared.clock.now();
    async move {
        let exchange = async {
            let answer = match answer {
                Some(answer) => answer,
                // An event waits a moment for a socket; a person does not.
                None if is_event => next_socket(&shared, &id, &text).await,
                None => return Answer::NoApp,
            };
            match answer.await {
                Ok(payload) => Answer::Acked {
                    payload,
                    ms: u64::try_from(started.until(shared.clock.now()).as_millis())
                        .unwrap_or(u64::MAX),
                },
                Err(_) => Answer::Silent,
            }
        };
        let answer = shared.clock.before(started + ACK_LIMIT, exchange).await;
        let answer = answer.unwrap_or(Answer::Silent);
        shared.sockets.forget(&id);
        let (status, ms) = match &answer {
            Answer::Acked { ms, .. } => ("ok", Some(*ms)),
            Answer::NoApp => ("no_app", None),
            Answer::Silent | Answer::Refused { .. } => ("timeout", None),
        };
        shared.record_end(entry, status, ms);
        answer
    }
    .boxed()
}

/// Waits for a socket and sends the envelope to it.
async fn next_socket(shared: &Shared, id: &str, text: &str) -> oneshot::Receiver<Option<Value>> {
    let mut count = shared.sockets.watch();
    loop {
        if let Some(answer) = shared.sockets.send(id, text) {
            return answer;
        }
        if count.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn envelope(id: &str, outgoing: &Outgoing, attempt: &Attempt) -> Value {
    let mut envelope = json!({
        "envelope_id": id,
        "type": outgoing.kind.envelope(),
        "payload": outgoing.payload,
    });
    let accepts = match outgoing.kind {
        Kind::Event => {
            envelope["retry_attempt"] = json!(attempt.number);
            envelope["retry_reason"] = json!(attempt.reason);
            false
        }
        Kind::Command => true,
        Kind::Interaction => {
            let kind = &outgoing.payload["type"];
            kind == "view_submission" || kind == "block_suggestion"
        }
    };
    envelope["accepts_response_payload"] = json!(accepts);
    envelope
}
