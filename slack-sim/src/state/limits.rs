//! How fast an app may post: about one message a second in each channel, with some slack for bursts.

use std::collections::HashMap;

use super::tiers::whole_seconds;
use crate::clock::Time;
use crate::config::Limits;
use crate::error::ApiError;

/// A bucket of tokens for each channel.
pub(crate) struct Pace {
    per_second: f64,
    burst: f64,
    buckets: HashMap<String, (f64, Time)>,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            per_second: limits.posts_per_second,
            burst: limits.post_burst,
            buckets: HashMap::new(),
        }
    }

    /// Takes the place of one message in a channel, or says how long to wait.
    pub(crate) fn take(&mut self, now: Time, channel: &str) -> Result<(), ApiError> {
        let (tokens, since) = self
            .buckets
            .entry(channel.to_owned())
            .or_insert((self.burst, now));
        let earned = since.until(now).as_secs_f64() * self.per_second;
        *tokens = (*tokens + earned).min(self.burst);
        *since = now;
        if *tokens >= 1.0 {
            *tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - *tokens) / self.per_second;
        Err(ApiError::rate_limited(whole_seconds(wait)))
    }
}
