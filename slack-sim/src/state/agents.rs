//! What an agent shows besides messages: "is thinking…" and the prompts it suggests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Change, Post, Workspace};
use crate::clock::Time;
use crate::error::ApiError;

/// The most a session's title may hold.
const TITLE: usize = 200;

/// An agent session: what the app does for people in one thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    status: String,
    title: Option<String>,
}

impl Workspace {
    /// Shows, changes or (when empty) clears what the app says it is doing in a thread.
    pub(crate) fn set_status(
        &mut self,
        channel: &str,
        thread_ts: &str,
        text: &str,
    ) -> Result<(), ApiError> {
        if self.channel(channel).is_none() {
            return Err("channel_not_found".into());
        }
        self.show_status(channel, thread_ts, text);
        Ok(())
    }

    /// Sets the status of an agent session, which one place on the screen shows like the app's own.
    pub(crate) fn set_session(
        &mut self,
        channel: &str,
        thread_ts: &str,
        status: &str,
    ) -> Result<(), ApiError> {
        let shown = match status {
            "processing" => "is working…",
            "suspended" => "is waiting for you",
            "active" | "closed" => "",
            _ => return Err("invalid_status".into()),
        };
        if self.channel(channel).is_none() {
            return Err("channel_not_found".into());
        }
        let place = (channel.to_owned(), thread_ts.to_owned());
        status.clone_into(&mut self.sessions.entry(place).or_default().status);
        self.set_status(channel, thread_ts, shown)
    }

    /// The status of an agent session, if there is one.
    pub(crate) fn session(&self, channel: &str, thread_ts: &str) -> Option<&str> {
        let place = (channel.to_owned(), thread_ts.to_owned());
        let session = self.sessions.get(&place);
        session.map(|session| session.status.as_str())
    }

    /// The title of an agent session, if it has one.
    pub(crate) fn session_title(&self, channel: &str, thread_ts: &str) -> Option<&str> {
        let place = (channel.to_owned(), thread_ts.to_owned());
        self.sessions.get(&place)?.title.as_deref()
    }

    /// Gives an agent session another title; gives the one it had.
    pub(crate) fn rename_session(
        &mut self,
        channel: &str,
        thread_ts: &str,
        title: &str,
    ) -> Result<Option<String>, ApiError> {
        if title.is_empty() || title.chars().count() > TITLE {
            return Err("invalid_title".into());
        }
        let place = (channel.to_owned(), thread_ts.to_owned());
        let session = self.sessions.get_mut(&place);
        let session = session.ok_or_else(|| ApiError::from("session_not_found"))?;
        Ok(session.title.replace(title.to_owned()))
    }

    /// The same by a person, of which the app is told.
    pub(crate) fn retitle_session(
        &mut self,
        now: Time,
        user: &str,
        channel: &str,
        thread_ts: &str,
        title: &str,
    ) -> Result<(), ApiError> {
        let before = self.rename_session(channel, thread_ts, title)?;
        let at = self.next_ts(now);
        let mut event = json!({
            "type": "agent_session_title_changed",
            "channel": channel,
            "thread_ts": thread_ts,
            "title": title,
            "user": user,
            "team_id": self.own.team,
            "event_ts": at,
        });
        if let Some(before) = before {
            event["previous_title"] = json!(before);
        }
        self.emit(now, event);
        Ok(())
    }

    /// The threads of a channel in which the app is at work.
    pub(crate) fn processing(&self, channel: &str) -> Vec<String> {
        let here = self
            .sessions
            .iter()
            .filter(|((place, _), session)| place == channel && session.status == "processing");
        here.map(|((_, thread_ts), _)| thread_ts.clone()).collect()
    }

    fn show_status(&mut self, channel: &str, thread_ts: &str, text: &str) {
        let place = (channel.to_owned(), thread_ts.to_owned());
        let before = if text.is_empty() {
            self.statuses.remove(&place)
        } else {
            self.statuses.insert(place, text.to_owned())
        };
        if before.as_deref().unwrap_or_default() != text {
            self.changed(Change::Status {
                channel: channel.to_owned(),
                thread_ts: thread_ts.to_owned(),
                text: text.to_owned(),
                stoppable: self.offers_stop()
                    && self.session(channel, thread_ts) == Some("processing"),
            });
        }
    }

    /// What the app says it is doing in a channel, by thread.
    pub(crate) fn statuses(&self, channel: &str) -> BTreeMap<String, String> {
        self.statuses
            .iter()
            .filter(|((place, _), _)| place == channel)
            .map(|((_, thread_ts), text)| (thread_ts.clone(), text.clone()))
            .collect()
    }

    /// A message from the app ends its status in that thread, as it does in Slack.
    pub(super) fn clear_status(&mut self, channel: &str, post: &Post) {
        if let Some(root) = &post.thread_ts {
            self.show_status(channel, root, "");
        }
    }

    pub(crate) fn set_prompts(&mut self, channel: &str, prompts: Value) {
        self.prompts.insert(channel.to_owned(), prompts);
    }

    /// The prompts that the app suggests in a channel, if any.
    pub(crate) fn prompts(&self, channel: &str) -> Option<&Value> {
        self.prompts.get(channel)
    }
}
