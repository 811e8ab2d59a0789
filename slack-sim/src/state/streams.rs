//! Messages that grow: begun, appended to and ended by the app, and ended by Slack after five minutes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Author, Draft, Post, Workspace};
use crate::blocks;
use crate::clock::Time;
use crate::error::ApiError;
use crate::payloads;

/// How long a stream lives, however much is appended.
const LIFE: Duration = Duration::from_secs(300);
/// The most text of one message.
const TEXT: usize = 12_000;

/// How far a message that grows is.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    since: Time,
    state: StreamState,
    /// Tasks in one plan, instead of where they came up.
    as_plan: bool,
    plan_title: Option<String>,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    Growing,
    /// Ended by the app.
    Ended,
    /// Ended by a person.
    Stopped,
}

/// A piece of a message, in the order of arrival.
#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// The latest state of a task.
    Task(Value),
    Block(Value),
}

impl Stream {
    pub(crate) fn begin(now: Time, as_plan: bool) -> Self {
        Self {
            since: now,
            state: StreamState::Growing,
            as_plan,
            plan_title: None,
            parts: Vec::new(),
        }
    }

    /// Whether the app may still append.
    pub(crate) fn grows(&self, now: Time) -> bool {
        self.state == StreamState::Growing && self.since.until(now) < LIFE
    }

    /// `in_progress`, `completed`, `stopped`, or `expired` for one that Slack ended.
    pub(crate) fn name(&self, now: Time) -> &'static str {
        match self.state {
            StreamState::Ended => "completed",
            StreamState::Stopped => "stopped",
            StreamState::Growing if self.grows(now) => "in_progress",
            StreamState::Growing => "expired",
        }
    }

    /// As messages show it to the app, which is not told that a stream expired.
    pub(crate) fn state_name(&self) -> &'static str {
        match self.state {
            StreamState::Growing => "in_progress",
            StreamState::Ended | StreamState::Stopped => "completed",
        }
    }

    /// Why it takes nothing more, if so.
    fn check(&self, now: Time) -> Result<(), ApiError> {
        match self.state {
            StreamState::Growing if self.grows(now) => Ok(()),
            StreamState::Stopped => Err("stopped_by_user".into()),
            StreamState::Growing | StreamState::Ended => {
                Err("message_not_in_streaming_state".into())
            }
        }
    }

    /// Why it cannot be ended, if so. What a person stopped can: ending it is how the app lets go of its session.
    fn check_end(&self, now: Time) -> Result<(), ApiError> {
        match self.state {
            StreamState::Stopped => Ok(()),
            StreamState::Growing | StreamState::Ended => self.check(now),
        }
    }

    fn take(&mut self, chunks: &[Value]) -> Result<(), ApiError> {
        for chunk in chunks {
            match chunk["type"].as_str() {
                Some("markdown_text") => self.write(required(chunk, "text")?),
                Some("task_update") => self.update_task(chunk)?,
                Some("plan_update") => {
                    self.plan_title = Some(required(chunk, "title")?.to_owned());
                }
                Some("blocks") => {
                    let blocks = chunk["blocks"].as_array().ok_or("invalid_chunks")?;
                    self.parts.extend(blocks.iter().cloned().map(Part::Block));
                }
                Some(_) | None => return Err("invalid_chunks".into()),
            }
        }
        if self.text().chars().count() > TEXT {
            return Err("msg_too_long".into());
        }
        Ok(())
    }

    fn write(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            Some(Part::Task(_) | Part::Block(_)) | None => {
                self.parts.push(Part::Text(text.to_owned()));
            }
        }
    }

    fn update_task(&mut self, chunk: &Value) -> Result<(), ApiError> {
        const STATES: [&str; 4] = ["pending", "in_progress", "complete", "error"];
        let id = required(chunk, "id")?;
        let status = chunk["status"].as_str().unwrap_or("pending");
        if !STATES.contains(&status) {
            return Err("invalid_chunks".into());
        }
        let known = self.parts.iter_mut().find_map(|part| match part {
            Part::Task(task) if task["task_id"] == id => Some(task),
            Part::Task(_) | Part::Text(_) | Part::Block(_) => None,
        });
        let task = match known {
            Some(task) => task,
            None => {
                required(chunk, "title")?;
                self.parts
                    .push(Part::Task(json!({"type": "task_card", "task_id": id})));
                match self.parts.last_mut() {
                    Some(Part::Task(task)) => task,
                    _ => return Err("internal_error".into()),
                }
            }
        };
        task["status"] = json!(status);
        for field in ["title", "sources"] {
            if !chunk[field].is_null() {
                task[field] = chunk[field].clone();
            }
        }
        for field in ["details", "output"] {
            if let Some(text) = chunk[field].as_str() {
                task[field] = rich(text);
            }
        }
        Ok(())
    }

    fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Task(_) | Part::Block(_) => None,
        });
        texts.collect()
    }

    /// The message as blocks.
    fn blocks(&self) -> Vec<Value> {
        let tasks: Vec<Value> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Task(task) => Some(task.clone()),
                Part::Text(_) | Part::Block(_) => None,
            })
            .collect();
        let title = self.plan_title.as_deref().unwrap_or("Plan");
        // The first task says where the plan stands, and all others stand in it.
        let mut plan = (self.as_plan && !tasks.is_empty())
            .then(|| json!({"type": "plan", "title": title, "tasks": tasks}));
        let mut blocks = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => blocks.push(json!({"type": "markdown", "text": text})),
                Part::Task(_) if self.as_plan => blocks.extend(plan.take()),
                Part::Task(task) => blocks.push(task.clone()),
                Part::Block(block) => blocks.push(block.clone()),
            }
        }
        for (index, block) in blocks.iter_mut().enumerate() {
            if block["block_id"].is_null() {
                block["block_id"] = json!(format!("{index:06x}"));
            }
        }
        blocks
    }
}

impl Workspace {
    /// Posts a message that grows.
    pub(crate) fn start_stream(
        &mut self,
        now: Time,
        draft: Draft,
        as_plan: bool,
        chunks: &[Value],
    ) -> Result<String, ApiError> {
        let mut stream = Stream::begin(now, as_plan);
        stream.take(chunks)?;
        let (channel, root) = (draft.channel.clone(), draft.thread_ts.clone());
        let draft = Draft {
            text: stream.text(),
            blocks: stream.blocks(),
            stream: Some(stream),
            ..draft
        };
        blocks::check_message(&draft.blocks)?;
        let ts = self.post(now, draft)?;
        if let Some(root) = root {
            self.set_session(&channel, &root, "processing")?;
        }
        Ok(ts)
    }

    /// Lets a message grow.
    pub(crate) fn append_stream(
        &mut self,
        now: Time,
        channel: &str,
        ts: &str,
        chunks: &[Value],
    ) -> Result<(), ApiError> {
        let post = self.streamed(channel, ts)?;
        if let Some(stream) = &mut post.stream {
            stream.check(now)?;
            let mut grown = stream.clone();
            grown.take(chunks)?;
            blocks::check_message(&grown.blocks())?;
            (post.text, post.blocks) = (grown.text(), grown.blocks());
            post.stream = Some(grown);
        }
        let post = post.clone();
        self.announce_change(channel, &post);
        Ok(())
    }

    /// Ends a message that grows.
    pub(crate) fn stop_stream(
        &mut self,
        now: Time,
        channel: &str,
        ts: &str,
        end: StreamEnd,
    ) -> Result<(), ApiError> {
        let edited = self.next_ts(now);
        let post = self.streamed(channel, ts)?;
        let before = post.clone();
        if let Some(stream) = &mut post.stream {
            stream.check_end(now)?;
            let mut grown = stream.clone();
            grown.take(&end.chunks)?;
            // Fifty blocks may come by chunks, and fifty more at the end.
            blocks::check_message(&grown.blocks())?;
            blocks::check_message(&end.blocks)?;
            grown.parts.extend(end.blocks.into_iter().map(Part::Block));
            grown.state = StreamState::Ended;
            let mut whole = grown.blocks();
            blocks::name_parts(&mut whole);
            (post.text, post.blocks) = (grown.text(), whole);
            post.stream = Some(grown);
        }
        if end.metadata.is_some() {
            post.metadata = end.metadata;
        }
        let after = post.clone();
        let event = payloads::message_changed(self, channel, &before, &after, &edited);
        self.emit(now, event);
        self.announce_change(channel, &after);
        if let Some(root) = after.thread_ts {
            self.set_session(channel, &root, &end.session_status)?;
        }
        Ok(())
    }

    /// The Stop button of a thread: what grows there ends, and the app is told; false when the app
    /// is not at work there, or did not subscribe.
    pub(crate) fn stop_session(
        &mut self,
        now: Time,
        user: &str,
        channel: &str,
        root: &str,
    ) -> Result<bool, ApiError> {
        if self.session(channel, root) != Some("processing") || !self.offers_stop() {
            return Ok(false);
        }
        let mut stopped = Vec::new();
        for post in &mut self.channel_mut(channel)?.posts {
            if let Some(stream) = &mut post.stream
                && post.thread_ts.as_deref() == Some(root)
                && stream.grows(now)
            {
                stream.state = StreamState::Stopped;
                stopped.push(post.clone());
            }
        }
        let streams: Vec<&str> = stopped.iter().map(|post| post.ts.as_str()).collect();
        let at = self.next_ts(now);
        let event = json!({
            "type": "agent_session_stopped",
            "channel": channel,
            "thread_ts": root,
            "user": user,
            "streaming_message_ts": streams,
            "event_ts": at,
        });
        self.emit(now, event);
        for post in &stopped {
            self.announce_change(channel, post);
        }
        Ok(true)
    }

    /// Whether people are offered to stop the app.
    pub(crate) fn offers_stop(&self) -> bool {
        let wanted = |event: &String| event == "agent_session_stopped";
        self.app.events.iter().any(wanted)
    }

    fn streamed(&mut self, channel: &str, ts: &str) -> Result<&mut Post, ApiError> {
        let post = self.post_mut(channel, ts)?;
        if post.author != Author::Bot {
            return Err("message_not_owned_by_app".into());
        }
        if post.stream.is_none() {
            return Err("message_not_in_streaming_state".into());
        }
        Ok(post)
    }
}

/// How the app ends a stream.
pub(crate) struct StreamEnd {
    pub(crate) chunks: Vec<Value>,
    pub(crate) blocks: Vec<Value>,
    pub(crate) metadata: Option<Value>,
    pub(crate) session_status: String,
}

fn required<'a>(chunk: &'a Value, field: &str) -> Result<&'a str, ApiError> {
    chunk[field].as_str().ok_or_else(|| "invalid_chunks".into())
}

fn rich(text: &str) -> Value {
    json!({"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]},
    ]})
}
