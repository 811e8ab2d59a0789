//! The end of a message: the rest of its text and what stands below it, or, where Slack has it some
//! other way, the message set right as a whole.

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::page::{MOST_WAITS, Page, STREAM_PACE, Surface, Went, begun};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::post::Post;
use crate::domain::progress::{Progress, TaskState};
use crate::error::Result;
use crate::ids::MessageTs;
use crate::slack::blocks::{Message, clipped, context, markdown};
use crate::slack::client::{CallError, SessionStatus, StreamEnd};
use crate::slack::mrkdwn::escape;
use crate::slack::outbox;
use crate::slack::split::{Seam, Shape};
use crate::store::Then;
use crate::text;

impl Page {
    /// Closes the message with what came of this stretch of work.
    pub(super) async fn finish(mut self, app: &App, progress: &Progress) -> Result<()> {
        self.turn_to(app, progress).await?;
        if !self.renew(app).await? {
            return Ok(());
        }
        let post = self.held.post.0.clone();
        let more = !self.has_all(progress, &progress.text);
        if self.surface == Surface::Between && more && matches!(post, Post::Answer { .. }) {
            self.open_next(app).await?;
        }
        // No stream: a message that was brought up to date, or one that a stream left behind.
        let plain = match &self.surface {
            Surface::Message(ts) => Some(ts.clone()),
            Surface::Between => self.held.message.clone(),
            Surface::Stream { .. } | Surface::Closed => None,
        };
        let ended = match (self.surface.clone(), plain) {
            (_, Some(ts)) if self.leaves_text(progress, &post) => {
                outbox::say_status(app, &self.held, outbox::session_status(&post)).await;
                self.keep_text(app, progress, &post, ts).await
            }
            (Surface::Stream { .. }, _) if !matches!(post, Post::Working { .. }) => {
                match self.close(app, progress, &post).await? {
                    Ok(ts) => Ok(ts),
                    // What stands there now is set right as a whole.
                    Err(error) => {
                        // No message could be had to go on in: the outbox has it from here on.
                        if self.held.message.is_none() {
                            return Ok(());
                        }
                        tracing::debug!(run.id = %self.run.id, "a stream is set right: {error}");
                        // A stream that is over says nothing more of the session.
                        if self.surface == Surface::Between {
                            outbox::say_status(app, &self.held, outbox::session_status(&post))
                                .await;
                        }
                        self.set_right(app, &post).await
                    }
                }
            }
            _ => {
                return app.store.release_message(&self.held, app.clock.now()).await;
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

    /// Whether it ends without an answer below words that stand in this message.
    fn leaves_text(&self, progress: &Progress, post: &Post) -> bool {
        let written = progress.text.get(self.from..).unwrap_or_default();
        !written.trim().is_empty()
            && matches!(
                post,
                Post::Failed { .. }
                    | Post::Stopped { .. }
                    | Post::Withdrawn { .. }
                    | Post::Interrupted { .. }
            )
    }

    /// The same for a message that was brought up to date instead of growing: what was written
    /// until then, and below it what came of it.
    async fn keep_text(
        &self,
        app: &App,
        progress: &Progress,
        post: &Post,
        ts: MessageTs,
    ) -> std::result::Result<MessageTs, CallError> {
        let written = progress.text.get(self.from..).unwrap_or_default();
        let mut message = outbox::render(self.language, post);
        message.blocks = below(self.language, post);
        message
            .blocks
            .insert(0, markdown(&format!("{}{written}", self.opens)));
        let updated = app.slack.update(&self.held.channel, &ts, &message).await;
        updated.map(|()| ts)
    }

    /// The message as a whole: an answer as it is, and whatever ended without one below what was
    /// written until then.
    async fn set_right(&self, app: &App, post: &Post) -> std::result::Result<MessageTs, CallError> {
        let (Some(ts), false) = (&self.held.message, matches!(post, Post::Answer { .. })) else {
            return outbox::deliver(app, &self.held).await;
        };
        if self.sent_here().trim().is_empty() {
            return outbox::deliver(app, &self.held).await;
        }
        outbox::end_stream(app, &self.held, ts).await?;
        let mut message = self.whole();
        message.blocks.extend(below(self.language, post));
        let updated = app.slack.update(&self.held.channel, ts, &message).await;
        updated.map(|()| ts.clone())
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
                tokio::time::sleep_until(self.due).await;
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
        let (mut blocks, chunks) = (
            below(self.language, post),
            self.last_task_chunks(progress, post),
        );
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
        for _ in 0..MOST_WAITS {
            let closes = self.seam().closes;
            let closes = json!({ "type": "markdown_text", "text": closes });
            let closes: Vec<Value> = (closes["text"] != "")
                .then_some(closes)
                .into_iter()
                .collect();
            let end = StreamEnd {
                chunks: &closes,
                blocks: &[],
                status: SessionStatus::Processing,
                metadata: None,
            };
            let left = match app.slack.stop_stream(&channel, ts, end).await {
                Ok(()) if sure => return Ok(true),
                Ok(()) | Err(CallError::Refused(_)) => {
                    sure = false;
                    app.slack.update(&channel, ts, &self.whole()).await
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

    /// The current message, as it should be.
    fn whole(&self) -> Message {
        let shown = self.sent_here() + &self.seam().closes;
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

    /// What the current message holds.
    fn sent_here(&self) -> String {
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
        Post::Answer { receipt, .. } => vec![context(&outbox::receipt_line(language, receipt))],
        Post::Working { .. } => Vec::new(),
        Post::AskApproval(_)
        | Post::Failed { .. }
        | Post::Stopped { .. }
        | Post::Withdrawn { .. }
        | Post::Interrupted { .. } => outbox::render(language, post).blocks,
    }
}
