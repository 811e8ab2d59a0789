//! Whether frames can arrive, and if not, why.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::dial::Failure;

/// What is known about this process's sockets.
#[derive(Debug, Default)]
pub struct SocketHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Those that are being opened: Slack may count them before their greeting is read.
    opening: usize,
    open: usize,
    counted: usize,
    failure: Option<Failure>,
    deaf_since: Option<Instant>,
}

impl SocketHealth {
    /// The sockets that are up.
    pub fn open(&self) -> usize {
        self.lock().open
    }

    /// How many sockets Slack counted for this app when it last greeted one: those of other
    /// processes and of ghosts included.
    pub fn counted(&self) -> usize {
        self.lock().counted
    }

    /// Why the last attempt to open a socket failed, if no later one worked.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    /// Since when no socket is up.
    pub(super) fn deaf_since(&self) -> Option<Instant> {
        self.lock().deaf_since
    }

    /// Nothing is open yet, and something should be.
    pub(super) fn expected(&self) {
        self.lock().deaf_since = Some(Instant::now());
    }

    /// One is about to be opened; what comes of it is [`Self::opened`] or [`Self::failed`].
    pub(super) fn opening(&self) {
        self.lock().opening += 1;
    }

    /// A socket came up. Gives how many sockets Slack counts that are not ours, if that is news.
    pub(super) fn opened(&self, counted: usize) -> Option<usize> {
        let mut state = self.lock();
        let before = state.counted.saturating_sub(state.open);
        state.opening = state.opening.saturating_sub(1);
        state.open += 1;
        state.counted = counted;
        state.failure = None;
        state.deaf_since = None;
        let foreign = counted.saturating_sub(state.open + state.opening);
        (foreign > 0 && foreign != before).then_some(foreign)
    }

    /// A socket is gone.
    pub(super) fn closed(&self) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(1);
        if state.open == 0 {
            state.deaf_since = Some(Instant::now());
        }
    }

    /// None came up.
    pub(super) fn failed(&self, failure: Failure) {
        let mut state = self.lock();
        state.opening = state.opening.saturating_sub(1);
        state.failure = Some(failure);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_come_up_together_are_not_taken_for_somebody_elses() {
        let health = SocketHealth::default();
        health.opening();
        health.opening();
        // The first greeting is read when Slack has counted both.
        assert_eq!(health.opened(2), None);
        assert_eq!(health.opened(2), None);
    }

    #[test]
    fn sockets_of_others_are_news_once() {
        let health = SocketHealth::default();
        health.opening();
        health.failed(Failure::Unreachable("no connection"));
        health.opening();
        assert_eq!(health.opened(2), Some(1));
        health.opening();
        assert_eq!(health.opened(3), None);
        health.opening();
        assert_eq!(health.opened(5), Some(2));
    }
}
