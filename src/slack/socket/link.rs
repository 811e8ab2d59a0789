//! One socket, from its greeting to its end: frames in, acknowledgements out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tokio_util::sync::CancellationToken;

use super::dial::WebSocket;
use crate::app::App;
use crate::slack::inbound::Envelope;
use crate::slack::receive::{Ack, TOO_LARGE, receive};

/// How often Slack is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(5);
/// A link that says nothing for this long is dead, whatever the network claims.
const SILENCE: Duration = Duration::from_secs(18);
/// How long one frame may take to leave.
const SENDING: Duration = Duration::from_secs(5);
/// Envelopes that are being stored at once; more wait with Slack.
const AT_ONCE: usize = 64;
/// How long a replaced link goes on serving: Slack still sends to it until it closes it itself.
const LINGER: Duration = Duration::from_secs(30);
/// How long a link that we close waits for what is being stored, and then for Slack's goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why another link is wanted in the place of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Slack asked for it; this link still serves.
    Asked,
    /// It is gone.
    Lost(&'static str),
}

/// One open socket.
pub(super) struct Link {
    app: Arc<App>,
    socket: WebSocket,
    /// Told once, as soon as another link is wanted.
    ending: Option<oneshot::Sender<Ending>>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    in_work: usize,
    heard: Instant,
}

/// What is sent for an envelope: an acknowledgement, or nothing.
type Answer = Option<String>;

impl Link {
    pub(super) fn new(app: Arc<App>, socket: WebSocket, ending: oneshot::Sender<Ending>) -> Self {
        Self {
            app,
            socket,
            ending: Some(ending),
            answers: mpsc::channel(AT_ONCE),
            in_work: 0,
            heard: Instant::now(),
        }
    }

    /// Serves until the link is lost, the app stops, or some time after `replaced` is told.
    pub(super) async fn serve(mut self, replaced: CancellationToken) {
        let counted = Counted(self.app.clone());
        let lost = self.read(&replaced).await;
        drop(counted);
        match lost {
            Some(how) => self.end(Ending::Lost(how)),
            None => self.close().await,
        }
    }

    /// Says why it ended, or nothing when it is we who want it closed.
    async fn read(&mut self, replaced: &CancellationToken) -> Option<&'static str> {
        let tasks = self.app.tasks.clone();
        let mut pings = tokio::time::interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let lingered = async {
            replaced.cancelled().await;
            tokio::time::sleep(LINGER).await;
        };
        tokio::pin!(lingered);
        loop {
            let room = self.in_work < AT_ONCE;
            let sent = tokio::select! {
                () = tasks.stopping() => return None,
                () = &mut lingered => return None,
                Some(answer) = self.answers.1.recv() => self.answer(answer).await,
                frame = self.socket.next(), if room => {
                    self.heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => self.frame(&text).await,
                        Some(Ok(Message::Close(_))) | None => return Some("closed by Slack"),
                        Some(Err(tungstenite::Error::Capacity(_))) => {
                            tracing::error!("{TOO_LARGE}");
                            return Some("more than it may carry came at once");
                        }
                        Some(Err(_)) => return Some("broken"),
                        // The library answers pings by itself.
                        Some(Ok(_)) => Ok(()),
                    }
                }
                _ = pings.tick() => {
                    if !room {
                        // It is we who do not listen.
                        self.heard = Instant::now();
                    }
                    if self.heard.elapsed() > SILENCE {
                        return Some("silent");
                    }
                    self.send(Message::Ping(Bytes::new())).await
                }
            };
            if let Err(how) = sent {
                return Some(how);
            }
        }
    }

    async fn frame(&mut self, text: &str) -> Result<(), &'static str> {
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            let bytes = text.len();
            tracing::warn!(bytes, "Slack sent a frame that is not JSON; it was dropped");
            return Ok(());
        };
        let envelope = match frame["type"].as_str() {
            Some("events_api") => Envelope::Event,
            Some("slash_commands") => Envelope::Command,
            Some("interactive") => Envelope::Interactive,
            Some("hello") => return Ok(()),
            Some("disconnect") => {
                let reason = frame["reason"].as_str();
                tracing::info!(reason, "Slack asked for a new socket");
                self.end(Ending::Asked);
                return Ok(());
            }
            _ => {
                tracing::warn!(
                    "Slack sent a frame of an unknown type; it was acknowledged and dropped"
                );
                return self.answer_now(acknowledge(&frame, None)).await;
            }
        };
        let answer = Pending {
            to: self.answers.0.clone(),
            answer: None,
        };
        self.in_work += 1;
        let app = self.app.clone();
        self.app
            .tasks
            .spawn("slack.receive", take_in(app, envelope, frame, answer));
        Ok(())
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), &'static str> {
        self.in_work -= 1;
        self.answer_now(answer).await
    }

    async fn answer_now(&mut self, answer: Answer) -> Result<(), &'static str> {
        match answer {
            Some(text) => self.send(Message::text(text)).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), &'static str> {
        match tokio::time::timeout(SENDING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("broken"),
            Err(_elapsed) => Err("stuck"),
        }
    }

    /// Acknowledges what was taken in, and says goodbye, so that Slack sends nothing more to a
    /// socket that nobody reads.
    async fn close(mut self) {
        let rest = async {
            while self.in_work > 0 {
                let Some(answer) = self.answers.1.recv().await else {
                    return Ok(());
                };
                self.answer(answer).await?;
            }
            self.send(Message::Close(None)).await
        };
        if let Ok(Ok(())) = tokio::time::timeout(GOODBYE, rest).await {
            let goodbye = async { while let Some(Ok(_)) = self.socket.next().await {} };
            // Slack's own goodbye is polite, not needed.
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        }
    }

    fn end(&mut self, ending: Ending) {
        if let Some(told) = self.ending.take() {
            // Nobody listens once the bot is closing.
            let _ = told.send(ending);
        }
    }
}

/// One of the open sockets, until it is dropped: also by a panic.
struct Counted(Arc<App>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sockets.closed();
    }
}

/// The answer to an envelope, given whatever becomes of the work: also when it panics.
struct Pending {
    to: mpsc::Sender<Answer>,
    answer: Answer,
}

impl Drop for Pending {
    fn drop(&mut self) {
        // There is room for as many as are in work; without the link there is nobody to tell.
        let _ = self.to.try_send(self.answer.take());
    }
}

/// Stores and acknowledges one envelope. It goes on when its link is lost: what Slack sends again
/// is then known already.
async fn take_in(app: Arc<App>, envelope: Envelope, mut frame: Value, mut pending: Pending) {
    let payload = frame["payload"].take();
    pending.answer = match receive(&app, envelope, &payload).await {
        Ack::Empty => acknowledge(&frame, None),
        Ack::Body(body) => acknowledge(&frame, Some(body)),
        Ack::Refused => None,
    };
}

fn acknowledge(frame: &Value, body: Option<Value>) -> Answer {
    let id = frame["envelope_id"].as_str()?;
    let mut ack = json!({ "envelope_id": id });
    if let Some(body) = body {
        ack["payload"] = body;
    }
    Some(ack.to_string())
}
