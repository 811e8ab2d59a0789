//! The messages that one stretch of work fills: which one grows, how much of the text it has, and
//! when it has to go on in the next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::draft;
use super::text::{cut, stable, task_chunk};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::progress::{Progress, Task};
use crate::domain::run::Run;
use crate::domain::split::{self, Shape};
use crate::error::Result;
use crate::ids::MessageTs;
use crate::slack::client::CallError;
use crate::slack::markdown::harmless;
use crate::slack::people;
use crate::store::Outgoing;
use crate::text;

/// Slack ends a stream after five minutes; it goes on in a new message before that.
const STREAM_LIFE: Duration = Duration::from_secs(240);
/// The most text of one message: Slack takes 12,000 characters.
const PAGE: usize = 11_000;
/// The most text of one call.
const PIECE: usize = 4_000;
/// Between two calls: Slack allows 100 a minute, shared by all streams of a workspace.
pub(super) const STREAM_PACE: Duration = Duration::from_millis(700);
/// Between two updates of one message: Slack allows 50 a minute.
pub(super) const UPDATE_PACE: Duration = Duration::from_millis(1_500);
/// How often the end of a stream is tried again when Slack says later.
pub(super) const MOST_WAITS: usize = 5;
/// Slack's codes for a stream that is over although nobody here ended it.
const STREAM_IS_OVER: [&str; 2] = ["message_not_in_streaming_state", "message_not_found"];

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
    pub(super) run: Run,
    /// The asker's.
    pub(super) language: Language,
    pub(super) held: Outgoing,
    pub(super) held_until: DateTime<Utc>,
    pub(super) surface: Surface,
    /// How much of the text is out, in bytes of what the model wrote.
    pub(super) taken: usize,
    /// The same as Slack got it.
    pub(super) sent: String,
    /// Where in the text the current message begins.
    pub(super) from: usize,
    /// Where in the text the latest reply begins.
    pub(super) begins: usize,
    /// What the current message begins with before its text: the fence, table or list it goes on with.
    pub(super) opens: String,
    /// Where in the text the current message ends, once that is known.
    pub(super) ends: Option<usize>,
    /// Characters of the text that the current message holds.
    pub(super) size: usize,
    /// The tool calls as they were last shown.
    tasks: Vec<Task>,
    /// Whether what is out is no longer how the text begins.
    pub(super) diverged: bool,
    /// Whether the first task of the message is still shown as going on.
    pub(super) thinks: bool,
    /// Whether this process has begun a message of this run before.
    pub(super) begun: bool,
    /// Since when a message may have been begun of which nobody heard.
    pub(super) unheard: Option<DateTime<Utc>>,
    /// How often in a row no message to go on in could be had.
    pub(super) refused: u32,
    pub(super) due: Instant,
}

/// What is written on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Surface {
    /// A message that grows.
    Stream { ts: MessageTs, since: DateTime<Utc> },
    /// A message that is brought up to date.
    Message(MessageTs),
    /// None of them, until there is more to write: the last message is left as it should be.
    Between,
    /// Nothing more until the run is over.
    Closed,
}

impl Page {
    /// Begins the message of a run, or goes on with the one there is; `None` when somebody else has
    /// it.
    pub(super) async fn begin(app: &App, run: &Run, held: Outgoing) -> Result<Option<Self>> {
        let mut page = Self {
            run: run.clone(),
            language: people::language(app, &run.asker.user).await,
            held_until: app.clock.now() + app.config.runs.lease,
            surface: Surface::Closed,
            taken: 0,
            sent: String::new(),
            from: 0,
            begins: 0,
            opens: String::new(),
            ends: None,
            size: 0,
            tasks: Vec::new(),
            diverged: false,
            thinks: false,
            begun: false,
            unheard: None,
            refused: 0,
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
        self.turn_to(app, progress).await?;
        // A process that was stopped for a while may wake up with the message in other hands.
        if app.clock.now() >= self.held_until {
            self.surface = Surface::Closed;
        }
        if let Surface::Stream { since, .. } = self.surface
            && (app.clock.now() - since).to_std().unwrap_or_default() >= STREAM_LIFE
        {
            return self.go_on(app, true).await;
        }
        // What is out stays: later words may make the line it is in one that would be held back.
        let upto = stable(progress).len().max(self.taken);
        let text = progress.text.get(..upto).unwrap_or(&progress.text);
        self.grow(app, progress, text).await
    }

    /// Shows one more piece of `text` and what became of the tool calls.
    pub(super) async fn grow(
        &mut self,
        app: &App,
        progress: &Progress,
        text: &str,
    ) -> Result<Went> {
        match self.surface.clone() {
            Surface::Stream { ts, .. } => self.append(app, progress, text, &ts).await,
            Surface::Message(ts) => self.redraw(app, progress, text, &ts).await,
            Surface::Between if !self.has_all(progress, text) => {
                self.open_next(app).await?;
                Ok(Went::Later)
            }
            Surface::Between | Surface::Closed => Ok(Went::Through),
        }
    }

    /// Lets the stream grow.
    async fn append(
        &mut self,
        app: &App,
        progress: &Progress,
        text: &str,
        ts: &MessageTs,
    ) -> Result<Went> {
        let (upto, piece) = self.piece(text, PIECE);
        let said = text.get(..upto).unwrap_or(text);
        let chunks = self.in_order(progress, said, &piece);
        let full = upto < text.len() && !self.diverged;
        if chunks.is_empty() {
            return if full {
                self.go_on(app, true).await
            } else {
                Ok(Went::Through)
            };
        }
        self.due = Instant::now() + STREAM_PACE;
        let appended = app
            .slack
            .append_stream(&self.held.channel, ts, &chunks)
            .await;
        match appended {
            Ok(()) => {
                self.take(upto, &piece, progress);
                Ok(if full { Went::Later } else { Went::Through })
            }
            Err(CallError::RateLimited(wait)) => {
                self.due = Instant::now() + wait.max(STREAM_PACE);
                Ok(Went::Later)
            }
            Err(CallError::Refused(code)) if STREAM_IS_OVER.contains(&code.as_str()) => {
                self.go_on(app, false).await
            }
            // Perhaps it was heard: written again it might stand there twice, so the message is set
            // right as a whole, with this piece in it.
            Err(CallError::Unheard(_)) => {
                self.take(upto, &piece, progress);
                self.go_on(app, false).await
            }
            Err(error @ CallError::Refused(_)) => {
                tracing::debug!(run.id = %self.run.id, "a stream ends early: {error}");
                self.diverged = true;
                self.surface = Surface::Closed;
                Ok(Went::Through)
            }
        }
    }

    /// Brings the message up to date; one that is full is left as it is to stand.
    async fn redraw(
        &mut self,
        app: &App,
        progress: &Progress,
        text: &str,
        ts: &MessageTs,
    ) -> Result<Went> {
        self.due = Instant::now() + UPDATE_PACE;
        let (upto, piece) = self.piece(text, PAGE);
        let full = upto < text.len() && !self.diverged;
        let message = if full {
            self.whole(&piece)
        } else {
            draft(
                self.language,
                progress,
                &format!("{}{piece}", self.sent_here()),
            )
        };
        match app.slack.update(&self.held.channel, ts, &message).await {
            Ok(()) => {
                self.take(upto, &piece, progress);
                if full {
                    self.go_on(app, true).await
                } else {
                    Ok(Went::Through)
                }
            }
            // Perhaps people read it already; drawn again it stands there once all the same.
            Err(CallError::Unheard(_)) => {
                self.take(upto, &piece, progress);
                Ok(Went::Later)
            }
            Err(CallError::RateLimited(wait)) => {
                self.due = Instant::now() + wait.max(UPDATE_PACE);
                Ok(Went::Later)
            }
            Err(error @ CallError::Refused(_)) => {
                tracing::debug!(run.id = %self.run.id, "a message was not brought up to date: {error}");
                Ok(Went::Through)
            }
        }
    }

    /// A piece of text and what became of the tool calls, a new call after what was said before it.
    pub(super) fn in_order(&self, progress: &Progress, text: &str, piece: &str) -> Vec<Value> {
        let mut chunks = Vec::new();
        if self.thinks && begun(progress) {
            chunks.push(self.thought("complete"));
        }
        let whole = format!("{}{piece}", self.sent);
        let mut done = self.sent.len();
        let write = |from: usize, to: usize, chunks: &mut Vec<Value>| {
            if let Some(words) = whole.get(from..to).filter(|words| !words.is_empty()) {
                chunks.push(json!({ "type": "markdown_text", "text": words }));
            }
        };
        for task in &progress.tasks {
            if self.tasks.contains(task) {
                continue;
            }
            let before = text.get(..task.at).filter(|_| task.at > self.taken);
            let before = before
                .map(harmless)
                .filter(|before| whole.starts_with(before));
            if let Some(before) = before.filter(|before| before.len() > done) {
                write(done, before.len(), &mut chunks);
                done = before.len();
            }
            chunks.push(task_chunk(self.language, task));
        }
        write(done, whole.len(), &mut chunks);
        chunks
    }

    /// Notes what is out.
    fn take(&mut self, upto: usize, piece: &str, progress: &Progress) {
        self.taken = upto;
        self.size += piece.chars().count();
        self.sent.push_str(piece);
        self.tasks.clone_from(&progress.tasks);
        self.thinks = self.thinks && !begun(progress);
    }

    /// The next piece of `text` that fits the current message, of at most that many characters, as
    /// Slack is to get it, and how far it goes.
    fn piece(&mut self, text: &str, most: usize) -> (usize, String) {
        self.diverged |= !text.is_char_boundary(self.taken);
        if self.diverged {
            return (self.taken, String::new());
        }
        let end = self.end(text);
        let upto = cut(&text[..end], self.taken, most);
        let whole = harmless(&text[..upto]);
        match whole.strip_prefix(&self.sent) {
            Some(piece) => (upto, piece.to_owned()),
            None => {
                self.diverged = true;
                (self.taken, String::new())
            }
        }
    }

    /// Where in the text the current message has to end: where it is full, or with the text.
    fn end(&mut self, text: &str) -> usize {
        if let Some(end) = self.ends {
            return end;
        }
        let left = PAGE.saturating_sub(self.size + self.opens.chars().count());
        if text[self.taken..].chars().nth(left).is_none() {
            return text.len();
        }
        // Each reply is a text by itself.
        let base = match self.from >= self.begins {
            true => self.begins,
            false => 0,
        };
        let shape = Shape::of(&text[base..]);
        let (from, least) = (self.from - base, self.taken - base);
        let end = base + split::seam(&shape, from, least, PAGE).at;
        self.ends = Some(end);
        end
    }

    /// Whether all there is to show is out.
    pub(super) fn has_all(&self, progress: &Progress, text: &str) -> bool {
        text.len() <= self.taken && self.tasks == progress.tasks
    }

    /// The end of the first task, the one that the message is known by.
    pub(super) fn thought(&self, status: &str) -> Value {
        let title = if status == "complete" {
            text!("Thought it over")
        } else {
            text!("Thinking")
        };
        json!({ "type": "task_update", "id": self.run.id, "title": title.to(self.language), "status": status })
    }
}

/// Whether there is anything to show but that the model thinks.
pub(super) fn begun(progress: &Progress) -> bool {
    !progress.tasks.is_empty() || !progress.text.is_empty()
}
