//! The only place that spawns: every task is named, can be cancelled, and is waited for at the end.

use std::future::Future;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Work beside a thing that needs it, dropped with whoever keeps this; nobody waits for it.
#[derive(Debug)]
pub struct Companion(AbortHandle);

impl Companion {
    /// Starts `work`.
    pub fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "its owner is what counts and drains it"
        )]
        let work = tokio::spawn(work);
        Self(work.abort_handle())
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// All background work of one app; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Runs `work` in the background until it ends by itself.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let span = tracing::debug_span!("task", task.name = name);
        self.tracker.spawn(work.instrument(span));
    }

    /// Runs `work` in the background and drops it when the app stops.
    pub fn spawn_until_stop(
        &self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let stopping = self.stopping.clone();
        self.spawn(name, async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = work => {}
            }
        });
    }

    /// Resolves when the app is told to stop.
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Whether the app was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Tells all tasks to stop and waits for them; false when some were still at it after `grace`.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.stopping.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait())
            .await
            .is_ok()
    }
}
