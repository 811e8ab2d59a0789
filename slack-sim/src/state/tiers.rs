//! How often each method may be called: Slack's tiers, each method counted for itself.

use std::collections::HashMap;

use crate::clock::Time;
use crate::error::ApiError;

/// How often a method may be called, in Slack's classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Once a minute.
    One,
    /// 20 times a minute.
    Two,
    /// 50 times a minute.
    Three,
    /// 100 times a minute.
    Four,
    /// A figure of its own, for a minute.
    Special(u32),
    /// Not here.
    Uncounted,
}

/// The buckets of all methods; they count only while they are on.
pub(crate) struct Tiers {
    pub(crate) on: bool,
    buckets: HashMap<String, Bucket>,
}

/// Calls that may still be made, and when that was worked out.
struct Bucket {
    left: f64,
    since: Time,
}

impl Tier {
    /// Calls a minute, and calls at once after a silence. Slack says only that it tolerates some of the latter.
    fn rate(self) -> Option<(f64, f64)> {
        Some(match self {
            Self::One => (1.0, 1.0),
            Self::Two => (20.0, 10.0),
            Self::Three => (50.0, 20.0),
            Self::Four => (100.0, 25.0),
            Self::Special(rate) => (f64::from(rate), f64::from(rate / 4)),
            Self::Uncounted => return None,
        })
    }
}

impl Tiers {
    pub(crate) fn new(on: bool) -> Self {
        Self {
            on,
            buckets: HashMap::new(),
        }
    }

    /// Takes the place of one call, or says how long to wait.
    pub(crate) fn take(&mut self, now: Time, method: &str, tier: Tier) -> Result<(), ApiError> {
        let Some((per_minute, burst)) = tier.rate().filter(|_| self.on) else {
            return Ok(());
        };
        let bucket = self.buckets.entry(method.to_owned()).or_insert(Bucket {
            left: burst,
            since: now,
        });
        let earned = bucket.since.until(now).as_secs_f64() * per_minute / 60.0;
        bucket.left = (bucket.left + earned).min(burst);
        bucket.since = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - bucket.left) * 60.0 / per_minute;
        Err(ApiError::rate_limited(whole_seconds(wait)))
    }
}

/// Slack gives whole seconds, never zero.
pub(super) fn whole_seconds(seconds: f64) -> u64 {
    let wait = std::time::Duration::try_from_secs_f64(seconds.ceil().max(1.0));
    wait.map_or(60, |wait| wait.as_secs())
}
