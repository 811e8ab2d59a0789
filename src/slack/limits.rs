//! How often Slack may be called: a bucket per method and channel, and the pauses Slack asks for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest that a call waits for its turn; whoever would wait longer is told how long.
pub const LONGEST_TURN: Duration = Duration::from_secs(1);

/// Above this many buckets those that are full again are forgotten.
const MOST_BUCKETS: usize = 1_000;

/// What Slack allows of one method.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Time in which one more call becomes allowed.
    every: Duration,
    /// Calls at once after a silence.
    burst: u32,
    /// Whether Slack counts each channel for itself.
    by_channel: bool,
}

impl Rate {
    const fn per_minute(calls: u64, burst: u32) -> Self {
        Self {
            every: Duration::from_millis(60_000 / calls),
            burst,
            by_channel: false,
        }
    }
}

/// Slack's tiers, as <https://docs.slack.dev/apis/web-api/rate-limits> has them; the bursts are
/// ours, as Slack only says that it tolerates some.
const TIER_2: Rate = Rate::per_minute(20, 10);
const TIER_3: Rate = Rate::per_minute(50, 20);
const TIER_4: Rate = Rate::per_minute(100, 25);
/// A message a second in each channel.
const POSTS: Rate = Rate {
    every: Duration::from_secs(1),
    burst: 5,
    by_channel: true,
};
/// "Hundreds per minute", says its page.
const TESTS: Rate = Rate::per_minute(200, 50);

/// Every method that is called, with the limit that its page under
/// <https://docs.slack.dev/reference/methods> names.
const RATES: [(&str, Rate); 21] = [
    // The page names none: the usual one.
    ("agents.sessions.setStatus", TIER_3),
    ("assistant.threads.setSuggestedPrompts", TIER_4),
    ("auth.test", TESTS),
    ("chat.appendStream", TIER_4),
    ("chat.postEphemeral", TIER_4),
    ("chat.postMessage", POSTS),
    ("chat.startStream", TIER_2),
    ("chat.stopStream", TIER_2),
    ("chat.update", TIER_3),
    ("conversations.history", TIER_3),
    ("conversations.info", TIER_3),
    ("conversations.members", TIER_4),
    ("conversations.open", TIER_3),
    ("conversations.replies", TIER_3),
    ("files.completeUploadExternal", TIER_4),
    ("files.getUploadURLExternal", TIER_4),
    ("files.info", TIER_4),
    ("users.info", TIER_4),
    ("views.open", TIER_4),
    ("views.publish", TIER_4),
    ("views.update", TIER_4),
];

/// What Slack allows of a method; of one that the table does not know, the usual.
fn rate(method: &str) -> Rate {
    let row = RATES.iter().find(|(name, _)| *name == method);
    row.map_or(TIER_3, |(_, rate)| *rate)
}

type Key = (&'static str, Option<String>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// When the bucket is full again.
    full_at: Instant,
    /// Until when Slack wants to hear nothing.
    paused_until: Instant,
}

impl Bucket {
    /// How long until the next call has its turn.
    fn wait(&self, rate: Rate, now: Instant) -> Duration {
        let room = rate.every * rate.burst.saturating_sub(1);
        let full = self.full_at.saturating_duration_since(now);
        let pause = self.paused_until.saturating_duration_since(now);
        full.saturating_sub(room).max(pause)
    }
}

/// The turns of all calls to one workspace.
#[derive(Debug, Default)]
pub struct Limits {
    buckets: Mutex<HashMap<Key, Bucket>>,
}

impl Limits {
    /// Takes a turn and says how long to wait for it. When that is longer than [`LONGEST_TURN`]
    /// no turn is taken and the wait is the error.
    pub fn take(
        &self,
        method: &'static str,
        channel: Option<&str>,
        now: Instant,
    ) -> Result<Duration, Duration> {
        let rate = rate(method);
        let mut buckets = self.buckets();
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| bucket.full_at.max(bucket.paused_until) > now);
        }
        let bucket = buckets.entry(key(method, channel)).or_insert(Bucket {
            full_at: now,
            paused_until: now,
        });
        let wait = bucket.wait(rate, now);
        if wait > LONGEST_TURN {
            return Err(wait);
        }
        bucket.full_at = bucket.full_at.max(now) + rate.every;
        Ok(wait)
    }

    /// Whether a call would have its turn at once.
    pub fn has_turn(&self, method: &'static str, now: Instant) -> bool {
        let buckets = self.buckets();
        let bucket = buckets.get(&key(method, None));
        bucket.is_none_or(|bucket| bucket.wait(rate(method), now).is_zero())
    }

    /// Slack said "later": nobody calls this method (in this channel, where Slack counts by
    /// channel) before `wait` is over.
    pub fn pause(&self, method: &'static str, channel: Option<&str>, wait: Duration, now: Instant) {
        let until = now + wait;
        let mut buckets = self.buckets();
        let bucket = buckets.entry(key(method, channel)).or_insert(Bucket {
            full_at: now,
            paused_until: until,
        });
        bucket.paused_until = bucket.paused_until.max(until);
    }

    /// What is left of a pause: one may have begun while a call waited for its turn.
    pub fn paused(&self, method: &'static str, channel: Option<&str>, now: Instant) -> Duration {
        self.buckets()
            .get(&key(method, channel))
            .map_or(Duration::ZERO, |bucket| {
                bucket.paused_until.saturating_duration_since(now)
            })
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<Key, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(method: &'static str, channel: Option<&str>) -> Key {
    let channel = channel.filter(|_| rate(method).by_channel);
    (method, channel.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "chat.postMessage";
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_then_one_wait_then_later() {
        let (limits, now) = (Limits::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(limits.take(POST, Some("C1"), now), Ok(Duration::ZERO));
        }
        assert_eq!(limits.take(POST, Some("C1"), now), Ok(SECOND));
        // Refused calls take no turn, so asking twice does not make the wait longer.
        assert_eq!(limits.take(POST, Some("C1"), now), Err(SECOND * 2));
        assert_eq!(limits.take(POST, Some("C1"), now), Err(SECOND * 2));
        assert_eq!(limits.take(POST, Some("C2"), now), Ok(Duration::ZERO));
        assert_eq!(limits.take(POST, Some("C1"), now + SECOND), Ok(SECOND));
    }

    #[test]
    fn people_are_asked_about_as_often_as_slack_allows() {
        let (limits, now) = (Limits::default(), Instant::now());
        let minute = (0..60_000).step_by(100);
        let turns = minute.filter(|ms| {
            let now = now + Duration::from_millis(*ms);
            limits.take("users.info", None, now).is_ok()
        });
        // A hundred, what may come at once after a silence, and whoever waits for a turn.
        assert!((124..=127).contains(&turns.count()));
    }

    #[test]
    fn a_pause_holds_for_everybody_who_shares_the_limit() {
        let (limits, now) = (Limits::default(), Instant::now());
        limits.pause(POST, Some("C1"), SECOND * 30, now);
        assert_eq!(limits.take(POST, Some("C1"), now), Err(SECOND * 30));
        assert_eq!(limits.take(POST, Some("C2"), now), Ok(Duration::ZERO));
        limits.pause("chat.update", Some("C1"), SECOND * 30, now);
        assert_eq!(
            limits.take("chat.update", Some("C2"), now),
            Err(SECOND * 30)
        );
        let over = now + SECOND * 30;
        assert_eq!(limits.take(POST, Some("C1"), over), Ok(Duration::ZERO));
        assert_eq!(limits.paused(POST, Some("C1"), over), Duration::ZERO);
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let (limits, now) = (Limits::default(), Instant::now());
        for channel in 0..MOST_BUCKETS {
            let _ = limits.take(POST, Some(&channel.to_string()), now);
        }
        let _ = limits.take(POST, Some("C1"), now + SECOND * 2);
        assert_eq!(limits.buckets().len(), 1);
    }
}
