//! The end of a message: the rest of its text and what stands below it, or, where Slack has it some
//! other way, the message set right as a whole.

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::page::{MOST_WAITS, Page, STREAM_PACE, Surface, UPDATE_PACE, Went, begun};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::post::Post;
use crate::domain::progress::{Progress, TaskState};
use crate::domain::split::{Seam, Shape, closing};
use crate::error::Result;
use crate::ids::MessageTs;
use crate::signals::Span;
use crate::slack::blocks::{Message, clipped, context};
use crate::slack::client::{CallError, SessionStatus, StreamEnd};
use crate::slack::mrkdwn::escape;
use crate::slack::outbox;
use crate::store::Then;
use crate::text;

/// What became of a message that was to be closed.
enum Closed {
    /// It is as it should be, and its stream said so of the session.
    Ended(MessageTs),
    /// It is as it should be, set right as a whole.
    Stands(MessageTs),
    /// What is missing is the outbox's to bring.
    ToBring,
    /// The same, after this.
    Unsent(CallError),
}

impl Page {
    /// Closes the message with what came of this stretch of work.
    pub(super) async fn finish(
        mut self,
        app: &App,
        progress: &Progress,
        span: &mut Span,
    ) -> Result<()> {
        if !self.renew(app).await? {
            return Ok(());
        }
        let (mut post, mut shown) = (self.held.post.0.clone(), self.held.revision);
        span.set("patchbay.post", post.name());
        let mut closed = match &post {
            Post::Answer { .. } => {
                self.turn_to(app, progress).await?;
                self.close_answer(app, progress, &post).await?
            }
            Post::Failed { .. }
            | Post::Stopped { .. }
            | Post::Withdrawn { .. }
            | Post::Interrupted { .. } => self.close_below(app, progress, &post).await?,
            Post::AskApproval(_) | Post::Working { .. } => {
                self.make_room(app, progress, &post).await?
            }
        };
        // Something else may have come of it meanwhile.
        for _ in 0..MOST_WAITS {
            let stands = matches!(closed, Closed::Ended(_) | Closed::Stands(_));
            if !stands || self.held.revision == shown {
                break;
            }
            (post, shown) = (self.held.post.0.clone(), self.held.revision);
            if let Closed::Ended(ts) = closed {
                self.remember(app, &ts, false).await?;
            }
            closed = self.set_right(app, &post).await?;
        }
        let now = app.clock.now();
        if let Closed::Stands(_) = closed {
            outbox::say_status(app, &self.held, outbox::session_status(&post)).await;
        }
        let (then, why) = match &closed {
            Closed::Ended(ts) | Closed::Stands(ts) => {
                app.signals.metrics.message("sent");
                self.held.revision = shown;
                return app.store.mark_sent(&self.held, ts).await;
            }
            // It is to be looked for before it is sent again.
            Closed::ToBring if self.unheard.is_some() => {
                (Then::Again { at: now }, "unheard".to_owned())
            }
            Closed::ToBring => return app.store.release_message(&self.held, now).await,
            Closed::Unsent(error) => match outbox::then(error, self.held.attempts, now) {
                // The outbox knows other ways than a stream.
                Then::GiveUp => (Then::Again { at: now }, error.to_string()),
                then => (then, error.to_string()),
            },
        };
        app.store.mark_unsent(&self.held, then, &why).await
    }

    /// Ends with an answer.
    async fn close_answer(
        &mut self,
        app: &App,
        progress: &Progress,
        post: &Post,
    ) -> Result<Closed> {
        match self.surface {
            Surface::Between if !self.has_all(progress, &progress.text) => {
                self.open_next(app).await?;
            }
            // What was said on the way stands above it.
            Surface::Message(_) if self.from < self.begins => self.show_rest(app, progress).await?,
            Surface::Stream { .. } | Surface::Message(_) | Surface::Between | Surface::Closed => {}
        }
        let closed = match self.surface {
            Surface::Stream { .. } => self.close(app, progress, post).await?,
            Surface::Message(_) | Surface::Between | Surface::Closed if self.from < self.begins => {
                Err(CallError::Unheard("words stand above the answer"))
            }
            Surface::Message(_) | Surface::Between | Surface::Closed => return Ok(Closed::ToBring),
        };
        let Err(error) = closed else {
            return Ok(closed.map_or_else(Closed::Unsent, Closed::Ended));
        };
        tracing::debug!(run.id = %self.run.id, "an answer is set right: {error}");
        // Without a message there is nothing to set right, and all that is missing comes below.
        if self.held.message.is_none() {
            return Ok(Closed::ToBring);
        }
        if self.from >= self.begins || !self.has_words() {
            return self.set_right(app, post).await;
        }
        // What was said on the way stays, and the answer goes on below it.
        let (mut message, ts) = (self.whole(""), self.held.message.clone());
        let written = progress.text.get(self.begins..);
        let is_the_answer = written == post.answer();
        let is_whole = is_the_answer && !self.diverged && self.has_all(progress, &progress.text);
        if is_whole {
            message.blocks.extend(below(self.language, post));
            message = crate::slack::feedback::below(self.language, message, &self.held);
        }
        match (ts, self.stand(app, &message).await?) {
            (Some(ts), true) if is_whole => Ok(Closed::Stands(ts)),
            // Whoever brings the answer ends it first.
            (_, false) if self.held.streaming => Ok(Closed::ToBring),
            _ => {
                let stands = self.taken.saturating_sub(self.begins);
                let offset = if is_the_answer { stands } else { 0 };
                let offset = i64::try_from(offset).unwrap_or(i64::MAX);
                self.leave_standing(app, offset).await?;
                Ok(Closed::ToBring)
            }
        }
    }

    /// Ends without an answer: what people read so far stays, and below it stands what came of it.
    async fn close_below(&mut self, app: &App, progress: &Progress, post: &Post) -> Result<Closed> {
        if !matches!(self.surface, Surface::Stream { .. }) {
            self.show_rest(app, progress).await?;
        }
        if let Surface::Stream { .. } = self.surface
            && let Ok(ts) = self.close(app, progress, post).await?
        {
            return Ok(Closed::Ended(ts));
        }
        self.set_right(app, post).await
    }

    /// Ends for now, with a question: below the words that stand, in a message of its own that the
    /// answer takes the place of once it is decided.
    async fn make_room(&mut self, app: &App, progress: &Progress, post: &Post) -> Result<Closed> {
        self.show_rest(app, progress).await?;
        if self.has_words() {
            let left = match self.surface.clone() {
                Surface::Stream { ts, .. } => self.leave(app, &ts, true).await?,
                Surface::Message(_) | Surface::Closed => self.stand(app, &self.whole("")).await?,
                Surface::Between => true,
            };
            // Whoever brings the question ends a stream that is still open, and leaves its words.
            if left || !self.held.streaming {
                self.leave_standing(app, 0).await?;
            }
            return Ok(Closed::ToBring);
        }
        match (&self.surface, post) {
            (Surface::Stream { .. }, Post::AskApproval(_)) => {
                match self.close(app, progress, post).await? {
                    Ok(ts) => Ok(Closed::Ended(ts)),
                    Err(_) => self.set_right(app, post).await,
                }
            }
            _ => Ok(Closed::ToBring),
        }
    }

    /// Shows what was written and is not out yet, as far as Slack takes it at once.
    async fn show_rest(&mut self, app: &App, progress: &Progress) -> Result<()> {
        for _ in 0..MOST_WAITS {
            if self.refused > 0 || self.has_all(progress, &progress.text) {
                return Ok(());
            }
            sleep_until(self.due).await;
            if !self.renew(app).await?
                || self.grow(app, progress, &progress.text).await? == Went::Through
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sets the message right as a whole: an answer as it is, and whatever ended without one below
    /// what people read so far. Where Slack does not take that, it comes in a message below.
    async fn set_right(&mut self, app: &App, post: &Post) -> Result<Closed> {
        let Some(ts) = self.held.message.clone() else {
            return Ok(Closed::ToBring);
        };
        if matches!(post, Post::Answer { .. }) || !self.has_words() {
            let sent = outbox::deliver(app, &self.held).await;
            return Ok(sent.map_or_else(Closed::Unsent, Closed::Stands));
        }
        let mut message = self.whole("");
        message.blocks.extend(below(self.language, post));
        if self.stand(app, &message).await? {
            return Ok(Closed::Stands(ts));
        }
        if !self.held.streaming {
            self.leave_standing(app, 0).await?;
        }
        Ok(Closed::ToBring)
    }

    /// Has the current message say this and be no stream any more; false when Slack did not take it.
    async fn stand(&mut self, app: &App, message: &Message) -> Result<bool> {
        let Some(ts) = self.held.message.clone() else {
            return Ok(false);
        };
        for _ in 0..MOST_WAITS {
            // Whoever has it now may have brought the outcome.
            if !self.renew(app).await? {
                return Ok(false);
            }
            let ended = match self.held.streaming {
                true => outbox::end_stream(app, &self.held, &ts, &[]).await,
                false => Ok(()),
            };
            let stands = match ended {
                Ok(()) => app.slack.update(&self.held.channel, &ts, message).await,
                Err(error) => Err(error),
            };
            match stands {
                Ok(()) => return Ok(true),
                Err(error @ CallError::Refused(_)) => {
                    tracing::info!(run.id = %self.run.id, "a message was not set right: {error}");
                    return Ok(false);
                }
                Err(CallError::RateLimited(wait)) => sleep(wait).await,
                Err(CallError::Unheard(_)) => sleep(UPDATE_PACE).await,
            }
        }
        Ok(false)
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
            if progress.text.get(progress.begins..) != Some(markdown.as_str()) {
                return Ok(Err(CallError::Unheard("the answer is another one")));
            }
            while self.grow(app, progress, &progress.text).await? == Went::Later {
                waits += usize::from(self.due > Instant::now() + STREAM_PACE);
                if waits > MOST_WAITS {
                    break;
                }
                sleep_until(self.due).await;
                if app.clock.now() >= self.held_until - chrono::Duration::seconds(5)
                    && !self.renew(app).await?
                {
                    break;
                }
            }
            if self.diverged || self.taken < progress.text.len() {
                return Ok(Err(CallError::Unheard("the text went another way")));
            }
        }
        let Surface::Stream { ts, .. } = self.surface.clone() else {
            return Ok(Err(CallError::Unheard("the stream was over")));
        };
        let mut blocks = below(self.language, post);
        let mut chunks = Vec::from_iter(outbox::closing_chunk(&self.sent_here()));
        chunks.extend(self.last_task_chunks(progress, post));
        let (language, run) = (self.language, &self.held.run);
        blocks.extend(crate::slack::feedback::buttons(language, post, run));
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

    /// Ends a stream, and where it is over already or it is not sure what Slack has of it, sets the
    /// message right as a whole: a stream that nobody ended looks broken. False when that failed.
    pub(super) async fn leave(
        &mut self,
        app: &App,
        ts: &MessageTs,
        mut sure: bool,
    ) -> Result<bool> {
        let channel = self.held.channel.clone();
        let closing = outbox::closing_chunk(&self.sent_here());
        for _ in 0..MOST_WAITS {
            let end = StreamEnd {
                chunks: closing.as_slice(),
                blocks: &[],
                status: SessionStatus::Processing,
                metadata: None,
            };
            let left = match app.slack.stop_stream(&channel, ts, end).await {
                Ok(()) if sure => return Ok(true),
                Ok(()) | Err(CallError::Refused(_)) => {
                    sure = false;
                    // Whoever has it now may have brought the outcome.
                    if !self.renew(app).await? {
                        return Ok(false);
                    }
                    app.slack.update(&channel, ts, &self.whole("")).await
                }
                Err(error) => Err(error),
            };
            let wait = match left {
                Ok(()) => return Ok(true),
                Err(CallError::RateLimited(wait)) => wait,
                Err(CallError::Unheard(_)) => {
                    sure = false;
                    STREAM_PACE
                }
                Err(error @ CallError::Refused(_)) => {
                    tracing::info!(run.id = %self.run.id, "a stream was not set right: {error}");
                    return Ok(false);
                }
            };
            sleep(wait).await;
            if !self.renew(app).await? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// The current message, as it should stand once this piece is in it.
    pub(super) fn whole(&self, piece: &str) -> Message {
        let mut shown = self.sent_here() + piece;
        shown += &closing(&shown);
        let text = if shown.trim().is_empty() {
            text!("It goes on below.").to(self.language)
        } else {
            shown
        };
        Message {
            text: clipped(&escape(&text), 3_000),
            blocks: vec![json!({ "type": "markdown", "text": text })],
        }
    }

    /// Whether the current message holds anything that the model wrote.
    fn has_words(&self) -> bool {
        self.size > 0 && !self.sent_here().trim().is_empty()
    }

    /// What the current message holds.
    pub(super) fn sent_here(&self) -> String {
        let skipped = self.sent.chars().count().saturating_sub(self.size);
        let sent: String = self.sent.chars().skip(skipped).collect();
        format!("{}{sent}", self.opens)
    }

    /// What it takes to end the current message here and to go on in the next.
    pub(super) fn seam(&self) -> Seam {
        let shown = self.sent_here();
        Shape::of(&shown).seam_at(shown.len())
    }

    /// The same at the end: nothing is left that looks as if it went on.
    fn last_task_chunks(&self, progress: &Progress, post: &Post) -> Vec<Value> {
        let went_wrong = matches!(
            post,
            Post::Failed { .. }
                | Post::Stopped { .. }
                | Post::Withdrawn { .. }
                | Post::Interrupted { .. }
        );
        let mut last = progress.clone();
        for task in &mut last.tasks {
            if task.state == TaskState::Running {
                task.state = TaskState::Failed;
            }
        }
        let mut chunks = self.in_order(&last, "", "");
        if self.thinks && !begun(&last) {
            chunks.push(self.thought(if went_wrong { "error" } else { "complete" }));
        }
        chunks
    }
}

/// What stands below the text of a message that is closed.
fn below(language: Language, post: &Post) -> Vec<Value> {
    match post {
        Post::Answer { receipt, .. } => {
            let lines = outbox::receipt_lines(language, receipt);
            lines.iter().map(|line| context(line)).collect()
        }
        Post::Working { .. } => Vec::new(),
        Post::AskApproval(_)
        | Post::Failed { .. }
        | Post::Stopped { .. }
        | Post::Withdrawn { .. }
        | Post::Interrupted { .. } => outbox::render(language, post).blocks,
    }
}
