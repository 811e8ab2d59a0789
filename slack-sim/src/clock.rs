//! The workspace's clock: real time plus whatever a test has added, so that an expiry needs no waiting.

use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::Instant;

/// A moment in the workspace, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(u64);

impl Time {
    pub(crate) fn micros(self) -> u64 {
        self.0
    }

    pub(crate) fn millis(self) -> u64 {
        self.0 / 1_000
    }

    pub(crate) fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long before `later` this is; zero when it is after.
    pub(crate) fn until(self, later: Self) -> Duration {
        Duration::from_micros(later.0.saturating_sub(self.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

/// Real time, which `advance` can push ahead; every wait in the simulator follows it.
pub(crate) struct Clock {
    started: Instant,
    epoch: Duration,
    ahead: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            epoch: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            ahead: watch::Sender::new(Duration::ZERO),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time(0) + self.real() + *self.ahead.borrow()
    }

    /// The time on the app's own wall clock, which nobody can push ahead.
    pub(crate) fn real_seconds(&self) -> u64 {
        self.real().as_secs()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.ahead
            .send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        self.sleep_until(self.now() + time).await;
    }

    pub(crate) async fn sleep_until(&self, deadline: Time) {
        let mut ahead = self.ahead.subscribe();
        loop {
            let left = self.now().until(deadline);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = ahead.changed() => {}
            }
        }
    }

    /// What `work` gives, or `None` when the deadline passes first.
    pub(crate) async fn before<F: Future>(&self, deadline: Time, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep_until(deadline) => None,
        }
    }

    fn real(&self) -> Duration {
        self.epoch + self.started.elapsed()
    }
}
