//! Finding what is in Slack already: a message of ours, the bot's conversation with a person.

use serde_json::{Value, json};

use super::{CallError, SlackClient};
use crate::ids::{ChannelId, MessageTs, UserId};

/// Pages of 200 replies that are searched for a message of ours.
const MOST_PAGES: usize = 10;
/// The same outside threads, where Slack gives the latest first.
const LATEST_PAGES: usize = 1;

impl SlackClient {
    /// The first message of a thread that is as wanted, as Slack has it, or, outside threads, the
    /// latest of the conversation. Slack gives a thread's oldest first, so a long one takes several
    /// pages.
    pub async fn find_message(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, CallError> {
        let (method, most) = match thread {
            Some(_) => ("conversations.replies", MOST_PAGES),
            None => ("conversations.history", LATEST_PAGES),
        };
        let mut cursor = String::new();
        for _ in 0..most {
            // Slack documents these methods for queries, not for JSON bodies.
            let mut query = vec![
                ("channel", Some(channel.as_str())),
                ("include_all_metadata", Some("true")),
                ("limit", Some("200")),
            ];
            query.extend(thread.map(|thread| ("ts", Some(thread.as_str()))));
            query.extend((!cursor.is_empty()).then_some(("cursor", Some(cursor.as_str()))));
            let (messages, next) = self.messages(method, &query).await?;
            if let Some(found) = messages.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
            match next {
                Some(next) => cursor = next,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// A person's conversation with the bot, made if there was none.
    pub async fn open_direct(&self, user: &UserId) -> Result<ChannelId, CallError> {
        let body = json!({ "users": user });
        let answer = self.call("conversations.open", &body).await?;
        answer["channel"]["id"]
            .as_str()
            .map(ChannelId::new)
            .ok_or(CallError::Unheard("no channel"))
    }
}
