//! Where a run's message begins, and where it goes on: in a new one below what stands already.

use serde_json::json;
use tokio::time::Instant;

use super::draft;
use super::page::{Page, STREAM_PACE, Surface, UPDATE_PACE, Went};
use crate::app::App;
use crate::domain::progress::Progress;
use crate::error::Result;
use crate::ids::MessageTs;
use crate::slack::client::{CallError, SessionStatus};
use crate::slack::outbox;
use crate::store::Then;
use crate::text;

/// Doublings of the time until a message to go on in is asked for again.
const MOST_DOUBLINGS: u32 = 4;

impl Page {
    /// Ends the message that is full, too old or no longer sure: what comes goes on in a new one.
    pub(super) async fn go_on(&mut self, app: &App, sure: bool) -> Result<Went> {
        if let Surface::Stream { ts, .. } = self.surface.clone()
            && !self.leave(app, &ts, sure).await?
        {
            self.diverged = true;
            self.surface = Surface::Closed;
            return Ok(Went::Through);
        }
        if let Some(ts) = self.held.message.clone()
            && !self.remember(app, &ts, false).await?
        {
            self.surface = Surface::Closed;
            return Ok(Went::Through);
        }
        self.surface = Surface::Between;
        Ok(Went::Later)
    }

    /// Goes on in a new message, below the last. Where none can be had now, that is tried again
    /// later: until then the run has no message, and what stands is nobody's to change.
    pub(super) async fn open_next(&mut self, app: &App) -> Result<()> {
        if self.held.message.is_some() {
            self.opens = self.seam().opens;
            self.from = self.taken;
            self.ends = None;
            self.size = 0;
            if !self.leave_standing(app, self.offset()).await? {
                self.surface = Surface::Closed;
                return Ok(());
            }
        }
        if !self.open(app).await? {
            self.surface = Surface::Closed;
        }
        Ok(())
    }

    /// From here on the run's message is another one, below this one, that is not there yet; false
    /// when somebody else has it.
    pub(super) async fn leave_standing(&mut self, app: &App, offset: i64) -> Result<bool> {
        self.held.goes_on_below(offset);
        app.store.next_message(&self.held).await
    }

    /// Opens a message to write on: a stream where Slack allows one. False when somebody else has
    /// the message by now.
    pub(super) async fn open(&mut self, app: &App) -> Result<bool> {
        if let Some(ts) = self.held.message.clone().filter(|_| self.held.streaming) {
            self.take_over(app, &ts).await;
        }
        // An earlier try may have been heard although nobody heard back.
        let tried = self.unheard.is_some() || self.held.attempts > 1 && !self.begun;
        if self.held.message.is_none() && tried {
            match outbox::find(app, &self.held).await {
                Ok(found) => {
                    self.held.message = found;
                    self.unheard = None;
                }
                Err(error) if self.begun => return Ok(self.try_later(&error)),
                Err(_) => {}
            }
        }
        if let Some(ts) = self.held.message.clone() {
            self.surface = Surface::Message(ts.clone());
            let held = self.remember(app, &ts, self.held.streaming).await?;
            outbox::say_status(app, &self.held, SessionStatus::Processing).await;
            return Ok(held);
        }
        let (run, since) = (&self.run, app.clock.now());
        let is_first = !self.begun;
        let (title, status) = match is_first {
            true => (text!("Thinking"), "in_progress"),
            false => (text!("It goes on here"), "complete"),
        };
        let mut chunks = vec![json!({
            "type": "task_update", "id": outbox::first_task(&self.held),
            "title": title.to(self.language), "status": status,
        })];
        if !self.opens.is_empty() {
            chunks.push(json!({ "type": "markdown_text", "text": self.opens }));
        }
        self.thinks = is_first;
        self.begun = true;
        let started = app
            .slack
            .start_stream(&run.channel, &run.thread, &run.asker, &chunks)
            .await;
        self.due = Instant::now() + STREAM_PACE / 2;
        let ts = match started {
            Ok(ts) => Some(ts),
            // Perhaps it was begun all the same.
            Err(CallError::Unheard(_)) => {
                let found = outbox::find(app, &self.held).await.unwrap_or_default();
                if found.is_none() {
                    self.unheard = Some(since);
                }
                found
            }
            Err(error) => {
                tracing::debug!(run.id = %run.id, "no stream was begun: {error}");
                None
            }
        };
        match ts {
            Some(ts) => {
                self.refused = 0;
                let held = self.remember(app, &ts, true).await?;
                self.surface = Surface::Stream { ts, since };
                Ok(held)
            }
            None => self.open_plain(app, is_first).await,
        }
    }

    /// A stream that was left open, by another process or when the run waited, is ended: it takes no
    /// update. What is read in it stays.
    async fn take_over(&mut self, app: &App, ts: &MessageTs) {
        if let Err(error) = outbox::end_abandoned(app, &mut self.held, ts).await {
            tracing::info!(run.id = %self.run.id, "a stream that was left was not ended: {error}");
        } else if self.held.message.is_some() {
            self.held.streaming = false;
        }
    }

    /// A message that is brought up to date, where Slack gave no stream.
    async fn open_plain(&mut self, app: &App, is_first: bool) -> Result<bool> {
        let message = draft(self.language, &Progress::default(), "");
        let metadata = Some(outbox::metadata(&self.held));
        let (channel, thread) = (&self.run.channel, Some(&self.run.thread));
        match app.slack.post(channel, thread, &message, metadata).await {
            Ok(ts) => {
                self.refused = 0;
                self.unheard = None;
                let held = self.remember(app, &ts, false).await?;
                outbox::say_status(app, &self.held, SessionStatus::Processing).await;
                self.surface = Surface::Message(ts);
                Ok(held)
            }
            Err(error) if !is_first => {
                if let CallError::Unheard(_) = error {
                    self.unheard = Some(app.clock.now());
                }
                Ok(self.try_later(&error))
            }
            Err(error) => {
                let now = app.clock.now();
                let then = match outbox::then(&error, self.held.attempts, now) {
                    // The outbox knows other places.
                    Then::GiveUp => Then::Again { at: now },
                    then => then,
                };
                app.store
                    .mark_unsent(&self.held, then, &error.to_string())
                    .await?;
                Ok(false)
            }
        }
    }

    /// No message to go on in can be had now.
    fn try_later(&mut self, error: &CallError) -> bool {
        tracing::debug!(run.id = %self.run.id, "an answer does not go on yet: {error}");
        let wait = UPDATE_PACE * 2_u32.pow(self.refused.min(MOST_DOUBLINGS));
        let wait = match error {
            CallError::RateLimited(asked) => wait.max(*asked),
            CallError::Refused(_) | CallError::Unheard(_) => wait,
        };
        self.refused += 1;
        self.due = Instant::now() + wait;
        self.surface = Surface::Between;
        true
    }

    /// Turns to the reply that is being written: the outbox is to know where in it the message begins.
    pub(super) async fn turn_to(&mut self, app: &App, progress: &Progress) -> Result<()> {
        self.begins = progress.begins;
        let offset = self.offset();
        if offset == self.held.stream_offset {
            return Ok(());
        }
        match self.held.message.clone() {
            Some(ts) => self.remember(app, &ts, self.held.streaming).await?,
            None => self.leave_standing(app, offset).await?,
        };
        Ok(())
    }

    /// Where in the latest reply the current message begins.
    fn offset(&self) -> i64 {
        i64::try_from(self.from.saturating_sub(self.begins)).unwrap_or(i64::MAX)
    }

    /// Writes down which message is the run's now; false when somebody else has it.
    pub(super) async fn remember(
        &mut self,
        app: &App,
        ts: &MessageTs,
        streaming: bool,
    ) -> Result<bool> {
        self.held.message = Some(ts.clone());
        self.held.streaming = streaming;
        self.held.stream_offset = self.offset();
        app.store.message_is(&self.held).await
    }
}
