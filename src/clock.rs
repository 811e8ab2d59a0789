//! The one source of time, so that tests move it instead of sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};

/// Where `now` comes from; cheap to clone, all clones agree.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// The machine's clock moved by some milliseconds; for tests.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that tests can move.
    pub fn shifted() -> Self {
        Self::Shifted(Arc::new(AtomicI64::new(0)))
    }

    /// Now, in whole milliseconds: what both databases store without loss.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads it"
        )]
        let machine = Utc::now();
        let shift = match self {
            Self::System => 0,
            Self::Shifted(milliseconds) => milliseconds.load(Ordering::Relaxed),
        };
        (machine + chrono::Duration::milliseconds(shift)).trunc_subsecs(3)
    }

    /// Moves a shifted clock forward; the system clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Self::Shifted(milliseconds) = self {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            milliseconds.fetch_add(by, Ordering::Relaxed);
        }
    }
}
