//! Response addresses: five answers within thirty minutes to whatever a person did.

use std::collections::HashMap;
use std::time::Duration;

use super::{Author, Draft, Revision, Workspace};
use crate::clock::Time;
use crate::error::ApiError;

const LIFETIME: Duration = Duration::from_secs(30 * 60);
const USES: u8 = 5;

#[derive(Default)]
pub(super) struct ResponseUrls(HashMap<String, ResponseUrl>);

struct ResponseUrl {
    origin: Origin,
    expires: Time,
    left: u8,
}

/// Where an answer goes.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) channel: String,
    pub(crate) user: String,
    /// The message that `replace_original` and `delete_original` mean.
    pub(crate) message: Option<String>,
}

/// What the app wants done through a response address.
pub(crate) struct Answer {
    pub(crate) delete_original: bool,
    pub(crate) replace_original: bool,
    pub(crate) in_channel: bool,
    pub(crate) text: Option<String>,
    pub(crate) blocks: Option<Vec<serde_json::Value>>,
    pub(crate) thread_ts: Option<String>,
}

impl Workspace {
    /// A new response address for something done in a channel.
    pub(crate) fn new_response_url(&mut self, now: Time, origin: Origin) -> String {
        let key = self.ids.next("R");
        let url = format!("{}/response/{key}", self.base_url);
        let entry = ResponseUrl {
            origin,
            expires: now + LIFETIME,
            left: USES,
        };
        self.response_urls.0.insert(key, entry);
        url
    }

    /// Tells a response address which message is its original, once there is one.
    pub(crate) fn set_original(&mut self, url: &str, ts: &str) {
        let key = url.rsplit('/').next().unwrap_or_default();
        if let Some(entry) = self.response_urls.0.get_mut(key) {
            entry.origin.message = Some(ts.to_owned());
        }
    }

    /// Whether there is, or was, a response address with this key here.
    pub(crate) fn has_response_url(&self, key: &str) -> bool {
        self.response_urls.0.contains_key(key)
    }

    /// Carries out one answer.
    pub(crate) fn respond(&mut self, now: Time, key: &str, answer: Answer) -> Result<(), ApiError> {
        let origin = self.spend_response_url(now, key)?;
        if answer.delete_original || answer.replace_original {
            let ts = origin
                .message
                .ok_or_else(|| ApiError::from("message_not_found"))?;
            if answer.delete_original {
                return self.remove(now, &origin.channel, &ts);
            }
            let revision = Revision {
                text: Some(answer.text.unwrap_or_default()),
                blocks: Some(answer.blocks.unwrap_or_default()),
                ..Revision::default()
            };
            return self.revise(now, &origin.channel, &ts, revision);
        }
        let text = answer.text.unwrap_or_default();
        let draft = Draft {
            blocks: answer.blocks.unwrap_or_default(),
            thread_ts: answer.thread_ts,
            only_for: (!answer.in_channel).then_some(origin.user),
            ..Draft::new(&origin.channel, Author::Bot, &text)
        };
        let ts = self.post(now, draft)?;
        if origin.message.is_none() {
            self.set_original(key, &ts);
        }
        Ok(())
    }

    fn spend_response_url(&mut self, now: Time, key: &str) -> Result<Origin, ApiError> {
        let entry = self
            .response_urls
            .0
            .get_mut(key)
            .ok_or_else(|| ApiError::from("invalid_url"))?;
        if now > entry.expires {
            return Err("expired_url".into());
        }
        if entry.left == 0 {
            return Err("used_url".into());
        }
        entry.left -= 1;
        Ok(entry.origin.clone())
    }
}
