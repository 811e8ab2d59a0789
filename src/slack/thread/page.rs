//! The messages that one stretch of work fills: which one grows, how much of the text it has, and
//! when it has to go on in the next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::draft;
use super::text::{cut, stable, task_chunk};
use crate::app::App;
use crate::domain::post::Post;
use crate::domain::progress::{Progress, Task};
use crate::domain::run::Run;
use crate::error::Result;
use crate::ids::MessageTs;
use crate::slack::blocks::{Message, clipped, context};
use crate::slack::client::{CallError, SessionStatus, StreamEnd};
use crate::slack::mrkdwn::defuse;
use crate::slack::outbox;
use crate::store::{Outgoing, Then};

/// Slack ends a stream after five minutes; it goes on in a new message before that.
const STREAM_LIFE: Duration = Duration::from_secs(240);
/// The most text of one message: Slack takes 12,000 characters.
const PAGE: usize = 11_000;
/// Less room than this at the end of a message stays empty.
const CORNER: usize = 500;
/// The most text of one call.
const PIECE: usize = 4_000;
/// Between two calls: Slack allows 100 a minute, shared by all streams of a workspace.
const STREAM_PACE: Duration = Duration::from_millis(700);
/// Between two updates of one message: Slack allows 50 a minute.
const UPDATE_PACE: Duration = Duration::from_millis(1_500);
/// How often the end of a stream is tried again when Slack says later.
const MOST_WAITS: usize = 5;
/// Slack's codes for a stream that is over although nobody here ended it.
const STREAM_IS_OVER: [&str; 2] = ["message_not_in_streaming_state", "message_not_found"];
/// What a call begins to look like when it is opened for the reader.
const THINKING: &str = "Thinking";

/// Whether everything there was to show is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// All of it.
    Through,
    /// There is more, for later.
    Later,
}

/// A run's message in the hands of this process.
pub(super) struct Page {
    run: Run,
    held: Outgoing,
    held_until: DateTime<Utc>,
    surface: Surface,
    /// The reply that `taken` counts in.
    reply: u32,
    /// How much of the reply's text is out, in bytes of what the model wrote.
    taken: usize,
    /// The same as Slack got it.
    sent: String,
    /// Where in the reply the current message begins.
    from: usize,
    /// Characters that the current message holds.
    size: usize,
    /// The tool calls as they were last shown.
    tasks: Vec<Task>,
    /// Whether what is out is no longer how the text begins.
    diverged: bool,
    /// Whether this process has begun a message of this run before.
    begun: bool,
    due: Instant,
}

/// What is written on.
#[derive(Clone, Debug, PartialEq)]
enum Surface {
    /// A message that grows.
    Stream { ts: MessageTs, since: DateTime<Utc> },
    /// A message that is brought up to date.
    Message(MessageTs),
    /// Nothing more until the run is over.
    Closed,
}

impl Page {
    /// Begins the message of a run, or goes on with the one there is; `None` when somebody else has
    /// it.
    pub(super) async fn begin(app: &App, run: &Run, held: Outgoing) -> Result<Option<Self>> {
        let mut page = Self {
            run: run.clone(),
            held_until: app.clock.now() + app.config.runs.lease,
            surface: Surface::Closed,
            reply: 0,
            taken: 0,
            sent: String::new(),
            from: 0,
            size: 0,
            tasks: Vec::new(),
            diverged: false,
            begun: false,
            due: Instant::now(),
            held,
        };
        let held = page.open(app).await?;
        Ok(held.then_some(page))
    }

    /// When it may be written on again.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Holds on to the message; false when somebody else has it.
    pub(super) async fn renew(&mut self, app: &App) -> Result<bool> {
        let until = app.clock.now() + app.config.runs.lease;
        let Some(held) = app.store.hold_message(&self.held, until).await? else {
            return Ok(false);
        };
        self.held = held;
        self.held_until = until;
        Ok(true)
    }

    /// Shows how far the run is.
    pub(super) async fn bring(&mut self, app: &App, progress: &Progress) -> Result<Went> {
        self.turn_to(progress);
        // A process that was stopped for a while may wake up with the message in other hands.
        if app.clock.now() >= self.held_until {
            self.surface = Surface::Closed;
        }
        match self.surface.clone() {
            Surface::Closed => Ok(Went::Through),
            Surface::Message(ts) => {
                self.due = Instant::now() + UPDATE_PACE;
                let message = draft(progress, self.from);
                let updated = app.slack.update(&self.held.channel, &ts, &message).await;
                if let Err(CallError::RateLimited(wait)) = updated {
                    self.due = Instant::now() + wait.max(UPDATE_PACE);
                    return Ok(Went::Later);
                }
                Ok(Went::Through)
            }
            Surface::Stream { since, .. } => {
                if (app.clock.now() - since).to_std().unwrap_or_default() >= STREAM_LIFE {
                    return self.go_on(app).await;
                }
                let text = stable(progress);
                self.grow(app, progress, text).await
            }
        }
    }

    /// Closes the message with what came of this stretch of work.
    pub(super) async fn finish(mut self, app: &App, progress: &Progress) -> Result<()> {
        self.turn_to(progress);
        if !self.renew(app).await? {
            return Ok(());
        }
        let post = self.held.post.0.clone();
        if matches!(post, Post::Working { .. }) || !matches!(self.surface, Surface::Stream { .. }) {
            return app.store.release_message(&self.held, app.clock.now()).await;
        }
        let ended = match self.close(app, progress, &post).await? {
            Ok(ts) => Ok(ts),
            // What stands there now is set right as a whole.
            Err(error) => {
                tracing::debug!(run.id = %self.run.id, "a stream is set right: {error}");
                outbox::deliver(app, &self.held).await
            }
        };
        match ended {
            Ok(ts) => app.store.mark_sent(&self.held, &ts).await,
            Err(error) => {
                let now = app.clock.now();
                let then = match outbox::then(&error, self.held.attempts, now) {
                    // The outbox knows other ways than a stream.
                    Then::GiveUp => Then::Again { at: now },
                    then => then,
                };
                app.store
                    .mark_unsent(&self.held, then, &error.to_string())
                    .await
            }
        }
    }

    /// The rest of the text, what stands below it, and the end of the stream.
    async fn close(
        &mut self,
        app: &App,
        progress: &Progress,
        post: &Post,
    ) -> Result<std::result::Result<MessageTs, CallError>> {
        let mut waits = 0;
        if let Post::Answer { markdown, .. } = post {
            while self.grow(app, progress, markdown).await? == Went::Later {
                waits += usize::from(self.due > Instant::now() + STREAM_PACE);
                if waits > MOST_WAITS {
                    break;
                }
                tokio::time::sleep_until(self.due).await;
                if app.clock.now() >= self.held_until - chrono::Duration::seconds(5)
                    && !self.renew(app).await?
                {
                    break;
                }
            }
            if self.diverged || self.taken < markdown.len() {
                return Ok(Err(CallError::Unheard("the text went another way")));
            }
        }
        let Surface::Stream { ts, .. } = self.surface.clone() else {
            return Ok(Err(CallError::Unheard("the stream was over")));
        };
        let (blocks, chunks) = (below(post), self.task_chunks(progress));
        loop {
            let end = StreamEnd {
                chunks: &chunks,
                blocks: &blocks,
                status: outbox::session_status(post),
                metadata: Some(outbox::metadata(&self.held)),
            };
            match app.slack.stop_stream(&self.held.channel, &ts, end).await {
                Ok(()) => return Ok(Ok(ts)),
                Err(CallError::RateLimited(wait)) if waits < MOST_WAITS => {
                    waits += 1;
                    sleep(wait).await;
                    if !self.renew(app).await? {
                        return Ok(Err(CallError::RateLimited(wait)));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// Lets the stream grow by one piece of `text` and by what became of the tool calls.
    async fn grow(&mut self, app: &App, progress: &Progress, text: &str) -> Result<Went> {
        let Surface::Stream { ts, .. } = self.surface.clone() else {
            return Ok(Went::Through);
        };
        let mut chunks = self.task_chunks(progress);
        let (upto, piece) = self.piece(text);
        if !piece.is_empty() {
            chunks.push(json!({ "type": "markdown_text", "text": piece }));
        }
        let full = upto < text.len() && !self.diverged;
        if chunks.is_empty() {
            return if full {
                self.go_on(app).await
            } else {
                Ok(Went::Through)
            };
        }
        self.due = Instant::now() + STREAM_PACE;
        let appended = app
            .slack
            .append_stream(&self.held.channel, &ts, &chunks)
            .await;
        match appended {
            Ok(()) => {
                self.taken = upto;
                self.size += piece.chars().count();
                self.sent.push_str(&piece);
                self.tasks.clone_from(&progress.tasks);
                Ok(if full { Went::Later } else { Went::Through })
            }
            Err(CallError::RateLimited(wait)) => {
                self.due = Instant::now() + wait.max(STREAM_PACE);
                Ok(Went::Later)
            }
            Err(CallError::Refused(code)) if STREAM_IS_OVER.contains(&code.as_str()) => {
                self.go_on(app).await
            }
            // Perhaps it was heard: written again it might stand there twice, so from here on the
            // message is brought up to date as a whole.
            Err(error) => {
                tracing::debug!(run.id = %self.run.id, "a stream ends early: {error}");
                self.diverged = true;
                self.surface = Surface::Closed;
                Ok(Went::Through)
            }
        }
    }

    /// The next piece of `text` that fits the current message, as Slack is to get it, and how far
    /// it goes.
    fn piece(&mut self, text: &str) -> (usize, String) {
        if self.diverged || text.len() < self.taken {
            return (self.taken, String::new());
        }
        let left = PAGE.saturating_sub(self.size);
        // The last corner of a message is not worth a broken line.
        let room = if left < CORNER { 0 } else { PIECE.min(left) };
        let upto = cut(text, self.taken, room);
        let whole = defuse(&text[..upto]);
        match whole.strip_prefix(&self.sent) {
            Some(piece) => (upto, piece.to_owned()),
            None => {
                self.diverged = true;
                (self.taken, String::new())
            }
        }
    }

    /// Ends the message that is full or too old, and goes on in a new one.
    async fn go_on(&mut self, app: &App) -> Result<Went> {
        if let Surface::Stream { ts, .. } = self.surface.clone() {
            let end = StreamEnd {
                chunks: &[],
                blocks: &[],
                status: SessionStatus::Processing,
                metadata: None,
            };
            match app.slack.stop_stream(&self.held.channel, &ts, end).await {
                Ok(()) => {}
                Err(CallError::RateLimited(wait)) => {
                    self.due = Instant::now() + wait;
                    return Ok(Went::Later);
                }
                Err(error) => self.mend(app, &ts, &error).await,
            }
        }
        self.from = self.taken;
        self.size = 0;
        self.held.message = None;
        self.surface = Surface::Closed;
        self.open(app).await?;
        Ok(Went::Later)
    }

    /// A stream that Slack ended by itself looks broken until it is set right.
    async fn mend(&self, app: &App, ts: &MessageTs, why: &CallError) {
        tracing::info!(run.id = %self.run.id, "a stream was over before its end: {why}");
        let shown = defuse(&self.sent_here());
        let text = if shown.trim().is_empty() {
            "Goes on below."
        } else {
            &shown
        };
        let message = Message {
            text: clipped(&crate::slack::mrkdwn::escape(text), 3_000),
            blocks: vec![json!({ "type": "markdown", "text": text })],
        };
        if let Err(error) = app.slack.update(&self.held.channel, ts, &message).await {
            tracing::debug!(run.id = %self.run.id, "a broken stream was not set right: {error}");
        }
    }

    /// What the current message holds.
    fn sent_here(&self) -> String {
        let skipped = self.sent.chars().count().saturating_sub(self.size);
        self.sent.chars().skip(skipped).collect()
    }

    /// Opens a message to write on: a stream where Slack allows one. False when somebody else has
    /// the message by now.
    async fn open(&mut self, app: &App) -> Result<bool> {
        // An earlier try may have been heard although nobody heard back.
        if self.held.message.is_none()
            && self.held.attempts > 1
            && !self.begun
            && let Ok(found) = outbox::find(app, &self.held).await
        {
            self.held.message = found;
        }
        if let Some(ts) = self.held.message.clone() {
            self.surface = Surface::Message(ts);
            return Ok(true);
        }
        let first = json!({
            "type": "task_update", "id": self.run.id, "title": THINKING, "status": "in_progress",
        });
        let (run, since) = (&self.run, app.clock.now());
        let chunks = if self.begun { Vec::new() } else { vec![first] };
        self.begun = true;
        let started = app
            .slack
            .start_stream(&run.channel, &run.thread, &run.asker, &chunks)
            .await;
        self.due = Instant::now() + STREAM_PACE / 2;
        match started {
            Ok(ts) => {
                let held = app
                    .store
                    .message_is(&self.held, &ts, true, self.from)
                    .await?;
                self.held.message = Some(ts.clone());
                self.held.streaming = true;
                self.held.stream_offset = i64::try_from(self.from).unwrap_or(i64::MAX);
                self.surface = Surface::Stream { ts, since };
                Ok(held)
            }
            Err(error) => {
                tracing::debug!(run.id = %run.id, "no stream was begun: {error}");
                self.open_plain(app, matches!(error, CallError::Unheard(_)))
                    .await
            }
        }
    }

    /// A message that is brought up to date, where Slack gave no stream.
    async fn open_plain(&mut self, app: &App, perhaps_begun: bool) -> Result<bool> {
        if perhaps_begun {
            self.held.attempts += 1;
        }
        let progress = Progress::default();
        let posted = if perhaps_begun {
            // The outbox looks for it before it posts anything.
            outbox::deliver(app, &self.held).await
        } else {
            let message = draft(&progress, self.from);
            let metadata = Some(outbox::metadata(&self.held));
            let (channel, thread) = (&self.run.channel, Some(&self.run.thread));
            app.slack.post(channel, thread, &message, metadata).await
        };
        match posted {
            Ok(ts) => {
                let held = app
                    .store
                    .message_is(&self.held, &ts, false, self.from)
                    .await?;
                self.held.message = Some(ts.clone());
                self.held.streaming = false;
                self.surface = Surface::Message(ts);
                Ok(held)
            }
            Err(error) => {
                let then = outbox::then(&error, self.held.attempts, app.clock.now());
                app.store
                    .mark_unsent(&self.held, then, &error.to_string())
                    .await?;
                Ok(false)
            }
        }
    }

    /// Turns to the reply that is being written: what is out of an earlier one was said on the way.
    fn turn_to(&mut self, progress: &Progress) {
        if progress.reply == self.reply {
            return;
        }
        self.reply = progress.reply;
        self.taken = 0;
        self.from = 0;
        self.sent.clear();
    }

    /// What became of the tool calls since it was last shown.
    fn task_chunks(&self, progress: &Progress) -> Vec<Value> {
        let thought = self.tasks.is_empty() && self.sent.is_empty();
        let begun = !progress.tasks.is_empty() || !progress.text.is_empty();
        let mut chunks = Vec::new();
        if thought && begun {
            chunks.push(json!({
                "type": "task_update", "id": self.run.id, "title": THINKING, "status": "complete",
            }));
        }
        let new = progress
            .tasks
            .iter()
            .filter(|task| !self.tasks.contains(task));
        chunks.extend(new.map(task_chunk));
        chunks
    }
}

/// What stands below the text of a message that is closed.
fn below(post: &Post) -> Vec<Value> {
    match post {
        Post::Answer { receipt, .. } => vec![context(&outbox::receipt_line(receipt))],
        Post::Working { .. } => Vec::new(),
        Post::AskApproval(_) | Post::Failed { .. } | Post::Interrupted { .. } => {
            outbox::render(post).blocks
        }
    }
}
